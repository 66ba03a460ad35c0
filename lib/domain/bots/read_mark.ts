/**
 * A bot has read the message that it was for.
 *
 * @module
 */

import type { Transaction } from "kysely";
import { type OutboxContext, type PublishWithTransaction, withOutbox } from "../database/outbox.ts";
import { shapeOf } from "../database/shape.ts";
import type { Database, Tables } from "../database/tables.ts";
import { inTransaction } from "../database/transaction.ts";
import { FLAG, markRead } from "../messages/mark_read.ts";
import { readNotice } from "../messages/read_notice.ts";
import { NOTICE_QUEUE } from "../messages/send/notice.ts";

/**
 * Marks a message read for a bot, if it is not. On a database of the program's own, the bot's clients
 * are notified; a Zulip server's clients see it when they fetch the message again.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function markReadByBot(
  db: Database,
  ctx: OutboxContext,
  bot: number,
  message: number,
): Promise<void> {
  if (!await isUnread(db, bot, message)) return;
  const { kind } = await shapeOf(db);
  if (kind === "zulip") return void await inTransaction(db, (trx) => markRead(trx, bot, [message]));
  await withOutbox(db, ctx, (trx, publish) => markReadWith(trx, publish, bot, message));
}

/**
 * Marks a message read for a bot in a transaction of the program's own database, and tells the bot's
 * clients.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function markReadWith(
  trx: Transaction<Tables>,
  publish: PublishWithTransaction,
  bot: number,
  message: number,
): Promise<void> {
  const changed = await markRead(trx, bot, [message]);
  if (changed.length > 0) publish(NOTICE_QUEUE, readNotice(bot, changed));
}

async function isUnread(db: Database, bot: number, message: number): Promise<boolean> {
  const row = await db.selectFrom("zerver_usermessage").select("flags")
    .where("user_profile_id", "=", bot).where("message_id", "=", message).executeTakeFirst();
  return row !== undefined && (row.flags & FLAG.read) === 0;
}
