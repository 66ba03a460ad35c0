/**
 * The inbox: ids of events whose effect was committed. An id is claimed in the transaction of the
 * effect, so that an event that is delivered again is not counted twice.
 *
 * @module
 */

import type { Transaction } from "kysely";
import { pieces } from "./pieces.ts";
import { Pruning } from "./pruning.ts";
import type { Database, Tables } from "./tables.ts";
import { storableText } from "./text.ts";

/** How long an id is kept, in ms: 8 days. An event that is delivered again later counts again. */
export const KEPT_MS = 8 * 24 * 60 * 60 * 1000;

/** The most rows in one statement: SQLite takes 32,766 parameters. */
const CLAIM_ROWS = 5_000;

/**
 * Claims the ids of events within the transaction of their effect. Waits for other transactions that
 * claim the same ids.
 *
 * @param ids One for each event, also several times the same. An event without an id always counts.
 * @param now ms since 1970.
 * @returns For each event whether its effect is still to be made.
 */
export async function claim(
  trx: Transaction<Tables>,
  queue: string,
  ids: readonly (string | undefined)[],
  now: number,
): Promise<boolean[]> {
  const stored = ids.map((id) => id === undefined ? undefined : storableText(id));
  const distinct = new Set(stored.filter((id) => id !== undefined));
  // Sorted, so that two processes that claim the same ids cannot deadlock.
  const fresh = await insertNew(trx, queue, [...distinct].sort(), now);
  return stored.map((id) => id === undefined || fresh.delete(id));
}

async function insertNew(
  trx: Transaction<Tables>,
  queue: string,
  ids: readonly string[],
  now: number,
): Promise<Set<string>> {
  const fresh = new Set<string>();
  for (const some of pieces(ids, CLAIM_ROWS)) {
    const rows = await trx.insertInto("process_queue_inbox")
      .values(some.map((message_id) => ({ queue, message_id, seen_at: now })))
      .onConflict((conflict) => conflict.columns(["queue", "message_id"]).doNothing())
      .returning("message_id").execute();
    for (const row of rows) fresh.add(row.message_id);
  }
  return fresh;
}

const pruning = new Pruning();

/**
 * Deletes ids that are older than {@linkcode KEPT_MS}: at the first call for a database, then once a
 * minute, and at every call while there are many. To be called after each batch.
 *
 * @param now ms since 1970.
 * @returns How many were deleted.
 */
export async function pruneNowAndThen(
  db: Database,
  now: number,
): Promise<number> {
  return await pruning.nowAndThen(db, now, (limit) => prune(db, now - KEPT_MS, limit));
}

/**
 * Deletes the oldest ids that were claimed before a time.
 *
 * @param before ms since 1970.
 * @param limit How many at most.
 * @returns How many were deleted.
 */
export async function prune(
  db: Database,
  before: number,
  limit: number,
): Promise<number> {
  const { numDeletedRows } = await db.deleteFrom("process_queue_inbox")
    .where(({ eb, refTuple, selectFrom }) =>
      eb(
        refTuple("queue", "message_id"),
        "in",
        selectFrom("process_queue_inbox as old")
          .select(["old.queue", "old.message_id"]).where("old.seen_at", "<", before)
          .orderBy("old.seen_at").orderBy("old.message_id").limit(limit)
          .$asTuple("queue", "message_id"),
      )
    ).executeTakeFirst();
  return Number(numDeletedRows);
}
