/**
 * Marks all messages of a channel read for everybody, such as those of one that was archived.
 *
 * @module
 */

import { sql, type Transaction } from "kysely";
import { RECIPIENT } from "../database/codes.ts";
import { isPostgres } from "../database/dialect.ts";
import { inIds } from "../database/ids.ts";
import type { Database, Tables } from "../database/tables.ts";
import { inTransaction } from "../database/transaction.ts";

/** The messages of one transaction: each may have a row for every user. */
const MOST = 50;
/** ms after which the rest is left to another event, so that others have their turn. */
const MOST_MS = 30_000;

/** How messages are marked. */
export interface MarkingForAll {
  /** ms since any time. @default {performance.now} */
  readonly clock?: () => number;
  /** Ends the work after the messages at hand; what is done stays. */
  readonly signal: AbortSignal;
}

/** What was done. */
export interface MarkedForAll {
  /** User messages that were marked. */
  readonly marked: number;
  /** The message after which the rest begins; `undefined`: there is none. */
  readonly next: number | undefined;
}

/**
 * Marks the messages of a channel read for all users, for 30 s at most. Clients are not notified, as
 * in Zulip. It is safe to repeat.
 *
 * @param recipientId Where the messages of the channel go.
 * @param after The message after which it begins.
 * @returns `undefined` if there is no such channel.
 * @throws {DatabaseError} When the database is lost.
 * @throws The reason of the signal.
 */
export async function markReadForEveryone(
  db: Database,
  recipientId: number,
  after: number,
  { clock = () => performance.now(), signal }: MarkingForAll,
): Promise<MarkedForAll | undefined> {
  const realm = await realmOf(db, recipientId);
  if (realm === undefined) return undefined;
  const began = clock();
  let [marked, last] = [0, after];
  for (;;) {
    signal.throwIfAborted();
    const ids = await messagesAfter(db, { realm, recipientId, last });
    marked += ids.length > 0 ? await inTransaction(db, (trx) => markAll(trx, ids)) : 0;
    last = ids.at(-1) ?? last;
    if (ids.length < MOST) return { marked, next: undefined };
    if (clock() - began >= MOST_MS) return { marked, next: last };
  }
}

async function realmOf(db: Database, recipient: number): Promise<number | undefined> {
  const row = await db.selectFrom("zerver_recipient as recipient")
    .innerJoin("zerver_stream as stream", "stream.id", "recipient.type_id")
    .select("stream.realm_id")
    .where("recipient.id", "=", recipient).where("recipient.type", "=", RECIPIENT.stream)
    .executeTakeFirst();
  return row?.realm_id;
}

async function messagesAfter(
  db: Database,
  { realm, recipientId, last }: {
    readonly realm: number;
    readonly recipientId: number;
    readonly last: number;
  },
): Promise<number[]> {
  const rows = await db.selectFrom("zerver_message").select("id")
    .where("realm_id", "=", realm).where("recipient_id", "=", recipientId)
    .where("id", ">", last).orderBy("id").limit(MOST).execute();
  return rows.map(({ id }) => id);
}

/** Locks the rows in the order of the messages, as all who change flags do. */
async function markAll(trx: Transaction<Tables>, messages: readonly number[]): Promise<number> {
  const rows = await trx.selectFrom("zerver_usermessage as copy").select("copy.id")
    .where(inIds(trx, "copy.message_id", messages))
    .where(sql<boolean>`(copy.flags & 1) = 0`)
    .orderBy("copy.message_id").orderBy("copy.id")
    .$if(isPostgres(trx), (query) => query.forUpdate("copy"))
    .execute();
  if (rows.length === 0) return 0;
  await trx.updateTable("zerver_usermessage").set({ flags: sql<number>`flags | 1` })
    .where(inIds(trx, "zerver_usermessage.id", rows.map(({ id }) => id))).execute();
  return rows.length;
}
