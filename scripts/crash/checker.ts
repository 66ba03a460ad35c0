/**
 * Finds out what happened to the events, and whether any is lost.
 *
 * @module
 */

/** An event in a queue of failed events. */
export interface DeadLetter {
  readonly id: string;
  /** Why it failed, by its header. */
  readonly reason: string | undefined;
}

/** Everything that a verdict is made from. */
export interface Evidence {
  /** The events whose publish was confirmed. */
  readonly confirmed: Iterable<string>;
  /** The events that were processed, by the ledger; one that was processed twice is here twice. */
  readonly done: readonly string[];
  readonly deadLetters: readonly DeadLetter[];
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
  /** The events that were neither processed nor dead-lettered. */
  readonly lost: readonly string[];
}

/** Makes the verdict. */
export function check({ confirmed, done, deadLetters }: Evidence): Verdict {
  const published = new Set(confirmed);
  const processed = new Set(done);
  const letters = new Map(deadLetters.map(({ id, reason }) => [id, reason]));
  return {
    published: published.size,
    processed: published.intersection(processed).size,
    duplicates: done.length - processed.size,
    deadLettered: published.intersection(letters).size,
    reasons: countReasons([...letters.values()]),
    withoutReason: [...letters].filter(([, reason]) => !reason).map(([id]) => id),
    lost: [...published].filter((id) => !processed.has(id) && !letters.has(id)),
  };
}

function countReasons(reasons: readonly (string | undefined)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const reason of reasons) {
    if (reason) counts[reason] = (counts[reason] ?? 0) + 1;
  }
  return counts;
}
