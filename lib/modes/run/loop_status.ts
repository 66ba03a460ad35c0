/**
 * A loop of a worker in the log's status line.
 *
 * @module
 */

import type { LoopFigures } from "../../engine/supervisor/loop_watch.ts";

/** A loop in a status line: when its last pass ended, whether that failed, how long one has run. */
export function loopStatus(
  { name, runningSeconds, endedAt, failures, error }: LoopFigures,
): [name: string, status: object] {
  return [name, {
    last_pass: endedAt === undefined ? null : new Date(endedAt).toISOString(),
    ...(runningSeconds !== undefined && { running: Math.round(runningSeconds * 1000) / 1000 }),
    ...(failures > 0 && { failures, error: `${error?.name}: ${error?.message}` }),
  }];
}
