/**
 * The mails that tell a user of missed messages: one for each conversation.
 *
 * @module
 */

import type { Transaction } from "kysely";
import { isDatabaseLost } from "../../database/database_error.ts";
import type { Tables } from "../../database/tables.ts";
import { mailRealm } from "../../users/addressees.ts";
import { accountsOf, type MailUser, mailUsers, namesRealm } from "../../users/mail_users.ts";
import { realmHost } from "../../users/realm_host.ts";
import { unsubscribeKey, unsubscribeLink } from "../../users/unsubscribe.ts";
import { readableMessages } from "../access.ts";
import { unreadMessages } from "../unread.ts";
import {
  conversationMail,
  type MissedMailEvent,
  type ToldMessage,
  type UserFacts,
} from "./conversation_mail.ts";
import { conversationsOf } from "./conversations.ts";
import type { MissedMailMaker } from "./mail_maker.ts";
import type { DueRow } from "./pending.ts";

/** A user's mails. */
export interface UserMails {
  readonly mails: readonly MissedMailEvent[];
  /** The conversations whose mails could not be made. */
  readonly failed: readonly FailedMail[];
}

/** A conversation whose mail could not be made. */
export interface FailedMail {
  /** The ids of the rows that ask for it. */
  readonly rows: ReadonlySet<number>;
  /** Why. */
  readonly error: unknown;
}

const NO_MAILS: UserMails = { mails: [], failed: [] };

/**
 * Makes a user's mails. What was read or deleted since, or cannot be read any more, and users who get
 * no such mail, have none. Where one cannot be made, the others are. Addresses for answers are stored
 * in the transaction.
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
  if (!user || missed.length === 0) return NO_MAILS;
  const facts = { user, maker, now, ...await realmOf(trx, user, maker, now) };
  const mails: MissedMailEvent[] = [];
  const failed: FailedMail[] = [];
  for (const messages of conversationsOf(missed)) {
    try {
      mails.push(await conversationMail(trx, messages, facts));
    } catch (error) {
      if (isDatabaseLost(error)) throw error;
      failed.push({ rows: new Set(messages.flatMap(({ rows }) => rows)), error });
    }
  }
  return { mails, failed };
}

/**
 * The messages that the user has still not read, and may read still: a user may have been removed
 * from a private channel meanwhile. Of several rows of one message, the last counts.
 */
async function missedMessages(
  trx: Transaction<Tables>,
  user: number,
  rows: readonly DueRow[],
): Promise<ToldMessage[]> {
  const byMessage = Map.groupBy(rows, ({ messageId }) => messageId);
  const unread = await unreadMessages(trx, user, [...byMessage.keys()]);
  const readable = await readableMessages(trx, user, unread.map(({ id }) => id));
  return unread.filter(({ id }) => readable.has(id)).flatMap((message) => {
    const told = byMessage.get(message.id) ?? [];
    const last = told.at(-1);
    if (!last) return [];
    const { trigger, groupId } = last;
    return [{ ...message, trigger, groupId, rows: told.map(({ id }) => id) }];
  });
}

async function realmOf(
  trx: Transaction<Tables>,
  user: MailUser,
  { externalHost, scheme }: MissedMailMaker,
  now: number,
): Promise<Pick<UserFacts, "realm" | "unsubscribeLink" | "namesRealm">> {
  const found = await mailRealm(trx, user.realmId);
  if (!found) throw new Error(`The database has no realm ${user.realmId}`);
  const realmUrl = `${scheme}${realmHost(found.stringId, externalHost)}`;
  const key = await unsubscribeKey(trx, user, now);
  const { realmNamePolicy: policy, address } = user;
  const accounts = policy === "automatic" ? await accountsOf(trx, address) : 1;
  return {
    realm: { realmName: found.name, realmUrl, externalHost, scheme },
    unsubscribeLink: unsubscribeLink(realmUrl, "missed_messages", key),
    namesRealm: namesRealm(policy, accounts),
  };
}
