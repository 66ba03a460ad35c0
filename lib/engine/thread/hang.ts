/**
 * Handlers that do not return when they are aborted.
 *
 * @module
 */

import type { Job, Running, WorkerDescription } from "../executor/executor.ts";

/** Handlers that hang. */
export interface Hang<J extends Job = Job> {
  /** The jobs that ran for longer than their limit and its grace. */
  readonly jobs: readonly J[];
  /** All jobs that run, in this order. */
  readonly running: readonly J[];
}

/** The least grace where several jobs run at once, in ms: a thread that is blocked is late by then. */
const LEAST_GRACE_MS = 1000;

/**
 * Finds the handlers that hang.
 *
 * @param abortGraceSeconds Seconds from the abort of a handler until it hangs.
 * @param now `performance.now()`
 * @returns `undefined` when there is none.
 */
export function findHang<J extends Job>(
  running: readonly Running<J>[],
  { maxConsumeSeconds, concurrency }: WorkerDescription,
  abortGraceSeconds: number,
  now: number,
): Hang<J> | undefined {
  if (maxConsumeSeconds === null) return undefined;
  const limitMs = maxConsumeSeconds * 1000 + graceMs(abortGraceSeconds, concurrency);
  const jobs = running.filter(({ since }) => now - since >= limitMs).map(({ job }) => job);
  return jobs.length === 0 ? undefined : { jobs, running: running.map(({ job }) => job) };
}

/** Long enough to see that one of several blocks the others, which then are not to blame. */
function graceMs(seconds: number, concurrency: number): number {
  return concurrency > 1 ? Math.max(seconds * 1000, LEAST_GRACE_MS) : seconds * 1000;
}
