/**
 * Whether the events that run are within their limits.
 *
 * @module
 */

import type { Running } from "../../engine/executor/executor.ts";
import type { QueueFigures } from "../../engine/supervisor/queue_runner.ts";

/** How late a handler past its limit may be dealt with, in ms. */
const SWEEP_TIME_MS = 5000;

/**
 * Reports whether every running event is younger than its limit, with 5 s for ending its handler.
 *
 * @param now `performance.now()`
 */
export function isInTime(
  queue: Pick<QueueFigures, "limit"> & { running(): readonly Pick<Running, "since">[] },
  now: number,
): boolean {
  const most = (queue.limit ?? Infinity) + SWEEP_TIME_MS;
  return queue.running().every(({ since }) => now - since < most);
}
