/**
 * The steps of delays. Each step has one retry queue, so `retries` and `after` are rounded up to a
 * step. A longer delay waits in the queue of the longest step several times.
 *
 * @module
 */

/** The delays a retry queue can have, in seconds. */
export const LADDER: readonly number[] = [
  1,
  5,
  15,
  60,
  300,
  900,
  3600,
  14_400,
  86_400,
];

/** Where an event waits, and until when if one step is not enough. */
export interface Hop {
  /** The step of the ladder it waits on, in seconds. */
  readonly step: number;
  /** Whole ms since 1970 before which it must not run; only where the step is shorter. */
  readonly notBefore?: number;
}

/**
 * The step of the ladder for a delay.
 *
 * @param seconds How long to wait; less than 1 counts as 1.
 * @param now ms since 1970.
 */
export function hopFor(seconds: number, now: number): Hop {
  const longest = LADDER.at(-1) ?? 0;
  if (seconds > longest) {
    const notBefore = Math.min(Math.ceil(now + seconds * 1000), Number.MAX_SAFE_INTEGER);
    return { step: longest, notBefore };
  }
  return { step: LADDER.find((step) => step >= seconds) ?? longest };
}

/**
 * The first wait of an event that is published with a delay: on the longest step that does not exceed
 * it. The event waits for the rest as a retry does, where it arrives.
 *
 * @param seconds The delay; less than 1 counts as 1.
 * @param now ms since 1970.
 */
export function firstHopFor(seconds: number, now: number): Hop {
  const delay = Math.max(LADDER[0] ?? 1, seconds);
  const step = LADDER.findLast((step) => step <= delay) ?? 1;
  if (step === delay) return { step };
  return { step, notBefore: Math.min(Math.ceil(now + delay * 1000), Number.MAX_SAFE_INTEGER) };
}

/** The queue in which events of `queue` wait for `step` seconds. */
export function retryQueueName(queue: string, step: number): string {
  return `${queue}.retry.${step}s`;
}

/** The queue of events of `queue` that were given up. */
export function failedQueueName(queue: string): string {
  return `${queue}.failed`;
}

/** How long a message waits on a step, in ms: 90 to 100 % of it, so that failures spread out. */
export function jitteredMs(
  step: number,
  random: number = Math.random(),
): number {
  return Math.round(step * 1000 * (0.9 + 0.1 * random));
}
