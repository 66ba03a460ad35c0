/**
 * The messages that a user has not read, by conversation.
 *
 * @module
 */

import { sql } from "kysely";
import { RECIPIENT } from "../../database/codes.ts";
import { inIds } from "../../database/ids.ts";
import type { Database } from "../../database/tables.ts";
import { shownTopic } from "../topic.ts";
import type { StatePart, StateQuery } from "./state_query.ts";

/** Zulip's limit: older ones are left out. */
const MOST = 50_000;
/** Bits of `flags`: mentioned, and by the whole channel or topic. */
const MENTIONED = 8 | 16 | 32;
const MUTED = 1;

/** A message that is not read. */
export interface Unread {
  readonly id: number;
  readonly senderId: number;
  readonly flags: number;
  /** Of the recipient: see `RECIPIENT` of `codes.ts`. */
  readonly type: number;
  readonly typeId: number;
  readonly recipientId: number;
  readonly topic: string;
}

/** What decides where unread messages are counted. */
export interface UnreadAround {
  readonly userId: number;
  /** The members of DM groups, by recipient, in order. */
  readonly members: ReadonlyMap<number, readonly number[]>;
  /** Whether messages to a topic of a channel are not counted. */
  readonly isMuted: (stream: number, topic: string) => boolean;
  /** Whether the client knows the empty topic. */
  readonly isTopicNamed: boolean;
}

/** The part `update_message_flags`. @throws {DatabaseError} When the database is lost. */
export async function unreadMessages(query: StateQuery): Promise<StatePart> {
  const { db, user, registration } = query;
  const unread = await unreadOf(db, user.id);
  const groups = unread.filter(({ type }) => type === RECIPIENT.group);
  const members = await membersOf(db, groups.map(({ recipientId }) => recipientId));
  const around: UnreadAround = {
    userId: user.id,
    members,
    isMuted: await mutesOf(query),
    isTopicNamed: registration.capabilities.has("empty_topic_name"),
  };
  return { unread_msgs: byConversation(unread, around) };
}

/** Unread messages by conversation. @param unread By rising ids. */
export function byConversation(unread: readonly Unread[], around: UnreadAround) {
  const places = unread.map((one) => ({ one, place: placeOf(one, around) }));
  const of = (kind: "pm" | "stream" | "huddle") => {
    const mine = places.filter(({ place }) => place.kind === kind);
    const groups = Map.groupBy(mine, ({ place }) => place.key);
    return [...groups.values()].map((list) => ({
      ...list[0]?.place.shown,
      unread_message_ids: list.map(({ one }) => one.id),
    }));
  };
  return {
    pms: of("pm"),
    streams: of("stream"),
    huddles: of("huddle"),
    mentions: unread.filter(({ flags }) => (flags & MENTIONED) !== 0).map(({ id }) => id),
    count: places.filter(({ place }) => !place.isMuted).length,
    old_unreads_missing: unread.length >= MOST,
  };
}

interface PlaceOfUnread {
  readonly kind: "pm" | "stream" | "huddle";
  readonly key: string;
  readonly isMuted: boolean;
  readonly shown: Readonly<Record<string, unknown>>;
}

function placeOf(one: Unread, around: UnreadAround): PlaceOfUnread {
  const { senderId, type, typeId, recipientId, topic } = one;
  const { userId, members, isMuted, isTopicNamed } = around;
  if (type === RECIPIENT.stream) {
    const shown = { stream_id: typeId, topic: isTopicNamed ? topic : shownTopic(topic) };
    const key = JSON.stringify([typeId, topic.toLowerCase()]);
    return { kind: "stream", key, isMuted: isMuted(typeId, topic), shown };
  }
  const group = members.get(recipientId) ?? [];
  if (type === RECIPIENT.group && group.length > 2) {
    const ids = group.join(",");
    return { kind: "huddle", key: ids, isMuted: false, shown: { user_ids_string: ids } };
  }
  const others = type === RECIPIENT.group ? group : [senderId, typeId];
  const other = others.find((id) => id !== userId) ?? userId;
  const shown = { other_user_id: other, sender_id: other };
  return { kind: "pm", key: String(other), isMuted: false, shown };
}

async function unreadOf(db: Database, user: number): Promise<Unread[]> {
  const rows = await db.selectFrom("zerver_usermessage as copy")
    .innerJoin("zerver_message as message", "message.id", "copy.message_id")
    .innerJoin("zerver_recipient as recipient", "recipient.id", "message.recipient_id")
    .select([
      "message.id",
      "message.sender_id as senderId",
      "copy.flags",
      "recipient.type",
      "recipient.type_id as typeId",
      "message.recipient_id as recipientId",
      "message.subject as topic",
    ])
    .where("copy.user_profile_id", "=", user).where(sql<boolean>`(copy.flags & 1) = 0`)
    .orderBy("copy.message_id", "desc").limit(MOST).execute();
  return rows.reverse().map((row) => ({ ...row, flags: Number(row.flags) }));
}

async function membersOf(
  db: Database,
  recipients: readonly number[],
): Promise<Map<number, number[]>> {
  if (recipients.length === 0) return new Map();
  const rows = await db.selectFrom("zerver_subscription")
    .select(["recipient_id", "user_profile_id"])
    .where(inIds(db, "recipient_id", [...new Set(recipients)])).orderBy("user_profile_id")
    .execute();
  const groups = Map.groupBy(rows, ({ recipient_id }) => recipient_id);
  return new Map(
    [...groups].map(([id, found]) => [id, found.map(({ user_profile_id }) => user_profile_id)]),
  );
}

/** What is not counted: muted topics, and topics of muted channels that do not say otherwise. */
async function mutesOf({ db, user }: StateQuery): Promise<UnreadAround["isMuted"]> {
  const topics = await db.selectFrom("zerver_usertopic")
    .select(["stream_id", "topic_name", "visibility_policy"])
    .where("user_profile_id", "=", user.id).execute();
  const channels = await db.selectFrom("zerver_subscription as subscription")
    .innerJoin("zerver_recipient as recipient", "recipient.id", "subscription.recipient_id")
    .select("recipient.type_id").where("subscription.user_profile_id", "=", user.id)
    .where("recipient.type", "=", RECIPIENT.stream).where("is_muted", "=", true).execute();
  const muted = new Set(channels.map(({ type_id }) => type_id));
  const keyOf = (stream: number, topic: string) => `${stream} ${topic.toLowerCase()}`;
  const policies = new Map(
    topics.map((row) => [keyOf(row.stream_id, row.topic_name), row.visibility_policy]),
  );
  return (stream, topic) => {
    const policy = policies.get(keyOf(stream, topic));
    return policy === undefined ? muted.has(stream) : policy === MUTED;
  };
}
