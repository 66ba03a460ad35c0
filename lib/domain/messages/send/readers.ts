/**
 * Looks up who gets a message, and their notification settings.
 *
 * @module
 */

import { type RawBuilder, sql, type SqlBool } from "kysely";
import { inIds } from "../../database/ids.ts";
import { isPostgres } from "../../database/dialect.ts";
import type { Database } from "../../database/tables.ts";
import type { MessageReader } from "./audience.ts";
import type { Place } from "./place.ts";

const COLUMNS = [
  "user.id",
  "user.is_bot",
  "user.long_term_idle",
  "user.enable_offline_email_notifications",
  "user.enable_offline_push_notifications",
  "user.enable_online_push_notifications",
  "user.enable_stream_email_notifications",
  "user.enable_stream_push_notifications",
  "user.wildcard_mentions_notify",
  "user.enable_followed_topic_email_notifications",
  "user.enable_followed_topic_push_notifications",
  "user.enable_followed_topic_wildcard_mentions_notify",
] as const;

/**
 * The active users who get a message, by id: the subscribers of its channel, and bots that it
 * mentions; or those whom it is for.
 *
 * @param mentioned The ids of the users whom it mentions.
 * @throws {DatabaseError} When the database is lost.
 */
export async function readersOf(
  db: Database,
  place: Place,
  senderId: number,
  mentioned: ReadonlySet<number>,
): Promise<MessageReader[]> {
  const found = place.kind === "channel"
    ? [...await subscribers(db, place.recipientId), ...await bots(db, [...mentioned])]
    : await usersOf(db, place.users.map(({ id }) => id));
  const byId = new Map(found.reverse().map((row) => [row.id, row]));
  const ids = [...byId.keys()].sort((one, other) => one - other);
  if (ids.length === 0) return [];
  const muting = await whoMuted(db, senderId, ids);
  const policies = place.kind === "channel" ? await topicPolicies(db, place) : new Map();
  return ids.flatMap((id) => {
    const row = byId.get(id);
    return row ? [readerOf(row, policies.get(id) ?? 0, muting.has(id))] : [];
  });
}

type ReaderRow = Awaited<ReturnType<typeof subscribers>>[number];

async function subscribers(db: Database, recipient: number) {
  return await db.selectFrom("zerver_subscription as subscription")
    .innerJoin("zerver_userprofile as user", "user.id", "subscription.user_profile_id")
    .select([
      ...COLUMNS,
      "subscription.is_muted",
      "subscription.push_notifications",
      "subscription.email_notifications",
      "subscription.wildcard_mentions_notify as channel_wildcards",
    ])
    .where("subscription.recipient_id", "=", recipient)
    .where("subscription.active", "=", true).where("subscription.is_user_active", "=", true)
    .where("user.is_active", "=", true).execute();
}

async function usersOf(db: Database, ids: readonly number[]): Promise<ReaderRow[]> {
  if (ids.length === 0) return [];
  const rows = await db.selectFrom("zerver_userprofile as user").select([...COLUMNS])
    .where(inIds(db, "user.id", ids)).where("user.is_active", "=", true).execute();
  const none = { push_notifications: null, email_notifications: null, channel_wildcards: null };
  return rows.map((row) => ({ ...row, ...none, is_muted: false }));
}

async function bots(db: Database, ids: readonly number[]): Promise<ReaderRow[]> {
  return (await usersOf(db, ids)).filter((row) => row.is_bot);
}

function readerOf(row: ReaderRow, topicPolicy: number, hasMutedSender: boolean): MessageReader {
  return {
    id: row.id,
    isBot: row.is_bot,
    isIdle: row.long_term_idle,
    hasMutedSender,
    topicPolicy,
    isChannelMuted: row.is_muted,
    offline: {
      email: row.enable_offline_email_notifications,
      push: row.enable_offline_push_notifications,
    },
    onlinePush: row.enable_online_push_notifications,
    channel: {
      email: { own: row.email_notifications, all: row.enable_stream_email_notifications },
      push: { own: row.push_notifications, all: row.enable_stream_push_notifications },
      wildcard: { own: row.channel_wildcards, all: row.wildcard_mentions_notify },
    },
    followed: {
      email: row.enable_followed_topic_email_notifications,
      push: row.enable_followed_topic_push_notifications,
      wildcard: row.enable_followed_topic_wildcard_mentions_notify,
    },
  };
}

async function whoMuted(
  db: Database,
  sender: number,
  ids: readonly number[],
): Promise<Set<number>> {
  const rows = await db.selectFrom("zerver_muteduser as muted").select("muted.user_profile_id")
    .where("muted.muted_user_id", "=", sender)
    .where(inIds(db, "muted.user_profile_id", ids)).execute();
  return new Set(rows.map(({ user_profile_id }) => user_profile_id));
}

/** What users have set for the topic, whose case does not count. */
async function topicPolicies(
  db: Database,
  { streamId, topic }: Extract<Place, { kind: "channel" }>,
): Promise<Map<number, number>> {
  const rows = await db.selectFrom("zerver_usertopic")
    .select(["user_profile_id", "topic_name", "visibility_policy"])
    .where("stream_id", "=", streamId)
    .$if(isPostgres(db), (query) => query.where(isTopic("topic_name", topic))).execute();
  const folded = topic.toLowerCase();
  const own = rows.filter(({ topic_name }) => topic_name.toLowerCase() === folded);
  return new Map(own.map((row) => [row.user_profile_id, row.visibility_policy]));
}

/**
 * Who has written in a topic or reacted to a message in it.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function participantsOf(
  db: Database,
  realmId: number,
  { recipientId, topic }: Extract<Place, { kind: "channel" }>,
): Promise<Set<number>> {
  const senders = await db.selectFrom("zerver_message").select(["id", "sender_id", "subject"])
    .where("realm_id", "=", realmId).where("recipient_id", "=", recipientId)
    .$if(isPostgres(db), (query) => query.where(isTopic("subject", topic))).execute();
  const folded = topic.toLowerCase();
  const own = senders.filter(({ subject }) => subject.toLowerCase() === folded);
  const reacting = await db.selectFrom("zerver_reaction as reaction")
    .select("reaction.user_profile_id")
    .where(inIds(db, "reaction.message_id", own.map(({ id }) => id))).execute();
  return new Set([
    ...own.map(({ sender_id }) => sender_id),
    ...reacting.map(({ user_profile_id }) => user_profile_id),
  ]);
}

/** Only for PostgreSQL: SQLite's upper() knows ASCII only. */
function isTopic(column: string, topic: string): RawBuilder<SqlBool> {
  return sql`upper(${sql.ref(column)}) = upper(${topic})`;
}

/** Zulip's OFFLINE_THRESHOLD_SECS. */
const OFFLINE_MS = 200_000;

/**
 * Those of some users who are not there.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function idleUsers(
  db: Database,
  ids: readonly number[],
  now: Date,
): Promise<number[]> {
  if (ids.length === 0) return [];
  const present = await db.selectFrom("zerver_userpresence as presence")
    .select("presence.user_profile_id")
    .where(inIds(db, "presence.user_profile_id", ids))
    .where("presence.last_active_time", ">=", new Date(now.getTime() - OFFLINE_MS)).execute();
  const there = new Set(present.map(({ user_profile_id }) => user_profile_id));
  return ids.filter((id) => !there.has(id));
}

/**
 * Those of some users who have a device that gets pushes.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function usersWithDevices(db: Database, ids: readonly number[]): Promise<number[]> {
  if (ids.length === 0) return [];
  const rows = await db.selectFrom("zerver_pushdevicetoken as token").select("token.user_id")
    .where(inIds(db, "token.user_id", ids))
    .union(
      db.selectFrom("zerver_pushdevice as device").select("device.user_id")
        .where(inIds(db, "device.user_id", ids)).where("device.bouncer_device_id", "is not", null),
    )
    .union(
      db.selectFrom("zerver_device as device").select("device.user_id")
        .where(inIds(db, "device.user_id", ids)).where("device.push_token_id", "is not", null),
    ).execute();
  const having = new Set(rows.map(({ user_id }) => user_id));
  return ids.filter((id) => having.has(id));
}
