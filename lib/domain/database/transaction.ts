/**
 * Transactions that are tried again where the database ends them because of others.
 *
 * @module
 */

import type { Transaction } from "kysely";
import { setTimeout as delay } from "node:timers/promises";
import { DatabaseError } from "./database_error.ts";
import type { Database, Tables } from "./tables.ts";

/** How often a transaction is tried that conflicts with others. */
const TRIES = 4;

/**
 * Runs a transaction. After a deadlock or a serialization failure it runs again, up to four times in
 * all, so what `run` does outside of the database must be safe to repeat.
 *
 * @returns What `run` returned, after the commit.
 * @throws {DatabaseError} When the database is lost or locked, or the conflict lasts.
 * @throws What `run` throws; nothing is committed then.
 */
export async function inTransaction<Result>(
  db: Database,
  run: (trx: Transaction<Tables>) => Promise<Result>,
): Promise<Result> {
  return await conflictsAgain(() => db.transaction().execute(run));
}

/**
 * Runs what the database may end because of others, such as a statement that locks rows, again after
 * a conflict: up to four times in all.
 *
 * @throws What `run` throws, also when the conflict lasts.
 */
export async function conflictsAgain<Result>(run: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1;; attempt++) {
    try {
      return await run();
    } catch (error) {
      const again = error instanceof DatabaseError && error.kind === "conflict";
      if (!again || attempt === TRIES) throw error;
    }
    await delay(Math.random() * 20 * 2 ** attempt);
  }
}
