/**
 * Threads in which no event runs and that do not answer all the same, as something that a handler
 * left behind keeps them from it.
 *
 * @module
 */

import type { ThreadExecutor } from "../thread/thread_executor.ts";
import type { RunLimit } from "./queue_runner.ts";
import type { QueueThread } from "../thread/queue_thread.ts";

/** Such a thread may be blocked as long as an event may run, but so long, in ms, */
const LEAST_BLOCKED_MS = 5000;
/** ... and so long where events may run for ever. */
const UNLIMITED_BLOCKED_MS = 30_000;
/** So long, in ms, one whose event loop turns may have jobs and not begin to run them. */
const DEAF_MS = 5000;

/**
 * For how long a thread in which no event runs has not answered, in ms, if that is too long.
 *
 * @param limit How long its events may run.
 */
export function blockedMs(
  thread: QueueThread,
  executor: Pick<ThreadExecutor, "deafMs" | "description">,
  limit: RunLimit,
): number | undefined {
  const { silentMs } = thread;
  if (silentMs > Math.max(limit ?? UNLIMITED_BLOCKED_MS, LEAST_BLOCKED_MS)) return silentMs;
  const { deafMs, description: { batch } } = executor;
  const gatherMs = (batch?.seconds ?? 0) * 1000;
  return !thread.isLate && deafMs > gatherMs + DEAF_MS ? deafMs : undefined;
}
