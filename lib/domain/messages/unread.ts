/**
 * The messages that a user has not read.
 *
 * @module
 */

import { sql } from "kysely";
import { inIds } from "../database/ids.ts";
import type { Database } from "../database/tables.ts";
import { MESSAGE_COLUMNS, type StoredMessage, storedMessage } from "./stored_message.ts";

/** A message, and what it is to a user. */
export interface UnreadMessage extends StoredMessage {
  /** Bits: 8 mentioned, 16 mentioned as one of the channel's … */
  readonly flags: number;
}

/**
 * The first messages of a conversation that a user has not read, by their ids.
 *
 * @param recipientId Where its messages go.
 * @param most How many at most.
 * @throws {DatabaseError} When the database is lost.
 */
export async function unreadIn(
  db: Database,
  user: number,
  recipientId: number,
  most: number,
): Promise<number[]> {
  const rows = await db.selectFrom("zerver_usermessage as copy")
    .innerJoin("zerver_message as message", "message.id", "copy.message_id")
    .select("copy.message_id as id")
    .where("copy.user_profile_id", "=", user)
    .where("message.recipient_id", "=", recipientId)
    .where(sql<boolean>`(copy.flags & 1) = 0`)
    .orderBy("copy.message_id").limit(most).execute();
  return rows.map(({ id }) => id);
}

/** What the content of a message becomes when its text is deleted. */
const DELETED = "(deleted)";

/**
 * Those of some messages that a user got and has not read, and whose text is not deleted, by their
 * ids.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function unreadMessages(
  db: Database,
  user: number,
  ids: readonly number[],
): Promise<UnreadMessage[]> {
  if (ids.length === 0) return [];
  const rows = await db.selectFrom("zerver_message as message")
    .innerJoin("zerver_usermessage as copy", "copy.message_id", "message.id")
    .innerJoin("zerver_recipient as recipient", "recipient.id", "message.recipient_id")
    .select([...MESSAGE_COLUMNS, "copy.flags"])
    .where("copy.user_profile_id", "=", user)
    .where(inIds(db, "copy.message_id", ids))
    .where(sql<boolean>`(copy.flags & 1) = 0`)
    .where("message.content", "<>", DELETED)
    .orderBy("message.id").execute();
  return rows.map((row) => ({ ...storedMessage(row), flags: row.flags }));
}
