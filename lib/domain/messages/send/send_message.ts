/**
 * Sends a message on a database of the program's own: the message, what it is to its readers, and
 * the notice to the event system, all in one transaction.
 *
 * @module
 */

import type { Transaction } from "kysely";
import type { PublishWithTransaction } from "../../database/outbox.ts";
import { shapeOf } from "../../database/shape.ts";
import type { Tables } from "../../database/tables.ts";
import { groupMembers, isInGroup } from "../../users/groups.ts";
import { realmHost } from "../../users/realm_host.ts";
import {
  flagNames,
  flagsOf,
  type MessageFacts,
  type MessageReader,
  noticeIds,
  tellable,
  withRows,
} from "./audience.ts";
import { isMeMessage, type Rendered, renderMessage } from "./markdown.ts";
import { addWidget, insertCopies, insertMessage, noteActivity } from "./message_rows.ts";
import { namesIn } from "./mentions.ts";
import { checkedContent, type NewMessage, SendError } from "./new_message.ts";
import { messageNotice, type MessageSender, NOTICE_QUEUE, type NoticeUser } from "./notice.ts";
import { type Place, placeOf } from "./place.ts";
import { idleUsers, participantsOf, readersOf, usersWithDevices } from "./readers.ts";

/** What a message is sent with. */
export interface SendSetup {
  /** The transaction's `publish`, as `withOutbox` gives it. */
  readonly publish: PublishWithTransaction;
  readonly now: Date;
  /** Zulip's EXTERNAL_HOST. */
  readonly externalHost: string;
}

type Trx = Transaction<Tables>;

/**
 * Sends a message. Whether its sender may post there is not checked, except for mentions of a whole
 * channel or topic.
 *
 * @returns Its id.
 * @throws {SendError} When it cannot be sent; nothing was written then.
 * @throws {DatabaseError} When the database is lost.
 */
export async function sendMessage(
  trx: Trx,
  message: NewMessage,
  setup: SendSetup,
): Promise<number> {
  const content = checkedContent(message.content);
  const sender = await senderOf(trx, message.senderId);
  const writer = await inRealm(trx, sender, message.realmId);
  const place = await placeOf(trx, message.to, writer);
  const rendered = renderMessage(content, await namesIn(trx, writer.realmId, content));
  const groups = await membersOf(trx, rendered.groups);
  const facts = await factsOf(trx, place, writer, rendered, groups);
  const readers = await readersOf(trx, place, sender.id, facts.mentions.users);
  await checkWildcards(trx, facts, writer, readers.length);
  const { now } = setup;
  const id = await insertMessage(trx, { message, content, rendered, place, sender: writer, now });
  const submessages = message.widget ? [await addWidget(trx, id, sender.id, message.widget)] : [];
  if (place.kind === "channel") await noteActivity(trx, place, id);
  const ids = noticeIds(readers, facts);
  await insertCopies(trx, id, withRows(readers, facts, ids), facts);
  const notice = messageNotice({
    message: {
      id,
      content,
      rendered: rendered.html,
      isMe: isMeMessage(content, rendered.html),
      client: message.client,
      sentAt: now,
      submessages,
    },
    ...{ sender, place, ids },
    idleIds: await idleUsers(trx, tellable(readers, facts, ids), now),
    deviceIds: await usersWithDevices(trx, readers.map((reader) => reader.id)),
    users: noticeUsers(readers, facts, withRows(readers, facts, ids), rendered, groups),
    realm: { id: writer.realmId, host: realmHost(writer.realm, setup.externalHost) },
  });
  setup.publish(NOTICE_QUEUE, notice);
  return id;
}

/** The sender in the realm that the message is written into. */
async function inRealm(trx: Trx, sender: MessageSender, id?: number): Promise<MessageSender> {
  if (id === undefined || id === sender.realmId) return sender;
  const realm = await trx.selectFrom("zerver_realm").select("string_id")
    .where("id", "=", id).executeTakeFirst();
  if (!realm) throw new SendError(`The realm ${id} does not exist`);
  return { ...sender, realmId: id, realm: realm.string_id };
}

async function senderOf(trx: Trx, id: number): Promise<MessageSender> {
  const { has } = await shapeOf(trx);
  const row = await trx.selectFrom("zerver_userprofile as user")
    .innerJoin("zerver_realm as realm", "realm.id", "user.realm_id")
    .select([
      "user.id",
      "user.full_name as name",
      "user.email",
      "user.delivery_email as deliveryEmail",
      "user.realm_id as realmId",
      "realm.string_id as realm",
      "user.avatar_source as avatarSource",
      "user.avatar_version as avatarVersion",
      "user.email_address_visibility as emailVisibility",
      "user.is_mirror_dummy as isDummy",
    ])
    .$if(has("zerver_userprofile.recipient_id"), (query) => query.select("user.recipient_id"))
    .where("user.id", "=", id).executeTakeFirst();
  if (!row) throw new SendError("Invalid user ID");
  const { recipient_id: recipientId = null, ...sender } = row;
  return { ...sender, recipientId };
}

/** The members of each mentioned group. */
async function membersOf(
  trx: Trx,
  groups: ReadonlySet<number>,
): Promise<Map<number, ReadonlySet<number>>> {
  const members = new Map<number, ReadonlySet<number>>();
  for (const group of groups) members.set(group, new Set(await groupMembers(trx, group)));
  return members;
}

async function factsOf(
  trx: Trx,
  place: Place,
  sender: MessageSender,
  { mentions }: Rendered,
  groups: ReadonlyMap<number, ReadonlySet<number>>,
): Promise<MessageFacts> {
  const isChannel = place.kind === "channel";
  const asks = isChannel && mentions.topic;
  const users = new Set([...mentions.users, ...[...groups.values()].flatMap((each) => [...each])]);
  return {
    isChannel,
    senderId: sender.id,
    mentions: { ...mentions, users },
    participants: asks ? await participantsOf(trx, sender.realmId, place) : new Set(),
  };
}

/** Zulip's bound of a small channel, in which everybody may mention all. */
const SMALL_CHANNEL = 15;

async function checkWildcards(
  trx: Trx,
  { isChannel, mentions, participants }: MessageFacts,
  sender: MessageSender,
  readers: number,
): Promise<void> {
  const reached = mentions.channel ? readers : mentions.topic ? participants.size : 0;
  if (!isChannel || reached <= SMALL_CHANNEL) return;
  const realm = await trx.selectFrom("zerver_realm").select("can_mention_many_users_group_id")
    .where("id", "=", sender.realmId).executeTakeFirst();
  if (realm && await isInGroup(trx, sender.id, realm.can_mention_many_users_group_id)) return;
  const what = mentions.channel ? "channel" : "topic";
  throw new SendError(
    `You do not have permission to use ${what} wildcard mentions in this ${what}.`,
  );
}

function noticeUsers(
  readers: readonly MessageReader[],
  facts: MessageFacts,
  copied: readonly MessageReader[],
  { mentions }: Rendered,
  groups: ReadonlyMap<number, ReadonlySet<number>>,
): NoticeUser[] {
  const having = new Set(copied);
  const bySize = [...groups].sort(([, one], [, other]) => one.size - other.size);
  return readers.map((reader) => ({
    id: reader.id,
    flags: having.has(reader) ? flagNames(flagsOf(reader, facts)) : [],
    mentioned_user_group_id: mentions.users.has(reader.id)
      ? null
      : bySize.find(([, members]) => members.has(reader.id))?.[0] ?? null,
  }));
}
