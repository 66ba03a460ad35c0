/**
 * What the addresses of the mirror stand for, looked up.
 *
 * @module
 */

import { RECIPIENT } from "../database/codes.ts";
import type { Database } from "../database/tables.ts";
import { SYSTEM_REALM } from "../messages/send/posting.ts";

/** A channel that has an address. */
export interface ChannelTarget {
  readonly realmId: number;
  /** The realm's `string_id`. */
  readonly realm: string;
  readonly streamId: number;
  /** The channel's name. */
  readonly name: string;
  /** Whether its messages have no topic. */
  readonly hasNoTopics: boolean;
  /** Who sends what comes by mail. */
  readonly senderId: number;
  /** Whether that is a bot of the server itself. */
  readonly isSystemBot: boolean;
  /** Who must be allowed to post: the sender, or who made the address for a bot of the server. */
  readonly postingId: number;
}

/** A message that can be answered by mail. */
export interface ReplyTarget {
  /** Of the row of `zerver_missedmessageemailaddress`. */
  readonly id: number;
  readonly realmId: number;
  readonly realm: string;
  /** Who got the mail, and answers. */
  readonly userId: number;
  readonly isUserActive: boolean;
  readonly to:
    | {
      readonly kind: "channel";
      readonly streamId: number;
      readonly name: string;
      readonly topic: string;
    }
    /** All whom the answer is for; the user may be among them. */
    | { readonly kind: "direct"; readonly userIds: readonly number[] };
}

/**
 * The channel of an address.
 *
 * @param token {@linkcode MirrorAddress}'s.
 * @returns `undefined` where there is none, it was revoked, or its realm is deactivated.
 * @throws {DatabaseError} When the database is lost.
 */
export async function channelTarget(
  db: Database,
  token: string,
): Promise<ChannelTarget | undefined> {
  const row = await db.selectFrom("zerver_channelemailaddress as address")
    .innerJoin("zerver_stream as stream", "stream.id", "address.channel_id")
    .innerJoin("zerver_realm as realm", "realm.id", "stream.realm_id")
    .innerJoin("zerver_userprofile as sender", "sender.id", "address.sender_id")
    .innerJoin("zerver_realm as home", "home.id", "sender.realm_id")
    .select([
      "realm.id as realmId",
      "realm.string_id as realm",
      "stream.id as streamId",
      "stream.name",
      "stream.topics_policy",
      "sender.id as senderId",
      "home.string_id as home",
      "address.creator_id",
    ])
    .where("address.email_token", "=", token).where("address.deactivated", "=", false)
    .where("realm.deactivated", "=", false).executeTakeFirst();
  if (!row) return undefined;
  const { home, creator_id, topics_policy, ...target } = row;
  const isSystemBot = home === SYSTEM_REALM;
  const isForCreator = isSystemBot && creator_id !== null;
  return {
    ...target,
    isSystemBot,
    hasNoTopics: topics_policy === EMPTY_TOPIC_ONLY,
    postingId: isForCreator ? creator_id : target.senderId,
  };
}

const EMPTY_TOPIC_ONLY = 4;

/**
 * The message that an address answers.
 *
 * @param token {@linkcode MirrorAddress}'s.
 * @returns `undefined` where there is none, or its realm is deactivated.
 * @throws {DatabaseError} When the database is lost.
 */
export async function replyTarget(db: Database, token: string): Promise<ReplyTarget | undefined> {
  const row = await db.selectFrom("zerver_missedmessageemailaddress as address")
    .innerJoin("zerver_message as message", "message.id", "address.message_id")
    .innerJoin("zerver_recipient as recipient", "recipient.id", "message.recipient_id")
    .innerJoin("zerver_userprofile as user", "user.id", "address.user_profile_id")
    .innerJoin("zerver_realm as realm", "realm.id", "user.realm_id")
    .select([
      "address.id",
      "realm.id as realmId",
      "realm.string_id as realm",
      "user.id as userId",
      "user.is_active as isUserActive",
      "message.subject",
      "message.sender_id",
      "recipient.id as recipientId",
      "recipient.type",
      "recipient.type_id",
    ])
    .where("address.email_token", "=", token).where("realm.deactivated", "=", false)
    .executeTakeFirst();
  if (!row) return undefined;
  const { subject, sender_id, recipientId, type, type_id, ...target } = row;
  if (type === RECIPIENT.stream) return await toChannel(db, target, { id: type_id, subject });
  const userIds = type === RECIPIENT.group ? await membersOf(db, recipientId) : [sender_id];
  return { ...target, to: { kind: "direct", userIds } };
}

async function toChannel(
  db: Database,
  target: Omit<ReplyTarget, "to">,
  { id, subject }: { readonly id: number; readonly subject: string },
): Promise<ReplyTarget | undefined> {
  const stream = await db.selectFrom("zerver_stream").select("name").where("id", "=", id)
    .executeTakeFirst();
  if (!stream) return undefined;
  const { name } = stream;
  return { ...target, to: { kind: "channel", streamId: id, name, topic: subject } };
}

async function membersOf(db: Database, recipientId: number): Promise<number[]> {
  const rows = await db.selectFrom("zerver_subscription").select("user_profile_id")
    .where("recipient_id", "=", recipientId).orderBy("user_profile_id").execute();
  return rows.map(({ user_profile_id }) => user_profile_id);
}
