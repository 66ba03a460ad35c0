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
import {
  messageNotice,
  type MessageSender,
  NOTICE_QUEUE,
  type NoticeUser,
  type SentMessage,
} from "./notice.ts";
import { type Place, placeOf, type PlaceSender } from "./place.ts";
import { claimUploads, withPictures } from "./uploads.ts";
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
  const { clientId, ...sender } = await senderOf(trx, message.senderId, message.client);
  const realm = await realmOf(trx, sender, message);
  const place = await placeOf(trx, message.to, { id: sender.id, realmId: realm.id });
  const text = renderMessage(content, await namesIn(trx, realm.id, content));
  const rendered = realm.showsPictures ? withPictures(text, message.uploads) : text;
  const groups = await membersOf(trx, rendered.groups);
  const facts = await factsOf(trx, place, { id: sender.id, realmId: realm.id }, rendered, groups);
  const readers = await readersOf(trx, place, sender.id, facts.mentions.users);
  await checkWildcards(trx, facts, { id: sender.id, realmId: realm.id }, readers.length);
  const stored = { message, content, rendered, place, sender, realmId: realm.id };
  const id = await insertMessage(trx, { ...stored, clientId, now: setup.now });
  const submessages = message.widget ? [await addWidget(trx, id, sender.id, message.widget)] : [];
  if (place.kind === "channel") await noteActivity(trx, place, id);
  await claimUploads(trx, id, sender.id, place, message.uploads);
  const ids = noticeIds(readers, facts);
  const copied = withRows(readers, facts, ids);
  await insertCopies(trx, id, copied, facts);
  const notice = messageNotice({
    message: { id, content, submessages, ...shownParts(message, content, rendered, setup) },
    ...{ sender, place, ids, realmId: realm.id },
    idleIds: await idleUsers(trx, tellable(readers, facts, ids), setup.now),
    deviceIds: await usersWithDevices(trx, readers.map((reader) => reader.id)),
    users: noticeUsers(readers, facts, copied, rendered, groups),
    realmHost: realmHost(realm.stringId, setup.externalHost),
  });
  setup.publish(NOTICE_QUEUE, notice);
  return id;
}

function shownParts(
  { client }: NewMessage,
  content: string,
  { html }: Rendered,
  { now }: SendSetup,
): Pick<SentMessage, "rendered" | "isMe" | "client" | "sentAt"> {
  return { rendered: html, isMe: isMeMessage(content, html), client, sentAt: now };
}

/** The realm where a message goes. */
async function realmOf(trx: Trx, sender: MessageSender, { realmId, uploads = [] }: NewMessage) {
  if (uploads.length === 0 && (realmId === undefined || realmId === sender.realmId)) {
    return { id: sender.realmId, stringId: sender.realm, showsPictures: false };
  }
  const id = realmId ?? sender.realmId;
  const row = await trx.selectFrom("zerver_realm")
    .select(["string_id as stringId", "inline_image_preview as showsPictures"])
    .where("id", "=", id).executeTakeFirst();
  if (!row) throw new SendError(`The realm ${id} does not exist`);
  return { id, ...row };
}

/** The sender, and the id of the client unless that is new. */
async function senderOf(
  trx: Trx,
  id: number,
  client: string,
): Promise<MessageSender & { readonly clientId: number | null }> {
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
    .select(({ selectFrom }) =>
      selectFrom("zerver_client").select("id").where("name", "=", client).as("clientId")
    )
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
  sender: PlaceSender,
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
  sender: PlaceSender,
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
