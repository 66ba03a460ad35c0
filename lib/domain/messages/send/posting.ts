/**
 * Whether a user may post to a channel.
 *
 * @module
 */

import { sql } from "kysely";
import { GUEST } from "../../database/codes.ts";
import { isPostgres } from "../../database/dialect.ts";
import type { Database } from "../../database/tables.ts";
import { groupsOfUser } from "../../users/groups.ts";

/** The `string_id` of the realm that has the bots of the server itself. */
export const SYSTEM_REALM = "zulipinternal";

/** What decides whether somebody may post. */
export interface PostingFacts {
  /** The channel's name. */
  readonly channel: string;
  readonly isDeactivated: boolean;
  readonly isPrivate: boolean;
  /** Whether the sender is a bot of the server itself, which may post everywhere. */
  readonly isSystemBot: boolean;
  readonly isOfRealm: boolean;
  readonly isGuest: boolean;
  /** Whether the sender, or the owner of the bot that sends, is subscribed. */
  readonly isSubscribed: boolean;
  /** Zulip's `can_forge_sender`. */
  readonly mayForge: boolean;
  /** Whether the sender or the bot's owner is in the group that may post. */
  readonly isInPostingGroup: boolean;
  /** Whether the topic is new, and the sender may make none. */
  readonly lacksTopicRight: boolean;
}

/** Why a sender may not post, in Zulip's words; `undefined` where it may. */
export function postingRefusal(facts: PostingFacts): string | undefined {
  const notAuthorized = `Not authorized to send to channel '${facts.channel}'`;
  if (facts.isDeactivated) return notAuthorized;
  if (facts.isSystemBot) return undefined;
  if (!facts.isOfRealm) return notAuthorized;
  if (!facts.isInPostingGroup) return "You do not have permission to post in this channel.";
  const needsSubscription = facts.isPrivate || facts.isGuest;
  if (needsSubscription && !facts.isSubscribed && !facts.mayForge) return notAuthorized;
  return facts.lacksTopicRight
    ? "You do not have permission to create new topics in this channel."
    : undefined;
}

/**
 * Why a user may not post a message, looked up.
 *
 * @param place Without a topic, whether it may be a new one does not matter.
 * @returns In Zulip's words; `undefined` where the user may.
 * @throws {DatabaseError} When the database is lost.
 */
export async function refusalToPost(
  db: Database,
  userId: number,
  { streamId, topic }: { readonly streamId: number; readonly topic?: string },
): Promise<string | undefined> {
  const channel = await channelOf(db, streamId);
  const user = await userOf(db, userId);
  if (!channel) return `Channel with ID '${streamId}' does not exist`;
  if (!user) return "Invalid user ID";
  const people = [userId, ...user.ownerId === null ? [] : [user.ownerId]];
  const groups = await groupsOf(db, people);
  return postingRefusal({
    channel: channel.name,
    isDeactivated: channel.deactivated,
    isPrivate: channel.invite_only,
    isSystemBot: user.realm === SYSTEM_REALM,
    isOfRealm: user.realmId === channel.realm_id,
    isGuest: user.role === GUEST,
    isSubscribed: await isSubscribed(db, people, channel.recipient_id),
    mayForge: user.mayForge,
    isInPostingGroup: groups.has(channel.can_send_message_group_id),
    lacksTopicRight: topic !== undefined && !groups.has(channel.can_create_topic_group_id) &&
      !await hasTopic(db, { ...channel, topic }),
  });
}

async function channelOf(db: Database, id: number) {
  return await db.selectFrom("zerver_stream").select([
    "name",
    "realm_id",
    "deactivated",
    "invite_only",
    "recipient_id",
    "can_send_message_group_id",
    "can_create_topic_group_id",
  ]).where("id", "=", id).executeTakeFirst();
}

async function userOf(db: Database, id: number) {
  return await db.selectFrom("zerver_userprofile as user")
    .innerJoin("zerver_realm as realm", "realm.id", "user.realm_id")
    .select([
      "user.role",
      "user.realm_id as realmId",
      "realm.string_id as realm",
      "user.bot_owner_id as ownerId",
      "user.can_forge_sender as mayForge",
    ])
    .where("user.id", "=", id).executeTakeFirst();
}

async function groupsOf(db: Database, users: readonly number[]): Promise<Set<number>> {
  const groups = new Set<number>();
  for (const user of users) {
    for (const group of await groupsOfUser(db, user)) groups.add(group);
  }
  return groups;
}

async function isSubscribed(
  db: Database,
  users: readonly number[],
  recipientId: number | null,
): Promise<boolean> {
  if (recipientId === null) return false;
  const row = await db.selectFrom("zerver_subscription").select("id")
    .where("recipient_id", "=", recipientId).where("active", "=", true)
    .where("user_profile_id", "in", users).executeTakeFirst();
  return row !== undefined;
}

/** On SQLite the case of letters that are not ASCII counts. */
async function hasTopic(
  db: Database,
  { realm_id, recipient_id, topic }: {
    readonly realm_id: number;
    readonly recipient_id: number | null;
    readonly topic: string;
  },
): Promise<boolean> {
  if (recipient_id === null) return false;
  const folded = isPostgres(db) ? topic : topic.toUpperCase();
  const row = await db.selectFrom("zerver_message").select("id")
    .where("realm_id", "=", realm_id).where("recipient_id", "=", recipient_id)
    .where(sql<boolean>`upper(subject) = upper(${folded})`).limit(1).executeTakeFirst();
  return row !== undefined;
}
