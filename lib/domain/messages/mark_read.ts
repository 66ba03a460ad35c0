/**
 * Changes what messages are to a user. Rows are locked in the order of the messages, as Zulip does,
 * and bits are set and cleared in SQL, so that no change of another bit is lost.
 *
 * @module
 */

import { sql, type Transaction } from "kysely";
import { isPostgres } from "../database/dialect.ts";
import { inIds } from "../database/ids.ts";
import type { Tables } from "../database/tables.ts";

/** The bits of `zerver_usermessage.flags` that workers change. */
export const FLAG = {
  read: 1,
  /** A notification of it is shown on the user's devices. */
  activeMobilePush: 4096,
} as const;

/** The messages of one conversation. */
export interface ConversationOf {
  /** Where its messages go. */
  readonly recipientId: number;
  /** Of a channel: this topic only, whatever its case. All by default. */
  readonly topic?: string;
}

/**
 * Marks messages of a user read.
 *
 * @param which Their ids, or a conversation.
 * @returns The ids of those that were not read before, in order.
 * @throws {DatabaseError} `conflict` when the database ended the transaction because of another one.
 */
export async function markRead(
  trx: Transaction<Tables>,
  user: number,
  which: readonly number[] | ConversationOf,
): Promise<number[]> {
  const ids = "recipientId" in which ? await unreadOf(trx, user, which) : which;
  return await setFlag(trx, user, ids, FLAG.read);
}

/**
 * Sets a bit of messages of a user.
 *
 * @param bit One of {@linkcode FLAG}.
 * @returns The ids of those that did not have it, in order.
 * @throws {DatabaseError} As {@linkcode markRead}.
 */
export async function setFlag(
  trx: Transaction<Tables>,
  user: number,
  ids: readonly number[],
  bit: number,
): Promise<number[]> {
  const [only, ...others] = ids;
  if (only !== undefined && others.length === 0) return await setFlagOfOne(trx, user, only, bit);
  const without = await lock(trx, user, ids, { bit, is: false });
  await change(trx, user, without, sql`flags | ${sql.lit(bit)}`);
  return without;
}

/** One row is locked by its change. */
async function setFlagOfOne(
  trx: Transaction<Tables>,
  user: number,
  id: number,
  bit: number,
): Promise<number[]> {
  const rows = await trx.updateTable("zerver_usermessage")
    .set({ flags: sql<number>`flags | ${sql.lit(bit)}` })
    .where("user_profile_id", "=", user).where("message_id", "=", id)
    .where(sql<boolean>`(flags & ${sql.lit(bit)}) = 0`)
    .returning("message_id").execute();
  return rows.map(({ message_id }) => message_id);
}

/**
 * Clears a bit of messages of a user.
 *
 * @param bit One of {@linkcode FLAG}.
 * @returns The ids of those that had it, in order.
 * @throws {DatabaseError} As {@linkcode markRead}.
 */
export async function clearFlag(
  trx: Transaction<Tables>,
  user: number,
  ids: readonly number[],
  bit: number,
): Promise<number[]> {
  const having = await lock(trx, user, ids, { bit, is: true });
  await change(trx, user, having, sql`flags & ~${sql.lit(bit)}`);
  return having;
}

async function unreadOf(
  trx: Transaction<Tables>,
  user: number,
  { recipientId, topic }: ConversationOf,
): Promise<number[]> {
  const rows = await trx.selectFrom("zerver_usermessage as copy")
    .innerJoin("zerver_message as message", "message.id", "copy.message_id")
    .select(["message.id", "message.subject"])
    .where("copy.user_profile_id", "=", user)
    .where("message.recipient_id", "=", recipientId)
    .where(sql<boolean>`(copy.flags & 1) = 0`)
    .execute();
  const folded = topic?.toUpperCase();
  return rows.filter(({ subject }) => folded === undefined || subject.toUpperCase() === folded)
    .map(({ id }) => id);
}

/** Locks those of the messages whose bit is set or not. SQLite locks the whole database. */
async function lock(
  trx: Transaction<Tables>,
  user: number,
  ids: readonly number[],
  { bit, is }: { readonly bit: number; readonly is: boolean },
): Promise<number[]> {
  if (ids.length === 0) return [];
  const rows = await trx.selectFrom("zerver_usermessage as copy").select("copy.message_id")
    .where("copy.user_profile_id", "=", user)
    .where(inIds(trx, "copy.message_id", ids))
    .where(sql<boolean>`(copy.flags & ${sql.lit(bit)}) ${is ? sql`<>` : sql`=`} 0`)
    .orderBy("copy.message_id")
    .$if(isPostgres(trx), (query) => query.forUpdate("copy"))
    .execute();
  return rows.map(({ message_id }) => message_id);
}

async function change(
  trx: Transaction<Tables>,
  user: number,
  ids: readonly number[],
  flags: ReturnType<typeof sql<number>>,
): Promise<void> {
  if (ids.length === 0) return;
  await trx.updateTable("zerver_usermessage").set({ flags })
    .where("user_profile_id", "=", user)
    .where(inIds(trx, "zerver_usermessage.message_id", ids)).execute();
}
