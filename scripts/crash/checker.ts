/**
 * Finds out what happened to the events, and whether any is lost.
 *
 * @module
 */

import type { LedgerLine } from "./ledger.ts";

/** An event in a queue of failed events. */
export interface DeadLetter {
  readonly id: string;
  /** Why it failed, by its header. */
  readonly reason: string | undefined;
}

/** An event in a queue of events to run. */
export interface Waiting {
  readonly id: string;
  readonly queue: string;
}

/** Everything that a verdict is made from. */
export interface Evidence {
  /** When each event was confirmed whose publish was confirmed, in ms since 1970. */
  readonly confirmed: ReadonlyMap<string, number>;
  /** What the handlers did, in the order of its time. */
  readonly ledger: readonly LedgerLine[];
  readonly deadLetters: readonly DeadLetter[];
  /** The events that are still in their queues. */
  readonly waiting: readonly Waiting[];
}

/** An event, and where it was last seen. */
export interface Seen {
  readonly id: string;
  /** Such as `started in crash_slow by process 41 at 12:00:01.250`. */
  readonly last: string;
}

/** What happened to the confirmed events. */
export interface Verdict {
  readonly published: number;
  /** The number of events that were processed. */
  readonly processed: number;
  /** How often an event was processed that had been processed before. */
  readonly duplicates: number;
  readonly deadLettered: number;
  /** The number of dead-lettered events by reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** The events that were dead-lettered without a reason. */
  readonly withoutReason: readonly string[];
  /** The events that are still in their queues, neither processed nor dead-lettered. */
  readonly waiting: readonly Seen[];
  /** The events that are nowhere: neither processed, dead-lettered nor in a queue. */
  readonly lost: readonly Seen[];
}

/** Makes the verdict. */
export function check({ confirmed, ledger, deadLetters, waiting }: Evidence): Verdict {
  const done = ledger.filter(({ what }) => what === "done").map(({ id }) => id);
  const processed = new Set(done);
  const letters = new Map(deadLetters.map(({ id, reason }) => [id, reason]));
  const places = new Map(waiting.map(({ id, queue }) => [id, queue]));
  const published = new Set(confirmed.keys());
  const open = [...published].filter((id) => !processed.has(id) && !letters.has(id));
  const runs = new Map(ledger.map((line) => [line.id, line]));
  const last = (id: string) => ({ id, last: lastSeen(runs.get(id), confirmed.get(id)) });
  return {
    published: published.size,
    processed: published.intersection(processed).size,
    duplicates: done.length - processed.size,
    deadLettered: published.intersection(letters).size,
    reasons: countReasons([...letters.values()]),
    withoutReason: [...letters].filter(([, reason]) => !reason).map(([id]) => id),
    waiting: open.filter((id) => places.has(id))
      .map((id) => ({ id, last: `in ${places.get(id)}; ${last(id).last}` })),
    lost: open.filter((id) => !places.has(id)).map(last),
  };
}

/** Where an event was last seen: in its last run, or else when it was stored. */
function lastSeen(run: LedgerLine | undefined, confirmedAt: number | undefined): string {
  if (!run) return `confirmed at ${timeOf(confirmedAt ?? 0)} and not started`;
  return `${run.what} in ${run.queue} by process ${run.pid} at ${timeOf(run.at)}`;
}

/** The time of day in UTC, as in the programs' logs. */
function timeOf(ms: number): string {
  return new Date(ms).toISOString().slice(11, 23);
}

function countReasons(reasons: readonly (string | undefined)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const reason of reasons) {
    if (reason) counts[reason] = (counts[reason] ?? 0) + 1;
  }
  return counts;
}
