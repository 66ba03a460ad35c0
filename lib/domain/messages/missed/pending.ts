/**
 * The rows that say whom to tell of which missed messages, and when.
 *
 * @module
 */

import { sql, type Transaction } from "kysely";
import { isPostgres } from "../../database/dialect.ts";
import { isForeignKeyError } from "../../database/foreign_key.ts";
import { inIds } from "../../database/ids.ts";
import { claim } from "../../database/inbox.ts";
import type { Database, Tables } from "../../database/tables.ts";
import { storableText } from "../../database/text.ts";
import { inTransaction } from "../../database/transaction.ts";
import { dueAt } from "./schedule.ts";
import { presentTrigger } from "./triggers.ts";

/** That a user has missed a message. */
export interface MissedEvent {
  readonly userId: number;
  readonly messageId: number;
  readonly trigger: string;
  /** The group by which the user was mentioned. */
  readonly groupId: number | null;
}

/** Where an event came from. */
export interface MissedOrigin {
  readonly queue: string;
  /** Its id, by which a second delivery is known. */
  readonly id: string | undefined;
  /** ms since 1970. */
  readonly now: number;
}

/** `added`; `again`: it came before; `gone`: its user, message or group does not exist. */
export type AddedMissed = "added" | "again" | "gone";

/**
 * Adds a row: the user gets a mail about the message when it is due.
 *
 * @throws {DatabaseError} When the database is lost or locked.
 */
export async function addMissed(
  db: Database,
  event: MissedEvent,
  origin: MissedOrigin,
): Promise<AddedMissed> {
  try {
    return await inTransaction(db, (trx) => add(trx, event, origin));
  } catch (error) {
    if (isForeignKeyError(error)) return "gone";
    throw error;
  }
}

async function add(
  trx: Transaction<Tables>,
  { userId, messageId, trigger, groupId }: MissedEvent,
  { queue, id, now }: MissedOrigin,
): Promise<AddedMissed> {
  const [isNew] = await claim(trx, queue, [id], now);
  if (!isNew) return "again";
  const user = await trx.selectFrom("zerver_userprofile")
    .select("email_notifications_batching_period_seconds as batching")
    .where("id", "=", userId).executeTakeFirst();
  if (!user) return "gone";
  const pending = await trx.selectFrom("zerver_scheduledmessagenotificationemail")
    .select("scheduled_timestamp").where("user_profile_id", "=", userId)
    .orderBy("scheduled_timestamp").limit(1).executeTakeFirst();
  const due = dueAt({
    pending: pending?.scheduled_timestamp.getTime(),
    now,
    batchingSeconds: user.batching,
  });
  await trx.insertInto("zerver_scheduledmessagenotificationemail").values({
    user_profile_id: userId,
    message_id: messageId,
    trigger: storableText(presentTrigger(trigger)),
    mentioned_user_group_id: groupId,
    scheduled_timestamp: new Date(due),
  }).execute();
  return "added";
}

/** A row that is due. */
export interface DueRow {
  readonly id: number;
  readonly messageId: number;
  readonly trigger: string;
  readonly groupId: number | null;
}

/** Rows that are not locked and whose messages are not locked; both are locked from now on. */
const FREE = sql`for update of pending skip locked for key share of message skip locked`;
/** The most rows of a user that are taken at once, so that no mail gets too large. */
const MOST_ROWS = 200;

/**
 * Users with rows that are due, those who wait longest first.
 *
 * @param now ms since 1970.
 * @param most How many users at most.
 * @throws {DatabaseError} When the database is lost.
 */
export async function usersDue(db: Database, now: number, most: number): Promise<number[]> {
  const rows = await db.selectFrom("zerver_scheduledmessagenotificationemail")
    .select("user_profile_id")
    .where("scheduled_timestamp", "<=", new Date(now))
    .groupBy("user_profile_id")
    .orderBy(({ fn }) => fn.min("scheduled_timestamp")).orderBy("user_profile_id")
    .limit(most).execute();
  return rows.map(({ user_profile_id }) => user_profile_id);
}

/**
 * Takes a user's rows that are due, by id: at most 200, and none that another transaction has locked,
 * or whose message it has, such as one that deletes the message: it and the mail, which refers to the
 * message, would wait for each other. Of several workers one takes them all: the others skip the
 * user, so that no conversation is in two mails.
 *
 * @param now ms since 1970.
 * @throws {DatabaseError} When the database is lost.
 */
export async function takeDue(
  trx: Transaction<Tables>,
  user: number,
  now: number,
): Promise<DueRow[]> {
  if (!await holdUser(trx, user)) return [];
  const rows = await trx.selectFrom("zerver_scheduledmessagenotificationemail as pending")
    .innerJoin("zerver_message as message", "message.id", "pending.message_id")
    .select([
      "pending.id",
      "pending.message_id",
      "pending.trigger",
      "pending.mentioned_user_group_id",
    ])
    .where("pending.user_profile_id", "=", user)
    .where("pending.scheduled_timestamp", "<=", new Date(now))
    .orderBy("pending.id").limit(MOST_ROWS)
    .$if(isPostgres(trx), (query) => query.modifyEnd(FREE))
    .execute();
  return rows.map((row) => ({
    id: row.id,
    messageId: row.message_id,
    trigger: presentTrigger(row.trigger),
    groupId: row.mentioned_user_group_id,
  }));
}

/** Locks a user's row, unless another transaction has. SQLite has locked the whole database. */
async function holdUser(trx: Transaction<Tables>, user: number): Promise<boolean> {
  if (!isPostgres(trx)) return true;
  const row = await trx.selectFrom("zerver_userprofile").select("id").where("id", "=", user)
    .forNoKeyUpdate().skipLocked().executeTakeFirst();
  return row !== undefined;
}

/** Deletes rows. @throws {DatabaseError} When the database is lost. */
export async function removeRows(db: Database, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await db.deleteFrom("zerver_scheduledmessagenotificationemail")
    .where(inIds(db, "zerver_scheduledmessagenotificationemail.id", ids)).execute();
}

/**
 * Lets rows wait until a time.
 *
 * @param at ms since 1970.
 * @throws {DatabaseError} When the database is lost.
 */
export async function postponeRows(
  db: Database,
  ids: readonly number[],
  at: number,
): Promise<void> {
  if (ids.length === 0) return;
  await db.updateTable("zerver_scheduledmessagenotificationemail")
    .set({ scheduled_timestamp: new Date(at) })
    .where(inIds(db, "zerver_scheduledmessagenotificationemail.id", ids)).execute();
}
