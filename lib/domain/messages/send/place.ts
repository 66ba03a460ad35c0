/**
 * Where a message goes, looked up.
 *
 * @module
 */

import { RECIPIENT } from "../../database/codes.ts";
import type { Transaction } from "kysely";
import { inIds } from "../../database/ids.ts";
import { newHuddle, newRow } from "../../database/rows.ts";
import { shapeOf } from "../../database/shape.ts";
import type { Tables } from "../../database/tables.ts";
import { checkedTopic, SendError, type SendTo } from "./new_message.ts";

/** A user whom a direct message is for. */
export interface Member {
  readonly id: number;
  readonly email: string;
  readonly name: string;
  readonly isDummy: boolean;
}

/** Where a message goes. */
export type Place =
  | {
    readonly kind: "channel";
    readonly recipientId: number;
    readonly streamId: number;
    readonly name: string;
    readonly topic: string;
    /** Whether everybody but guests may read it. */
    readonly isPublic: boolean;
    readonly isPrivate: boolean;
    /** Whether everybody may read it, without an account. */
    readonly isWebPublic: boolean;
    readonly firstMessageId: number | null;
    readonly isRecentlyActive: boolean;
  }
  | {
    readonly kind: "direct";
    readonly recipientId: number;
    /** `zerver_recipient.type`: 1 one user, 3 a DM group. */
    readonly type: number;
    /** The id of that user or DM group. */
    readonly typeId: number;
    /** The sender is one of them. */
    readonly users: readonly Member[];
  };

/** Who sends, as far as places depend on it. */
export interface PlaceSender {
  readonly id: number;
  /** The realm of the place. */
  readonly realmId: number;
}

/**
 * Finds a place; makes the DM group where it has to be one that is not there yet. Whether the sender
 * may post there is not checked.
 *
 * @throws {SendError} When the channel or another user does not exist in the realm, or a user is
 * deactivated.
 * @throws {DatabaseError} When the database is lost.
 */
export async function placeOf(
  trx: Transaction<Tables>,
  to: SendTo,
  sender: PlaceSender,
): Promise<Place> {
  return to.kind === "channel"
    ? await channelOf(trx, to.streamId, checkedTopic(to.topic), sender)
    : await directOf(trx, to.userIds, sender);
}

async function channelOf(
  trx: Transaction<Tables>,
  streamId: number,
  topic: string,
  sender: PlaceSender,
): Promise<Place> {
  const row = await trx.selectFrom("zerver_stream").select([
    "name",
    "recipient_id",
    "invite_only",
    "is_web_public",
    "history_public_to_subscribers",
    "first_message_id",
    "is_recently_active",
  ]).where("id", "=", streamId).where("realm_id", "=", sender.realmId).executeTakeFirst();
  if (!row || row.recipient_id === null) {
    throw new SendError(`Channel with ID '${streamId}' does not exist`);
  }
  return {
    kind: "channel",
    recipientId: row.recipient_id,
    streamId,
    name: row.name,
    topic,
    isPublic: !row.invite_only && row.history_public_to_subscribers,
    isPrivate: row.invite_only,
    isWebPublic: row.is_web_public,
    firstMessageId: row.first_message_id,
    isRecentlyActive: row.is_recently_active,
  };
}

async function directOf(
  trx: Transaction<Tables>,
  given: readonly number[],
  sender: PlaceSender,
): Promise<Place> {
  if (given.length === 0) throw new SendError("Message must have recipients!");
  const ids = [...new Set([...given, sender.id])].sort((one, other) => one - other);
  const rows = await trx.selectFrom("zerver_userprofile as user")
    .select(["user.id", "user.email", "user.full_name", "user.is_mirror_dummy", "user.is_active"])
    // A bot of the server itself is of another realm.
    .where(({ eb, or }) =>
      or([eb("user.realm_id", "=", sender.realmId), eb("user.id", "=", sender.id)])
    )
    .where(inIds(trx, "user.id", ids)).orderBy("user.id").execute();
  if (rows.length < ids.length) throw new SendError("Invalid user ID");
  const deactivated = rows.find((row) =>
    !row.is_active && !row.is_mirror_dummy && row.id !== sender.id
  );
  if (deactivated) throw new SendError(`'${deactivated.email}' is no longer using Zulip.`);
  const users = rows.map((row) => ({
    id: row.id,
    email: row.email,
    name: row.full_name,
    isDummy: row.is_mirror_dummy,
  }));
  return { kind: "direct", users, ...await directRecipient(trx, ids, sender.id) };
}

interface Recipient {
  readonly recipientId: number;
  readonly type: number;
  readonly typeId: number;
}

/** Two users have a DM group where there is one, else the recipient of the other. */
async function directRecipient(
  trx: Transaction<Tables>,
  ids: readonly number[],
  sender: number,
): Promise<Recipient> {
  const { huddle_hash, group_size } = newHuddle(ids);
  const group = await trx.selectFrom("zerver_huddle as huddle")
    .innerJoin("zerver_recipient as recipient", "recipient.type_id", "huddle.id")
    .select(["huddle.id", "recipient.id as recipientId"])
    .where("huddle.huddle_hash", "=", huddle_hash).where("recipient.type", "=", RECIPIENT.group)
    .executeTakeFirst();
  if (group) return { recipientId: group.recipientId, type: RECIPIENT.group, typeId: group.id };
  const other = ids.length > 2 ? undefined : ids.find((id) => id !== sender) ?? sender;
  const personal = other === undefined ? undefined : await personalRecipient(trx, other);
  return personal ?? await makeGroup(trx, ids, sender, { huddle_hash, group_size });
}

async function personalRecipient(
  trx: Transaction<Tables>,
  user: number,
): Promise<Recipient | undefined> {
  const { has } = await shapeOf(trx);
  if (!has("zerver_userprofile.recipient_id")) return undefined;
  const row = await trx.selectFrom("zerver_userprofile").select("recipient_id")
    .where("id", "=", user).executeTakeFirst();
  if (!row || row.recipient_id === null) return undefined;
  return { recipientId: row.recipient_id, type: RECIPIENT.personal, typeId: user };
}

async function makeGroup(
  trx: Transaction<Tables>,
  ids: readonly number[],
  sender: number,
  group: { readonly huddle_hash: string; readonly group_size: number },
): Promise<Recipient> {
  const made = await trx.insertInto("zerver_huddle").values(group)
    .onConflict((conflict) => conflict.column("huddle_hash").doNothing())
    .returning("id").executeTakeFirst();
  // Another transaction has made it in the meantime, and is committed.
  if (!made) return await directRecipient(trx, ids, sender);
  const { id } = made;
  const { id: recipientId } = await trx.insertInto("zerver_recipient")
    .values({ type: RECIPIENT.group, type_id: id }).returning("id").executeTakeFirstOrThrow();
  await trx.updateTable("zerver_huddle").set({ recipient_id: recipientId })
    .where("id", "=", id).execute();
  await trx.insertInto("zerver_subscription").values(
    ids.map((user_profile_id) =>
      newRow("zerver_subscription", {
        user_profile_id,
        recipient_id: recipientId,
        is_user_active: true,
      })
    ),
  ).execute();
  return { recipientId, type: RECIPIENT.group, typeId: id };
}
