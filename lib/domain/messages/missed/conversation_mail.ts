/**
 * The mail about the missed messages of one conversation.
 *
 * @module
 */

import type { Transaction } from "kysely";
import { createHash } from "node:crypto";
import type { Tables } from "../../database/tables.ts";
import type { NamedRealm } from "../../mail/common_context.ts";
import { writeDate } from "../../mail/date.ts";
import { newReplyToken, replyMailbox } from "../../mail/reply_address.ts";
import { smallestGroup } from "../../users/groups.ts";
import type { MailUser } from "../../users/mail_users.ts";
import { userNames } from "../../users/names.ts";
import { contextOf } from "../context.ts";
import type { MailMessages } from "../rendering/mail_messages.ts";
import { userReader } from "../rendering/user_reader.ts";
import type { UnreadMessage } from "../unread.ts";
import { type MissedMessage, needsContext } from "./conversations.ts";
import { missedContext, type Place } from "./mail_context.ts";
import type { MissedMailMaker } from "./mail_maker.ts";
import { placeOf } from "./place.ts";
import { bringsBack, mentionedGroups, reasonsOf } from "./reasons.ts";
import { hiddenTexts, notifierName, type TextOf } from "./words.ts";

/** A missed message, and the rows that ask for a mail about it. */
export interface ToldMessage extends UnreadMessage, MissedMessage {
  /** Their ids. */
  readonly rows: readonly number[];
}

/** What the mails of a user have in common. */
export interface UserFacts {
  readonly user: MailUser;
  readonly realm: NamedRealm;
  readonly unsubscribeLink: string;
  /** Whether subjects name the realm. */
  readonly namesRealm: boolean;
  readonly maker: MissedMailMaker;
  /** ms since 1970. */
  readonly now: number;
}

/** A mail to be published. */
export interface MissedMailEvent {
  /** The same whenever these rows are mailed. */
  readonly id: string;
  readonly event: Readonly<Record<string, unknown>>;
  /** Whether the user, who was away for long, is to get the messages of that time now. */
  readonly bringsBack: boolean;
  /** What the log should say of the messages. */
  readonly warnings: readonly string[];
}

/**
 * Makes the mail about a conversation. The address for answers is stored in the transaction.
 *
 * @param messages Of one conversation, by id; at least one.
 * @throws {DatabaseError} When the database is lost.
 */
export async function conversationMail(
  trx: Transaction<Tables>,
  messages: readonly [ToldMessage, ...ToldMessage[]],
  facts: UserFacts,
): Promise<MissedMailEvent> {
  const { maker, user } = facts;
  const text: TextOf = (...args) => maker.text(user.language, ...args);
  const place = await placeOf(trx, messages[0], user.id);
  const group = await smallestGroup(trx, mentionedGroups(messages));
  const { conversation, warnings } = await shownMessages(trx, messages, place, facts);
  const context = missedContext({
    ...facts.realm,
    readerName: user.name,
    unsubscribeLink: facts.unsubscribeLink,
    namesRealm: facts.namesRealm,
    showsContent: user.showsContent,
    takesReplies: maker.gatewayPattern !== undefined,
    ...{ place, messages, groupName: group?.name, shown: conversation },
    names: await userNames(trx, messages.map(({ senderId }) => senderId)),
  }, text);
  return {
    id: missedId(messages.flatMap(({ rows }) => rows)),
    event: mailEvent(context, await replyTo(trx, messages[0].id, facts), facts, text),
    bringsBack: bringsBack({
      isIdle: user.isIdle,
      isDirect: place.kind !== "channel",
      reasons: reasonsOf(messages),
      groupMembers: group?.members,
      mostMembers: maker.mostMembers,
    }),
    warnings,
  };
}

function mailEvent(
  context: Record<string, unknown>,
  reply: string | null,
  { maker, user, now }: UserFacts,
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

const NOTHING: MailMessages = { conversation: { senders: [] }, warnings: [] };

/** The messages, and what was said before, as the mail shows them; nothing where it may not. */
async function shownMessages(
  trx: Transaction<Tables>,
  messages: readonly [ToldMessage, ...ToldMessage[]],
  place: Place,
  { maker, user, realm }: UserFacts,
): Promise<MailMessages> {
  const { byUser, byRealm } = user.showsContent;
  if (!byUser || !byRealm) return NOTHING;
  const before = needsContext(messages) ? await contextOf(trx, user.id, messages[0]) : [];
  const all = [...before, ...messages];
  const names = await userNames(trx, all.map(({ senderId }) => senderId));
  const shown = all.map((message) => ({
    ...message,
    senderName: names.get(message.senderId) ?? "",
    renderedContent: message.rendered,
  }));
  const reader = userReader(user, {
    realmUrl: realm.realmUrl,
    timeZone: maker.timeZone,
    ...hiddenTexts((...args) => maker.text(user.language, ...args)),
  });
  return maker.show(shown, shownPlace(place), reader);
}

function shownPlace(place: Place): Parameters<MissedMailMaker["show"]>[1] {
  if (place.kind === "channel") return { kind: "channel" };
  return { kind: "direct", people: place.kind === "group" ? place.others.length + 1 : 2 };
}

/** The address for answers, which is stored; null: they go to the sender, whom nobody reads. */
async function replyTo(
  trx: Transaction<Tables>,
  message: number,
  { maker, user, now }: UserFacts,
): Promise<string | null> {
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

/** Characters of an id that names the rows themselves. */
const LONGEST_ID = 200;

/** The id of the mail about some rows: their ids, or where these are many, a hash of them. */
export function missedId(rows: readonly number[]): string {
  const sorted = rows.toSorted((one, other) => one - other);
  const id = `missed:${sorted.join(",")}`;
  if (id.length <= LONGEST_ID) return id;
  const hash = createHash("sha256").update(id).digest("hex");
  return `missed:${sorted[0]}-${sorted.at(-1)}:${hash}`;
}
