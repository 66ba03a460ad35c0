/**
 * When an event is run again whose services were not all done. Pure.
 *
 * @module
 */

import type { ServiceEnd } from "./webhook_runner.ts";

/** A further attempt, as `RetryLater` takes it. */
export interface NextAttempt {
  /** Seconds to wait. */
  readonly after: number;
  /** Whether this one counts. */
  readonly counts: boolean;
  readonly message: string;
}

/** The broker may make a wait so much shorter. */
const SHORTEST = 0.9;

/**
 * The next attempt; `undefined` where all is done. An attempt counts when a call was made in it. What
 * a service asks for by `Retry-After` is never made shorter.
 *
 * @param attempt The one that has ended, from 1.
 * @param retries Seconds before each further attempt.
 */
export function nextAttempt(
  ends: readonly ServiceEnd[],
  attempt: number,
  retries: readonly number[],
): NextAttempt | undefined {
  const again = ends.filter((end) => end.kind === "again");
  const [first] = again;
  if (!first) return undefined;
  const counts = again.some((end) => end.counts);
  const schedule = counts ? retries[attempt - 1] ?? 0 : 0;
  const wished = Math.max(...again.map(({ afterMs = 0 }) => afterMs)) / 1000 / SHORTEST;
  return { after: Math.max(schedule, wished), counts, message: first.reason };
}
