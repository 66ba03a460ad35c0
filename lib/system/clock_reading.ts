/**
 * How the clock of another host is read: its time is asked for, and this host's is noted before and
 * after.
 *
 * @module
 */

/** How far another clock is from this host's. */
export interface ClockReading {
  /** Its time minus this host's, in ms. */
  readonly aheadMs: number;
  /** How much that may be wrong by, in ms. */
  readonly uncertainMs: number;
}

/** A time that another host has told. */
export interface ToldTime {
  /** ms since 1970. */
  readonly at: number;
  /** How much later it may have been: a clock may tell whole seconds. @default {0} */
  readonly roundedMs?: number;
}

/**
 * Reads another clock.
 *
 * @param ask Has the other host tell its time.
 * @param now This host's time. @default {Date.now}
 * @returns `undefined` where the other host tells none.
 */
export async function readClock(
  ask: () => Promise<ToldTime | undefined>,
  now: () => number = Date.now,
): Promise<ClockReading | undefined> {
  const before = now();
  const told = await ask();
  const after = now();
  if (told === undefined) return undefined;
  const { at, roundedMs = 0 } = told;
  return {
    aheadMs: at + roundedMs / 2 - (before + after) / 2,
    uncertainMs: (after - before + roundedMs) / 2,
  };
}
