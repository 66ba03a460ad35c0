/**
 * Which messages a user may read.
 *
 * @module
 */

import { GUEST, RECIPIENT } from "../database/codes.ts";
import type { Database } from "../database/tables.ts";
import { inIds } from "../database/ids.ts";
import { groupsOfUser } from "../users/groups.ts";

/** A user who wants to read. */
export interface Reader {
  readonly realmId: number;
  readonly isGuest: boolean;
}

/** The channel of a message. */
export interface ReadChannel {
  readonly realmId: number;
  /** Only for subscribers, and those whom a group lets in. */
  readonly isPrivate: boolean;
  /** Whether subscribers may read what was sent before they came. */
  readonly isHistoryShared: boolean;
  /** For everybody, guests also. */
  readonly isWebPublic: boolean;
}

/** What a message is to a user. */
export interface ReadMessage {
  /** `undefined` for a direct message. */
  readonly channel: ReadChannel | undefined;
  /** Whether the user got the message when it was sent. */
  readonly isReceived: boolean;
  readonly isSubscribed: boolean;
  /** Whether the user is in a group that may subscribe itself or others. */
  readonly isLetIn: boolean;
}

/**
 * Whether a user may read a message. Direct messages are for those who got them. A channel that is
 * deactivated can be read as before.
 */
export function mayRead(reader: Reader, message: ReadMessage): boolean {
  const { channel, isReceived } = message;
  if (!channel) return isReceived;
  if (channel.realmId !== reader.realmId) return false;
  if (channel.isWebPublic) return true;
  const isOpen = message.isSubscribed || (message.isLetIn && !reader.isGuest);
  if (!channel.isHistoryShared) return isReceived && isOpen;
  return isOpen || (!channel.isPrivate && !reader.isGuest);
}

/** The columns of {@linkcode readChannel}, of a message's `recipient` and its `stream`, if any. */
export const READ_CHANNEL_COLUMNS = [
  "recipient.type",
  "stream.realm_id",
  "stream.invite_only",
  "stream.history_public_to_subscribers",
  "stream.is_web_public",
] as const;

/** A row of {@linkcode READ_CHANNEL_COLUMNS}: all but the type are null where there is no stream. */
export interface ReadChannelRow {
  readonly type: number;
  readonly realm_id: number | null;
  readonly invite_only: boolean | null;
  readonly history_public_to_subscribers: boolean | null;
  readonly is_web_public: boolean | null;
}

/** The channel of a message; `undefined` for a direct message. */
export function readChannel(row: ReadChannelRow): ReadChannel | undefined {
  return row.type !== RECIPIENT.stream ? undefined : {
    // Nobody may read in a deleted channel.
    realmId: row.realm_id ?? -1,
    isPrivate: row.invite_only === true,
    isHistoryShared: row.history_public_to_subscribers === true,
    isWebPublic: row.is_web_public === true,
  };
}

/**
 * Whether a user may read a message; not where one of them does not exist.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function mayReadMessage(db: Database, user: number, id: number): Promise<boolean> {
  return (await readableMessages(db, user, [id])).has(id);
}

/**
 * Those of some messages that a user may read, by three queries at most.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function readableMessages(
  db: Database,
  user: number,
  ids: readonly number[],
): Promise<Set<number>> {
  if (ids.length === 0) return new Set();
  const profile = await db.selectFrom("zerver_userprofile").select(["realm_id", "role"])
    .where("id", "=", user).executeTakeFirst();
  if (!profile) return new Set();
  const reader = { realmId: profile.realm_id, isGuest: profile.role === GUEST };
  const rows = await messageRows(db, user, ids);
  const needsGroups = rows.some((row) =>
    row.type === RECIPIENT.stream && row.subscription === null
  );
  const groups = needsGroups && !reader.isGuest ? await groupsOfUser(db, user) : new Set<number>();
  const readable = rows.filter((row) => mayRead(reader, asRead(row, groups)));
  return new Set(readable.map(({ id }) => id));
}

type MessageRow = Awaited<ReturnType<typeof messageRows>>[number];

/** The messages with their channels, the user's subscriptions to these and user messages. */
async function messageRows(db: Database, user: number, ids: readonly number[]) {
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
    .leftJoin(
      "zerver_subscription as subscription",
      (join) =>
        join.onRef("subscription.recipient_id", "=", "recipient.id")
          .on("subscription.user_profile_id", "=", user).on("subscription.active", "=", true),
    )
    .leftJoin(
      "zerver_usermessage as copy",
      (join) =>
        join.onRef("copy.message_id", "=", "message.id").on("copy.user_profile_id", "=", user),
    )
    .select([
      "message.id",
      ...READ_CHANNEL_COLUMNS,
      "stream.can_subscribe_group_id",
      "stream.can_add_subscribers_group_id",
      "subscription.id as subscription",
      "copy.id as copy",
    ])
    .where(inIds(db, "message.id", ids)).execute();
}

function asRead(row: MessageRow, groups: ReadonlySet<number>): ReadMessage {
  const letting = [row.can_subscribe_group_id, row.can_add_subscribers_group_id];
  return {
    channel: readChannel(row),
    isReceived: row.copy !== null,
    isSubscribed: row.subscription !== null,
    isLetIn: letting.some((group) => group !== null && groups.has(group)),
  };
}
