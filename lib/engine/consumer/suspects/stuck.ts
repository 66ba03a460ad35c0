/**
 * Events whose handler did not return when it was aborted: they end only with the process.
 *
 * @module
 */

import type { Executor, ExecutorListener } from "../../executor/executor.ts";
import type { Reporter } from "../../report.ts";
import type { Outcome } from "../../settle/outcome.ts";
import type { Copies } from "../copies.ts";
import type { Entry } from "../entry.ts";
import type { Suspects } from "./suspects.ts";

/** Whose events they are, and who tells of them. */
export interface StuckOptions {
  readonly queue: string;
  readonly report: Reporter;
}

/** Who gives an event its outcome when the executor cannot. */
export interface StuckListener extends Pick<ExecutorListener, "onOutcome"> {
  readonly executor: Pick<Executor, "description">;
}

/** The events of one queue that are stuck. */
export class StuckEvents {
  readonly #options: StuckOptions;
  readonly #listener: StuckListener;
  readonly #suspects: Suspects;
  readonly #copies: Copies;
  readonly #entries: Entry[] = [];

  /**
   * @param suspects Where those are noted that no copy tells of.
   * @param copies What is being stored.
   */
  constructor(
    options: StuckOptions,
    listener: StuckListener,
    suspects: Suspects,
    copies: Copies,
  ) {
    this.#options = options;
    this.#listener = listener;
    this.#suspects = suspects;
    this.#copies = copies;
  }

  /** Reports and keeps the events of a call. @param seconds After which it was aborted. */
  add(entries: readonly Entry[], seconds: number): void {
    const { queue, report } = this.#options;
    this.#entries.push(...entries);
    report({
      kind: "notice",
      level: "error",
      queue,
      message: "The worker of {queue} did not return when it was aborted after {seconds} seconds " +
        "processing {count} events: this process takes no more and ends, to be started again",
      properties: {
        seconds,
        count: entries.length,
        ids: entries.map(({ id }) => id),
      },
      fingerprint: ["worker-timeout", queue],
    });
  }

  /**
   * What is stuck goes last, and only if it alone is to blame: a copy must not run beside it for
   * longer than this process takes to exit. A stuck batch stays unsettled and in the journal, and
   * goes back to its queue with the process.
   */
  async end(): Promise<void> {
    const [entry, ...others] = this.#entries;
    if (!entry) return;
    if (others.length > 0) return this.#suspects.leave(this.#entries);
    const { maxConsumeSeconds } = this.#listener.executor.description;
    const runMs = (maxConsumeSeconds ?? 0) * 1000;
    this.#listener.onOutcome(entry, this.#timeoutOf(entry), entry.receivedAt, runMs);
    await this.#copies.confirmed();
    if (this.#copies.has(entry)) this.#suspects.blame(entry);
  }

  #timeoutOf({ attempt }: Entry): Outcome {
    const { maxConsumeSeconds, queue } = this.#listener.executor.description;
    const error = {
      name: "WorkerTimeoutError",
      message: `Timed out in ${queue} after ${maxConsumeSeconds} seconds processing 1 events`,
    };
    return { kind: "crashed", reason: "timeout", attempt, error };
  }
}
