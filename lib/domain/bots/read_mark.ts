/**
 * A bot has read the message that it was for.
 *
 * @module
 */

import { type OutboxContext, withOutbox } from "../database/outbox.ts";
import { shapeOf } from "../database/shape.ts";
import type { Database } from "../database/tables.ts";
import { inTransaction } from "../database/transaction.ts";
import { markRead } from "../messages/mark_read.ts";
import { NOTICE_QUEUE } from "../messages/send/notice.ts";

/**
 * Marks a message read for a bot. On a database of the program's own, the bot's clients are told; a
 * Zulip server's clients see it when they fetch the message again.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function markReadByBot(
  db: Database,
  ctx: OutboxContext,
  bot: number,
  message: number,
): Promise<void> {
  const { kind } = await shapeOf(db);
  if (kind === "zulip") return void await inTransaction(db, (trx) => markRead(trx, bot, [message]));
  await withOutbox(db, ctx, async (trx, publish) => {
    const changed = await markRead(trx, bot, [message]);
    if (changed.length > 0) publish(NOTICE_QUEUE, readNotice(bot, changed));
  });
}

function readNotice(bot: number, messages: readonly number[]): Record<string, unknown> {
  const change = { op: "add", operation: "add", flag: "read", messages, all: false };
  return { event: { type: "update_message_flags", ...change }, users: [bot] };
}
