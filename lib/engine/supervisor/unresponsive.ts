/**
 * Threads that run no event and do not respond either, as something that a handler left behind
 * keeps them from it.
 *
 * @module
 */

import type { WorkerDescription } from "../executor/executor.ts";
import type { RunLimit } from "./queue_runner.ts";

/** How long a thread may not respond, in ms. */
const UNRESPONSIVE_MS = 5000;
/** How long the event loop may be blocked where events may run without a limit, in ms. */
const UNLIMITED_MS = 30_000;

/**
 * How long a thread may not respond, in ms. One whose event loop is blocked may be so for as long as
 * an event may run; one whose event loop turns has to answer, or to gather a batch.
 *
 * @param limit How long its events may run.
 */
export function allowedMs(
  isBlocked: boolean,
  limit: RunLimit,
  { batch }: Pick<WorkerDescription, "batch">,
): number {
  if (isBlocked) return Math.max(limit ?? UNLIMITED_MS, UNRESPONSIVE_MS);
  return UNRESPONSIVE_MS + (batch?.seconds ?? 0) * 1000;
}
