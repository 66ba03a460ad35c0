/**
 * What became of the events: whether any is lost.
 *
 * @module
 */

/** An event that was given up. */
export interface DeadLetter {
  readonly id: string;
  /** Why, as its header says. */
  readonly reason: string | undefined;
}

/** What there is to judge by. */
export interface Evidence {
  /** The events whose publish was confirmed. */
  readonly confirmed: Iterable<string>;
  /** The events that were done, by the ledger; twice where they were done twice. */
  readonly done: readonly string[];
  readonly deadLetters: readonly DeadLetter[];
}

/** What became of the confirmed events. */
export interface Verdict {
  readonly published: number;
  /** How many were done. */
  readonly processed: number;
  /** How often one was done that had been done before. */
  readonly duplicates: number;
  readonly deadLettered: number;
  /** How many were given up for which reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** The events that were given up without a reason. */
  readonly withoutReason: readonly string[];
  /** The events that are neither done nor given up. */
  readonly lost: readonly string[];
}

/** Judges. Pure: the same evidence, the same verdict. */
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
