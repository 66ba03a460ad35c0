/**
 * Stores when users were active, in Zulip's table `zerver_useractivityinterval`.
 *
 * @module
 */

import { sql, type Transaction } from "kysely";
import { isPostgres } from "../database/dialect.ts";
import { isForeignKeyError } from "../database/foreign_key.ts";
import { inIds } from "../database/ids.ts";
import type { Database, Tables } from "../database/tables.ts";
import { inTransaction } from "../database/transaction.ts";
import { ACTIVITY_MS, type Interval, intervalChange } from "./intervals.ts";

/** That a user was active. */
export interface ActiveTime {
  /** Zulip's `zerver_userprofile.id`. */
  readonly userId: number;
  /** When, in whole ms since 1970. */
  readonly time: number;
}

/** `gone`: there is no such user. */
export type StoredActiveTime = "stored" | "gone";

/** The first half of the keys by which PostgreSQL locks users; the second is the user's id. */
const LOCK = 1_347_502_409;

/**
 * Stores that a user was active. Safe to repeat, and in any order. Of several processes one after
 * another stores times of a user, so that no two intervals of it come to overlap.
 *
 * @throws {DatabaseError} When the database is lost or locked, or has other tables.
 */
export async function storeActiveTime(
  db: Database,
  active: ActiveTime,
): Promise<StoredActiveTime> {
  try {
    await inTransaction(db, (trx) => addActiveTime(trx, active));
    return "stored";
  } catch (error) {
    if (isForeignKeyError(error)) return "gone";
    throw error;
  }
}

/**
 * Stores it within a transaction, until whose end other processes wait with times of the user. Whether
 * the user exists is checked when the transaction commits.
 *
 * @throws {DatabaseError} When the database is lost or locked, or has other tables.
 */
export async function addActiveTime(
  trx: Transaction<Tables>,
  { userId, time }: ActiveTime,
): Promise<void> {
  await lockUser(trx, userId);
  const change = intervalChange(await nearby(trx, userId, time), time);
  if (change.kind === "none") return;
  if (change.kind === "extend") return await extend(trx, change);
  await trx.insertInto("zerver_useractivityinterval").values({
    user_profile_id: userId,
    start: new Date(change.start),
    end: new Date(change.end),
  }).execute();
}

/** A statement of its own: the next one sees what others have committed. SQLite is locked as a whole. */
async function lockUser(trx: Transaction<Tables>, userId: number): Promise<void> {
  if (!isPostgres(trx)) return;
  await sql`select pg_advisory_xact_lock(${LOCK}::integer, ${userId}::integer)`.execute(trx);
}

/** The intervals that an activity overlaps or touches; Zulip's index finds them by their end. */
async function nearby(trx: Transaction<Tables>, userId: number, time: number): Promise<Interval[]> {
  const rows = await trx.selectFrom("zerver_useractivityinterval")
    .select(["id", "start", "end"])
    .where("user_profile_id", "=", userId)
    .where("end", ">=", new Date(time))
    .where("start", "<=", new Date(time + ACTIVITY_MS))
    .execute();
  return rows.map(({ id, start, end }) => ({ id, start: start.getTime(), end: end.getTime() }));
}

/** Writes only what changes: stored times may have microseconds, which a `Date` lacks. */
async function extend(
  trx: Transaction<Tables>,
  { id, start, end, absorbed }: Extract<ReturnType<typeof intervalChange>, { kind: "extend" }>,
): Promise<void> {
  if (absorbed.length > 0) {
    await trx.deleteFrom("zerver_useractivityinterval")
      .where(inIds(trx, "zerver_useractivityinterval.id", absorbed)).execute();
  }
  if (start === undefined && end === undefined) return;
  await trx.updateTable("zerver_useractivityinterval")
    .set({
      ...(start !== undefined && { start: new Date(start) }),
      ...(end !== undefined && { end: new Date(end) }),
    })
    .where("id", "=", id).execute();
}
