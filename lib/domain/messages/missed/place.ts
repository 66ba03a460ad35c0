/**
 * Where a conversation is, looked up.
 *
 * @module
 */

import type { Database } from "../../database/tables.ts";
import { userNames } from "../../users/names.ts";
import type { StoredMessage } from "../stored_message.ts";
import type { Place } from "./mail_context.ts";

/** What is known of a DM group. */
export interface Members {
  /** The ids of its members, the reader among them, in order. */
  readonly ids: readonly number[];
  /** Their names by id. */
  readonly names: ReadonlyMap<number, string>;
}

/**
 * The place of a conversation of direct messages. A DM group of two is a conversation with the other.
 *
 * @param reader The user who reads.
 * @param sender Who wrote.
 */
export function placeOfMembers({ ids, names }: Members, reader: number, sender: number): Place {
  const named = (id: number) => ({ id, name: names.get(id) ?? "" });
  const others = ids.filter((id) => id !== reader);
  if (others.length > 1) return { kind: "group", others: others.map(named) };
  return { kind: "direct", other: named(others[0] ?? sender) };
}

/**
 * Where a message is.
 *
 * @param reader The user who reads.
 * @throws {DatabaseError} When the database is lost.
 * @throws {Error} When its channel does not exist.
 */
export async function placeOf(
  db: Database,
  message: StoredMessage,
  reader: number,
): Promise<Place> {
  const { destination, destinationId, senderId, topic } = message;
  if (destination === "channel") {
    const stream = await db.selectFrom("zerver_stream").select("name")
      .where("id", "=", destinationId).executeTakeFirst();
    if (!stream) throw new Error(`The database has no channel ${destinationId}`);
    return { kind: "channel", id: destinationId, name: stream.name, topic };
  }
  const ids = destination === "group"
    ? await membersOf(db, message.recipientId)
    : [reader, senderId];
  const names = await userNames(db, [...ids, senderId]);
  return placeOfMembers({ ids, names }, reader, senderId);
}

/** The members of a DM group, by id. */
async function membersOf(db: Database, recipient: number): Promise<number[]> {
  const rows = await db.selectFrom("zerver_subscription").select("user_profile_id")
    .where("recipient_id", "=", recipient).orderBy("user_profile_id").execute();
  return rows.map(({ user_profile_id }) => user_profile_id);
}
