/**
 * What was said before a message.
 *
 * @module
 */

import { sql } from "kysely";
import { isPostgres } from "../database/dialect.ts";
import type { Database } from "../database/tables.ts";
import { readableMessages } from "./access.ts";
import { MESSAGE_COLUMNS, type StoredMessage, storedMessage } from "./stored_message.ts";

/** The most messages of a context. */
const MOST = 10;
/** How long before the message they were sent, at most, in ms. */
const WITHIN_MS = 15 * 60_000;

/**
 * The newest messages, at most 10, that were sent before one in its channel and topic, within 15
 * minutes, and that a user may read; the oldest first. Direct messages have none. Topics that differ
 * in case only are one.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function contextOf(
  db: Database,
  user: number,
  message: StoredMessage,
): Promise<StoredMessage[]> {
  if (message.destination !== "channel") return [];
  const before = await messagesBefore(db, message);
  const readable = await readableMessages(db, user, before.map(({ id }) => id));
  return before.filter(({ id }) => readable.has(id)).reverse();
}

/** The newest first, of all users. */
async function messagesBefore(db: Database, message: StoredMessage): Promise<StoredMessage[]> {
  const folded = message.topic.toUpperCase();
  const query = db.selectFrom("zerver_message as message")
    .innerJoin("zerver_recipient as recipient", "recipient.id", "message.recipient_id")
    .select([...MESSAGE_COLUMNS])
    .where("message.realm_id", "=", message.realmId)
    .where("message.recipient_id", "=", message.recipientId)
    .where("message.is_channel_message", "=", true)
    .where("message.id", "<", message.id)
    .where("message.date_sent", ">", new Date(message.sentAt.getTime() - WITHIN_MS))
    .orderBy("message.id", "desc");
  if (isPostgres(db)) {
    const rows = await query.where(sql<boolean>`upper(message.subject) = upper(${message.topic})`)
      .limit(MOST).execute();
    return rows.map(storedMessage);
  }
  // SQLite's upper() knows ASCII only.
  const rows = await query.execute();
  return rows.filter(({ subject }) => subject.toUpperCase() === folded).slice(0, MOST)
    .map(storedMessage);
}
