/**
 * The details of a queue in the log's status line: its thread, its loops, its last error.
 *
 * @module
 */

import type { LoopFigures } from "../../engine/supervisor/loop_watch.ts";
import type { Runner } from "../../engine/supervisor/queue_runner.ts";

/**
 * What a status line says of a queue beside its counts.
 *
 * @param runner `undefined` where the queue was not started yet.
 * @param lastError `undefined` where there was none.
 */
export function statusDetails(
  runner: Pick<Runner, "threads" | "loops"> | undefined,
  lastError: { readonly name: string; readonly message: string } | undefined,
): object {
  const { heapMb, zombies = 0 } = runner?.threads ?? {};
  const loops = runner?.loops.figures ?? [];
  return {
    heap_mb: heapMb,
    ...(zombies > 0 && { zombie_threads: zombies }),
    ...(loops.length > 0 && { loops: Object.fromEntries(loops.map(loopStatus)) }),
    ...(lastError && { last_error: `${lastError.name}: ${lastError.message}` }),
  };
}

/** A loop: when its last pass ended, whether that failed, how long one has run. */
function loopStatus(
  { name, runningSeconds, endedAt, failures, error }: LoopFigures,
): [name: string, status: object] {
  return [name, {
    last_pass: endedAt === undefined ? null : new Date(endedAt).toISOString(),
    ...(runningSeconds !== undefined && { running: Math.round(runningSeconds * 1000) / 1000 }),
    ...(failures > 0 && { failures, error: `${error?.name}: ${error?.message}` }),
  }];
}
