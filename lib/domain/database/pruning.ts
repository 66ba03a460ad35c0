/**
 * Old rows, deleted a few at a time so that a long backlog blocks nobody.
 *
 * @module
 */

import type { Database } from "./tables.ts";

/** ms between two deletions. */
const EVERY_MS = 60_000;
/** The most rows deleted at once. */
const ROWS = 5_000;

/** Deletes old rows of one kind now and then. */
export class Pruning {
  /** When each database is pruned next, in ms since 1970. Every run has a database of its own. */
  readonly #next = new WeakMap<Database, number>();

  /**
   * Deletes rows at the first call for a database, then once a minute, and at every call while there
   * are many.
   *
   * @param now ms since 1970.
   * @param prune Deletes at most so many rows, and returns how many it deleted.
   * @returns How many were deleted.
   */
  async nowAndThen(
    db: Database,
    now: number,
    prune: (limit: number) => Promise<number>,
  ): Promise<number> {
    if (now < (this.#next.get(db) ?? 0)) return 0;
    this.#next.set(db, now + EVERY_MS);
    const deleted = await prune(ROWS);
    if (deleted === ROWS) this.#next.set(db, now);
    return deleted;
  }
}
