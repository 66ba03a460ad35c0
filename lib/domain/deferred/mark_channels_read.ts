/**
 * Marks all messages of channels read for a user, such as one who has left them.
 *
 * @module
 */

import { sql, type Transaction } from "kysely";
import { addToUserCount } from "../activity/counts.ts";
import { inIds } from "../database/ids.ts";
import { type OutboxContext, type PublishWithTransaction, withOutbox } from "../database/outbox.ts";
import type { Database, Tables } from "../database/tables.ts";
import { FLAG, markRead } from "../messages/mark_read.ts";
import { readNotice } from "../messages/read_notice.ts";
import { NOTICE_QUEUE } from "../messages/send/notice.ts";
import { unreadIn } from "../messages/unread.ts";

/** The most messages of one transaction. */
const MOST = 1000;
const PUSH_QUEUE = "missedmessage_mobile_notifications";

/** How messages are marked. */
export interface Marking {
  /** ms since 1970. */
  readonly now: number;
  /** Ends the work after the messages at hand; what is done stays. */
  readonly signal: AbortSignal;
  /** The most messages of one transaction. @default {1000} */
  readonly most?: number;
}

/**
 * Marks messages of channels read for a user, tells the user's clients, and removes the messages from
 * the user's devices. It is safe to repeat, and goes on where an earlier run was stopped.
 *
 * @param recipients Where the messages of the channels go.
 * @returns How many were marked, by recipient; `undefined` if there is no such user.
 * @throws {DatabaseError} When the database is lost.
 * @throws The reason of the signal.
 */
export async function markChannelsRead(
  db: Database,
  ctx: OutboxContext,
  userId: number,
  recipients: readonly number[],
  marking: Marking,
): Promise<ReadonlyMap<number, number> | undefined> {
  const user = await db.selectFrom("zerver_userprofile").select(["id", "realm_id"])
    .where("id", "=", userId).executeTakeFirst();
  if (!user) return undefined;
  const marked = new Map<number, number>();
  for (const recipient of new Set(recipients)) {
    marked.set(recipient, await markChannel(db, ctx, user, recipient, marking));
  }
  return marked;
}

interface Reader {
  readonly id: number;
  readonly realm_id: number;
}

async function markChannel(
  db: Database,
  ctx: OutboxContext,
  user: Reader,
  recipient: number,
  { now, signal, most = MOST }: Marking,
): Promise<number> {
  let marked = 0;
  for (;;) {
    signal.throwIfAborted();
    const some = await unreadIn(db, user.id, recipient, most);
    if (some.length === 0) return marked;
    const isFirst = marked === 0;
    marked += await withOutbox(db, ctx, async (trx, publish) => {
      const ids = await markRead(trx, user.id, some);
      if (ids.length > 0) await tell(trx, publish, user, ids, { now, isFirst });
      return ids.length;
    });
  }
}

/** Stores the counts, and publishes what follows from messages that are read now. */
async function tell(
  trx: Transaction<Tables>,
  publish: PublishWithTransaction,
  user: Reader,
  ids: readonly number[],
  { now, isFirst }: { readonly now: number; readonly isFirst: boolean },
): Promise<void> {
  publish(NOTICE_QUEUE, readNotice(user.id, ids));
  const pushed = await shownOnDevices(trx, user.id, ids);
  if (pushed.length > 0) {
    publish(PUSH_QUEUE, { type: "remove", user_profile_id: user.id, message_ids: pushed });
  }
  const who = { user_id: user.id, realm_id: user.realm_id };
  await addToUserCount(trx, who, "messages_read::hour", ids.length, now);
  if (isFirst) await addToUserCount(trx, who, "messages_read_interactions::hour", 1, now);
}

async function shownOnDevices(
  trx: Transaction<Tables>,
  user: number,
  ids: readonly number[],
): Promise<number[]> {
  const rows = await trx.selectFrom("zerver_usermessage as copy").select("copy.message_id")
    .where("copy.user_profile_id", "=", user)
    .where(inIds(trx, "copy.message_id", ids))
    .where(sql<boolean>`(copy.flags & ${sql.lit(FLAG.activeMobilePush)}) <> 0`)
    .orderBy("copy.message_id").execute();
  return rows.map(({ message_id }) => message_id);
}
