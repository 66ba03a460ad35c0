/**
 * Patience with a SQLite file that other processes lock. The thread stays free between two tries.
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";
import { isLocked } from "../errors/sqlite_fault.ts";

/** How long and how often to try. */
export interface Patience {
  /** ms after which a lock becomes an error. */
  readonly ms: number;
  /** Least and most ms between two tries. */
  readonly pauseMs: readonly [least: number, most: number];
}

/** ms until the next try. Random, so that processes which collided once do not collide again. */
export function randomPauseMs([least, most]: Patience["pauseMs"]): number {
  return least + Math.random() * (most - least);
}

/**
 * Tries until an attempt succeeds, fails for another reason than a lock, or the patience is over.
 *
 * @throws {Error} What the last attempt threw.
 */
export async function patiently<Result>(
  { ms, pauseMs }: Patience,
  attempt: () => Result,
): Promise<Result> {
  const deadline = performance.now() + ms;
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      if (!isLocked(error) || performance.now() > deadline) throw error;
    }
    await delay(randomPauseMs(pauseMs));
  }
}
