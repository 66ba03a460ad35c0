/**
 * The mails that tell a user of missed messages: one for each conversation.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Transaction } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { writeDate } from "../../mail/date.ts";
import { newReplyToken, replyMailbox } from "../../mail/reply_address.ts";
import { mailRealm } from "../../users/addressees.ts";
import { type MentionedGroup, smallestGroup } from "../../users/groups.ts";
import { accountsOf, type MailUser, mailUsers, namesRealm } from "../../users/mail_users.ts";
import { userNames } from "../../users/names.ts";
import { realmHost } from "../../users/realm_host.ts";
import { unsubscribeKey, unsubscribeLink } from "../../users/unsubscribe.ts";
import { contextOf } from "../context.ts";
import { type UnreadMessage, unreadMessages } from "../unread.ts";
import type { StoredMessage } from "../stored_message.ts";
import { conversationsOf, type MissedMessage, needsContext } from "./conversations.ts";
import {
  type MailPlace,
  missedContext,
  type Place,
  type ShownConversation,
} from "./mail_context.ts";
import type { DueRow } from "./pending.ts";
import { placeOf } from "./place.ts";
import { bringsBack, mentionedGroups, reasonsOf } from "./reasons.ts";
import { notifierName, type TextOf } from "./words.ts";

/** How a user reads messages. */
export interface ConversationReader {
  readonly realmUrl: string;
  /** A language's code. */
  readonly language: string;
  /** Of the IANA database. */
  readonly timeZone: string;
  /** Whether times are written as 17:04 and not as 5:04 PM. */
  readonly isTwentyFourHour: boolean;
  /** The names of the senders by id. */
  readonly names: ReadonlyMap<number, string>;
  /** Whether the senders are named. */
  readonly namesSenders: boolean;
}

/** Makes what a mail shows of the messages of a conversation, which are in the order of time. */
export type ShowConversation = (
  messages: readonly StoredMessage[],
  reader: ConversationReader,
) => ShownConversation;

/** What the mails are made with. */
export interface MissedMailMaker {
  /** Zulip's EXTERNAL_HOST. */
  readonly externalHost: string;
  /** `https://` or `http://`. */
  readonly scheme: string;
  /** Zulip's INSTALLATION_NAME. */
  readonly installationName: string;
  /** The time zone for users who have set none. */
  readonly timeZone: string;
  /** Zulip's NOREPLY_EMAIL_ADDRESS. */
  readonly noReply: string;
  /** Zulip's EMAIL_GATEWAY_PATTERN; `undefined`: mails cannot be answered. */
  readonly gatewayPattern: string | undefined;
  /** Zulip's MAX_GROUP_SIZE_FOR_MENTION_REACTIVATION. */
  readonly mostMembers: number;
  /** A text of the catalogue in a language. */
  readonly text: (language: string, ...args: Parameters<TextOf>) => string;
  readonly show: ShowConversation;
}

/** A mail to be published. */
export interface MissedMailEvent {
  /** The same whenever these rows are mailed. */
  readonly id: string;
  readonly event: Readonly<Record<string, unknown>>;
}

/** What tells a user of missed messages. */
export interface UserMails {
  readonly mails: readonly MissedMailEvent[];
  /** Whether the user, who was away for long, is to get the messages of that time now. */
  readonly bringsBack: boolean;
}

interface Made {
  readonly trx: Transaction<Tables>;
  readonly maker: MissedMailMaker;
  readonly user: MailUser;
  readonly realm: MailPlace;
  readonly unsubscribe: string;
  readonly isRealmNamed: boolean;
  readonly rows: readonly DueRow[];
  /** ms since 1970. */
  readonly now: number;
}

type Missed = UnreadMessage & MissedMessage;

/**
 * Makes a user's mails. What was read or deleted since, and users who get no such mail, have none.
 * Addresses for answers are stored in the transaction.
 *
 * @param rows Of {@linkcode takeDue}.
 * @param now ms since 1970.
 * @throws {DatabaseError} When the database is lost.
 */
export async function userMails(
  trx: Transaction<Tables>,
  userId: number,
  rows: readonly DueRow[],
  maker: MissedMailMaker,
  now: number,
): Promise<UserMails> {
  const users = await mailUsers(trx, [userId], "enable_offline_email_notifications");
  const user = users.get(userId);
  const missed = user ? await missedMessages(trx, userId, rows) : [];
  if (!user || missed.length === 0) return { mails: [], bringsBack: false };
  const made = { trx, maker, user, rows, now, ...await realmOf(trx, user, maker, now) };
  const mails: MissedMailEvent[] = [];
  let isBroughtBack = false;
  for (const messages of conversationsOf(missed)) {
    const mail = await conversationMail(messages, made);
    mails.push(mail);
    isBroughtBack ||= mail.bringsBack;
  }
  return { mails, bringsBack: isBroughtBack };
}

/** The messages that the user has still not read; of several rows of one, the last counts. */
async function missedMessages(
  trx: Transaction<Tables>,
  user: number,
  rows: readonly DueRow[],
): Promise<Missed[]> {
  const reasons = new Map(rows.map((row) => [row.messageId, row]));
  const unread = await unreadMessages(trx, user, [...reasons.keys()]);
  return unread.flatMap((message) => {
    const reason = reasons.get(message.id);
    return reason ? [{ ...message, trigger: reason.trigger, groupId: reason.groupId }] : [];
  });
}

async function realmOf(
  trx: Transaction<Tables>,
  user: MailUser,
  { externalHost, scheme }: MissedMailMaker,
  now: number,
): Promise<Pick<Made, "realm" | "unsubscribe" | "isRealmNamed">> {
  const found = await mailRealm(trx, user.realmId);
  if (!found) throw new Error(`The database has no realm ${user.realmId}`);
  const realmUrl = `${scheme}${realmHost(found.stringId, externalHost)}`;
  const key = await unsubscribeKey(trx, user, now);
  const { realmNamePolicy: policy, address } = user;
  const accounts = policy === "automatic" ? await accountsOf(trx, address) : 1;
  return {
    realm: { realmName: found.name, realmUrl, externalHost, scheme },
    unsubscribe: unsubscribeLink(realmUrl, "missed_messages", key),
    isRealmNamed: namesRealm(policy, accounts),
  };
}

async function conversationMail(
  messages: readonly Missed[],
  made: Made,
): Promise<MissedMailEvent & { readonly bringsBack: boolean }> {
  const { trx, maker, user, realm } = made;
  const [first] = messages;
  if (!first) throw new Error("A conversation has a message");
  const place = await placeOf(trx, first, user.id);
  const group = await smallestGroup(trx, mentionedGroups(messages));
  const names = await userNames(trx, messages.map(({ senderId }) => senderId));
  const text: TextOf = (...args) => maker.text(user.language, ...args);
  const context = missedContext({
    ...realm,
    readerName: user.name,
    unsubscribeLink: made.unsubscribe,
    namesRealm: made.isRealmNamed,
    showsContent: user.showsContent,
    takesReplies: maker.gatewayPattern !== undefined,
    ...{ place, messages, names, groupName: group?.name },
    shown: await shownConversation(messages, place, made),
  }, text);
  return {
    id: missedId(rowsOf(messages, made.rows)),
    event: mailEvent(context, await replyTo(first.id, made), made, text),
    bringsBack: isBroughtBack(messages, place, group, made),
  };
}

function mailEvent(
  context: Record<string, unknown>,
  reply: string | null,
  { maker, user, now }: Made,
  text: TextOf,
): Record<string, unknown> {
  return {
    template_prefix: "zerver/emails/missed_message",
    to_user_ids: [user.id],
    from_name: notifierName(maker.installationName, text),
    from_address: maker.noReply,
    reply_to_email: reply,
    context,
    date: writeDate(now, user.timeZone ?? maker.timeZone),
  };
}

async function shownConversation(
  messages: readonly Missed[],
  place: Place,
  { trx, maker, user, realm }: Made,
): Promise<ShownConversation> {
  const { byUser, byRealm } = user.showsContent;
  const [first] = messages;
  if (!first || !byUser || !byRealm) return { senders: [] };
  const before = needsContext(messages) ? await contextOf(trx, user.id, first) : [];
  const all = [...before, ...messages].sort((one, other) =>
    one.sentAt.getTime() - other.sentAt.getTime() || one.id - other.id
  );
  return maker.show(all, {
    realmUrl: realm.realmUrl,
    language: user.language,
    timeZone: user.timeZone ?? maker.timeZone,
    isTwentyFourHour: user.isTwentyFourHour,
    names: await userNames(trx, all.map(({ senderId }) => senderId)),
    namesSenders: place.kind !== "direct",
  });
}

/** The address for answers, which is stored; null: they go to the sender, whom nobody reads. */
async function replyTo(message: number, { trx, maker, user, now }: Made): Promise<string | null> {
  if (maker.gatewayPattern === undefined) return null;
  const email_token = newReplyToken();
  await trx.insertInto("zerver_missedmessageemailaddress").values({
    message_id: message,
    user_profile_id: user.id,
    email_token,
    timestamp: new Date(now),
    times_used: 0,
  }).execute();
  return replyMailbox(maker.gatewayPattern, email_token);
}

function isBroughtBack(
  messages: readonly Missed[],
  place: Place,
  group: MentionedGroup | undefined,
  { maker, user }: Made,
): boolean {
  return bringsBack({
    isIdle: user.isIdle,
    isDirect: place.kind !== "channel",
    reasons: reasonsOf(messages),
    groupMembers: group?.members,
    mostMembers: maker.mostMembers,
  });
}

function rowsOf(messages: readonly Missed[], rows: readonly DueRow[]): number[] {
  const ids = new Set(messages.map(({ id }) => id));
  return rows.filter(({ messageId }) => ids.has(messageId)).map(({ id }) => id);
}

/** Characters of an id that names the rows themselves. */
const LONGEST_ID = 200;

/** The id of the mail about some rows: their ids, or where these are many, a hash of them. */
export function missedId(rows: readonly number[]): string {
  const id = `missed:${rows.join(",")}`;
  if (id.length <= LONGEST_ID) return id;
  return `missed:${rows[0]}-${rows.at(-1)}:${createHash("sha256").update(id).digest("hex")}`;
}
