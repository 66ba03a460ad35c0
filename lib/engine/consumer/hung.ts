/**
 * Events whose handler hangs and can be ended only with the process.
 *
 * @module
 */

import type { OnHung } from "../executor/executor.ts";
import { notice, type NoticeReport, type Reporter } from "../report.ts";
import type { Entry } from "./entry.ts";

/** Why a consumer ends by itself. */
export type ConsumerEnd =
  /** It has taken `maxEvents`. */
  | "max-events"
  /** A handler hangs that ends only with this process. */
  | "hung";

/** Whose events they are, and who hears of them. */
export interface HungEventsOptions {
  readonly queue: string;
  readonly report: Reporter;
  readonly onEnd: (why: ConsumerEnd) => void;
}

/** The events of one queue that hang. Nothing is settled for them here: the next process does it. */
export class HungEvents {
  readonly #options: HungEventsOptions;
  readonly #entries = new Set<Entry>();

  /** @param options The queue, and who hears that its consumer must end. */
  constructor(options: HungEventsOptions) {
    this.#options = options;
  }

  /** Reports the events of a call that hangs. */
  readonly onHung: OnHung<Entry> = (entries, seconds) => {
    const { report, queue, onEnd } = this.#options;
    for (const entry of entries) this.#entries.add(entry);
    report(hungNotice(queue, entries, seconds));
    onEnd("hung");
  };

  /** Those of some entries that hang: a handler may have returned after all. */
  among(running: readonly Entry[]): Entry[] {
    return running.filter((entry) => this.#entries.has(entry));
  }
}

function hungNotice(queue: string, entries: readonly Entry[], seconds: number): NoticeReport {
  return notice(
    "error",
    queue,
    "The worker of {queue} did not return when it was aborted after {seconds} seconds " +
      "processing {count} events: this process takes no more events and ends, to be restarted",
    {
      properties: { seconds, count: entries.length, ids: entries.map(({ id }) => id) },
      fingerprint: ["worker-timeout", queue],
    },
  );
}
