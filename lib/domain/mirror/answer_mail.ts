/**
 * Mail that answers a mail about messages.
 *
 * @module
 */

import { sql } from "kysely";
import { shapeOf } from "../database/shape.ts";
import type { Database } from "../database/tables.ts";
import { SendError, type SendTo } from "../messages/send/new_message.ts";
import { refusalToPost, SYSTEM_REALM } from "../messages/send/posting.ts";
import type { MirrorAddress, MirrorOptions } from "./address.ts";
import { deliver, type DeliveryEnd } from "./delivery.ts";
import {
  CLIENT,
  type MailRun,
  messagesOf,
  type MirrorSetup,
  misaddressed,
  refuseLoop,
} from "./mail_run.ts";
import { NoMessage } from "./no_message.ts";
import { type ReplyTarget, replyTarget } from "./targets.ts";

const OPTIONS: MirrorOptions = {
  showSender: false,
  includeFooter: false,
  includeQuotes: false,
  prefersHtml: false,
};

/** A channel that is answered. */
type ToChannel = Extract<ReplyTarget["to"], { kind: "channel" }>;

/**
 * Sends a mail as the message of the user who answers.
 *
 * @throws {NoMessage} When it becomes no message.
 * @throws What {@linkcode deliver} throws, except `SendError`.
 */
export async function answerMail(
  { token }: Extract<MirrorAddress, { kind: "reply" }>,
  setup: MirrorSetup,
  run: MailRun,
): Promise<DeliveryEnd> {
  refuseLoop(run, setup, { isAnswer: true });
  const target = await replyTarget(run.db, token);
  if (!target) {
    const text = "Zulip notification reply address is invalid.";
    throw misaddressed(run, setup, text, "Missed message address");
  }
  refuseLoop(run, setup, { isAnswer: true, realm: target.realm });
  if (!target.isUserActive) {
    await countUse(run.db, target);
    const text = "Sending user is not active. Ignoring this message notification email.";
    throw new NoMessage("warn", text);
  }
  const end = await answerOrCount(target, setup, run);
  if (end.kind === "sent") {
    const { userId: user, to } = target;
    const place = to.kind === "channel" ? `channel ${to.streamId}` : "direct messages";
    run.log.info("Successfully processed email from user {user} to {place}", { user, place });
  }
  return end;
}

/** An address is used also by a mail that becomes no message. */
async function answerOrCount(
  target: ReplyTarget,
  setup: MirrorSetup,
  run: MailRun,
): Promise<DeliveryEnd> {
  try {
    return await answer(target, setup, run);
  } catch (error) {
    if (error instanceof NoMessage) await countUse(run.db, target);
    throw error;
  }
}

async function answer(
  target: ReplyTarget,
  setup: MirrorSetup,
  run: MailRun,
): Promise<DeliveryEnd> {
  const { userId: senderId, realmId, to } = target;
  const { messages, uploads } = messagesOf(run, { senderId, realmId, to: sendTo(to) }, OPTIONS);
  const also = (trx: Database) => countUse(trx, target);
  try {
    if (to.kind === "channel") await checkPosting(run.db, senderId, to);
    const delivery = { key: run.key, messages, uploads, ownerId: senderId, realmId, also };
    return await deliver(delivery, setup, run);
  } catch (error) {
    if (!(error instanceof SendError)) throw error;
    if (to.kind === "channel") return await notify(target, to, error.message, setup, run);
    throw new NoMessage("info", `Failed to process email from user ${senderId}: ${error.message}`);
  }
}

function sendTo(to: ReplyTarget["to"]): SendTo {
  if (to.kind === "direct") return to;
  return { kind: "channel", streamId: to.streamId, topic: to.topic };
}

/** @throws {SendError} When the user may not post there. */
async function checkPosting(db: Database, user: number, to: ToChannel): Promise<void> {
  const reason = await refusalToPost(db, user, to);
  if (reason !== undefined) throw new SendError(reason);
}

/** Tells the user by a direct message why the answer was refused. */
async function notify(
  target: ReplyTarget,
  { name }: ToChannel,
  reason: string,
  setup: MirrorSetup,
  run: MailRun,
): Promise<DeliveryEnd> {
  const content = `Error sending message to channel ${name} via message notification email ` +
    `reply:\n${reason}`;
  const bot = await notificationBot(run.db);
  if (bot === undefined || (await shapeOf(run.db)).kind !== "own") {
    throw new NoMessage("warn", `The user ${target.userId} gets no message about it: ${content}`);
  }
  const { userId, realmId } = target;
  const to: SendTo = { kind: "direct", userIds: [userId] };
  const message = { senderId: bot, realmId, to, content, client: CLIENT };
  const also = (trx: Database) => countUse(trx, target);
  const { key } = run;
  return await deliver(
    { key, messages: [message], uploads: [], ownerId: bot, realmId, also },
    setup,
    run,
  );
}

async function notificationBot(db: Database): Promise<number | undefined> {
  const row = await db.selectFrom("zerver_userprofile as bot")
    .innerJoin("zerver_realm as realm", "realm.id", "bot.realm_id").select("bot.id")
    .where("realm.string_id", "=", SYSTEM_REALM)
    .where("bot.delivery_email", "like", "notification-bot@%").executeTakeFirst();
  return row?.id;
}

/** Counts that an address was used, as Zulip does. */
async function countUse(db: Database, { id }: ReplyTarget): Promise<void> {
  await db.updateTable("zerver_missedmessageemailaddress")
    .set({ times_used: sql`times_used + 1` }).where("id", "=", id).execute();
}
