/**
 * Who has got a message and may read it still.
 *
 * @module
 */

import { GUEST, RECIPIENT } from "../database/codes.ts";
import type { Database } from "../database/tables.ts";
import { groupMembers } from "../users/groups.ts";
import { mayRead, READ_CHANNEL_COLUMNS, readChannel } from "./access.ts";

/** A user who has got a message. */
export interface MessageReader {
  readonly id: number;
  /** The bits of `zerver_usermessage.flags`. */
  readonly flags: number | bigint;
}

/**
 * The active users who have got a message and may read it still, by their ids. It takes two queries,
 * and two more for a channel that groups may join.
 *
 * @param id The message's; one that does not exist has no readers.
 * @throws {DatabaseError} When the database is lost.
 */
export async function messageReaders(db: Database, id: number): Promise<MessageReader[]> {
  const place = await placeOf(db, id);
  if (!place) return [];
  const rows = await receivers(db, id, place.recipient_id);
  const channel = readChannel(place);
  const needsGroups = channel && rows.some(({ subscription }) => subscription === null);
  const letIn = needsGroups ? await usersLetIn(db, place) : new Set<number>();
  return rows.filter((row) =>
    mayRead({ realmId: row.realm_id, isGuest: row.role === GUEST }, {
      channel,
      isReceived: true,
      isSubscribed: row.subscription !== null,
      isLetIn: letIn.has(row.id),
    })
  ).map(({ id, flags }) => ({ id, flags }));
}

type Place = NonNullable<Awaited<ReturnType<typeof placeOf>>>;

/** Where a message is. */
async function placeOf(db: Database, id: number) {
  return await db.selectFrom("zerver_message as message")
    .innerJoin("zerver_recipient as recipient", "recipient.id", "message.recipient_id")
    .leftJoin(
      "zerver_stream as stream",
      (join) =>
        join.onRef("stream.id", "=", "recipient.type_id").on(
          "recipient.type",
          "=",
          RECIPIENT.stream,
        ),
    )
    .select([
      "message.recipient_id",
      ...READ_CHANNEL_COLUMNS,
      "stream.can_subscribe_group_id",
      "stream.can_add_subscribers_group_id",
    ])
    .where("message.id", "=", id).executeTakeFirst();
}

/** Those who have got it, with their subscriptions to its channel. */
async function receivers(db: Database, id: number, recipient: number) {
  return await db.selectFrom("zerver_usermessage as copy")
    .innerJoin("zerver_userprofile as reader", "reader.id", "copy.user_profile_id")
    .leftJoin(
      "zerver_subscription as subscription",
      (join) =>
        join.onRef("subscription.user_profile_id", "=", "reader.id")
          .on("subscription.recipient_id", "=", recipient).on("subscription.active", "=", true),
    )
    .select(["reader.id", "reader.role", "reader.realm_id", "copy.flags"])
    .select("subscription.id as subscription")
    .where("copy.message_id", "=", id).where("reader.is_active", "=", true)
    .orderBy("reader.id").execute();
}

/** The users in groups that may subscribe themselves or others. */
async function usersLetIn(db: Database, place: Place): Promise<Set<number>> {
  const groups = new Set([place.can_subscribe_group_id, place.can_add_subscribers_group_id]);
  const members = new Set<number>();
  for (const group of groups) {
    if (group !== null) { for (const id of await groupMembers(db, group)) members.add(id); }
  }
  return members;
}
