/**
 * The return of users who were away for long. A message to a channel makes no user message for them
 * unless it mentions them; when they come back, they get those of the time that they were away.
 *
 * @module
 */

import { RECIPIENT, SUBSCRIPTION } from "../database/codes.ts";
import { sql } from "kysely";
import { inIds } from "../database/ids.ts";
import { newRow } from "../database/rows.ts";
import type { Database } from "../database/tables.ts";
import { inTransaction } from "../database/transaction.ts";
import {
  endOf,
  isWithin,
  type Span,
  type SubscriptionChange,
  subscriptionSpans,
} from "./subscription_spans.ts";

/**
 * The queue, and the event for it, that has a user brought back by {@linkcode softReactivate}.
 *
 * @param hasOwnQueue Zulip's DEDICATED_SOFT_REACTIVATION_QUEUE.
 */
export function softReactivation(
  user: number,
  hasOwnQueue: boolean,
): readonly [queue: string, event: Readonly<Record<string, unknown>>] {
  const event = { user_profile_id: user };
  if (hasOwnQueue) return ["soft_reactivation", event];
  return ["deferred_work", { type: "soft_reactivate", ...event }];
}

/** The most messages that are looked at, and added, in one transaction. */
const MOST = 10_000;
/** Types of `zerver_realmauditlog`. */
const SOFT_ACTIVATED = 120;

/** How users are brought back. */
export interface SoftReactivation {
  /** ms since 1970. */
  readonly now: number;
  /** Ends the work after the messages at hand; what is done stays. */
  readonly signal?: AbortSignal;
  /** The most messages of one transaction. @default {10,000} */
  readonly most?: number;
}

/**
 * Gives a user who is soft deactivated (`long_term_idle`) the messages of the channels to which the
 * user was subscribed when they were sent, as not read. It is safe to repeat, and takes up where an
 * earlier run was stopped; of two at once, each adds what the other has not.
 *
 * @returns How many messages were added; `undefined` for a user who is not soft deactivated or does
 * not exist.
 * @throws {DatabaseError} When the database is lost or locked.
 * @throws {Error} When the database does not say which message the user has got last.
 * @throws The reason of the signal.
 */
export async function softReactivate(
  db: Database,
  user: number,
  { now, signal, most = MOST }: SoftReactivation,
): Promise<number | undefined> {
  const away = await awayUser(db, user);
  if (!away) return undefined;
  const channels = await channelsOf(db, away);
  let added = 0;
  let after: number | undefined = away.lastId;
  while (after !== undefined) {
    signal?.throwIfAborted();
    const batch = await addBatch(db, away, channels, { after, most, now });
    added += batch.added;
    after = batch.next;
  }
  return added;
}

/** A user who is soft deactivated. */
interface AwayUser {
  readonly id: number;
  readonly realmId: number;
  /** The last message that the user has got. */
  readonly lastId: number;
}

async function awayUser(db: Database, id: number): Promise<AwayUser | undefined> {
  const row = await db.selectFrom("zerver_userprofile")
    .select(["realm_id", "long_term_idle", "last_active_message_id"])
    .where("id", "=", id).executeTakeFirst();
  if (!row?.long_term_idle) return undefined;
  const { realm_id: realmId, last_active_message_id: lastId } = row;
  if (lastId !== null) return { id, realmId, lastId };
  throw new Error(
    `User ${id} has long_term_idle but no last_active_message_id in zerver_userprofile, which says ` +
      "from which message on the user was away: set it to the id of the last message that the user got",
  );
}

/** When the user was subscribed, by the recipients of the channels that may have messages to add. */
async function channelsOf(db: Database, away: AwayUser): Promise<Map<number, readonly Span[]>> {
  const subscriptions = await db.selectFrom("zerver_subscription as subscription")
    .innerJoin("zerver_recipient as recipient", "recipient.id", "subscription.recipient_id")
    .select(["recipient.id", "recipient.type_id", "subscription.active"])
    .where("subscription.user_profile_id", "=", away.id)
    .where("recipient.type", "=", RECIPIENT.stream).execute();
  const changes = await changesOf(db, away.id);
  const channels = subscriptions.map(({ id, type_id, active }) =>
    [id, subscriptionSpans(changes.get(type_id) ?? [], active)] as const
  );
  return new Map(channels.filter(([, spans]) => endOf(spans) > away.lastId));
}

/** The changes of the user's subscriptions by channel, in their order. */
async function changesOf(db: Database, user: number): Promise<Map<number, SubscriptionChange[]>> {
  const rows = await db.selectFrom("zerver_realmauditlog")
    .select(["modified_stream_id", "event_type", "event_last_message_id"])
    .where("modified_user_id", "=", user)
    .where("modified_stream_id", "is not", null)
    .where("event_type", "in", [SUBSCRIPTION.made, SUBSCRIPTION.madeAgain, SUBSCRIPTION.ended])
    .orderBy(sql`coalesce(event_last_message_id, 0)`).orderBy("id").execute();
  const changes = new Map<number, SubscriptionChange[]>();
  for (const { modified_stream_id, event_type, event_last_message_id } of rows) {
    const channel = Number(modified_stream_id);
    const some = changes.get(channel) ?? [];
    changes.set(channel, some);
    some.push({
      kind: event_type === SUBSCRIPTION.ended ? "ended" : "began",
      lastMessageId: event_last_message_id ?? 0,
    });
  }
  return changes;
}

interface Batch {
  readonly added: number;
  /** Behind which message the next batch begins; `undefined`: the user is back. */
  readonly next: number | undefined;
}

/** Adds the next messages; with the last of them the user is back. */
async function addBatch(
  db: Database,
  away: AwayUser,
  channels: ReadonlyMap<number, readonly Span[]>,
  { after, most, now }: { readonly after: number; readonly most: number; readonly now: number },
): Promise<Batch> {
  return await inTransaction(db, async (trx) => {
    const found = await notGot(trx, away, [...channels.keys()], { after, most });
    const ids = found.filter(({ id, recipient }) => isWithin(channels.get(recipient) ?? [], id))
      .map(({ id }) => id);
    const added = await addMessages(trx, away.id, ids);
    const last = found.at(-1)?.id;
    if (last !== undefined) await setLastId(trx, away.id, last);
    if (found.length === most) return { added, next: last };
    await setBack(trx, away, now);
    return { added, next: undefined };
  });
}

/** The first messages of channels, behind one, that the user has not got, by id. */
async function notGot(
  db: Database,
  { id: user, realmId }: AwayUser,
  recipients: readonly number[],
  { after, most }: { readonly after: number; readonly most: number },
): Promise<{ readonly id: number; readonly recipient: number }[]> {
  if (recipients.length === 0) return [];
  return await db.selectFrom("zerver_message as message")
    .select(["message.id", "message.recipient_id as recipient"])
    .where("message.realm_id", "=", realmId)
    .where(inIds(db, "message.recipient_id", recipients))
    .where("message.id", ">", after)
    .where(({ not, exists, selectFrom }) =>
      not(exists(
        selectFrom("zerver_usermessage as copy").select("copy.id")
          .where("copy.user_profile_id", "=", user)
          .whereRef("copy.message_id", "=", "message.id"),
      ))
    )
    .orderBy("message.id").limit(most).execute();
}

/** Adds user messages, not read. @returns How many: those that are there stay as they are. */
async function addMessages(db: Database, user: number, ids: readonly number[]): Promise<number> {
  if (ids.length === 0) return 0;
  const { numAffectedRows } = await sql`
    insert into zerver_usermessage (user_profile_id, message_id, flags)
    select ${sql.lit(user)}, message.id, 0 from zerver_message as message
    where ${inIds(db, "message.id", ids)} order by message.id
    on conflict (user_profile_id, message_id) do nothing`.execute(db);
  return Number(numAffectedRows ?? 0);
}

async function setLastId(db: Database, user: number, id: number): Promise<void> {
  await db.updateTable("zerver_userprofile").set({ last_active_message_id: id })
    .where("id", "=", user).where("last_active_message_id", "<", id).execute();
}

/** The user is back, and the realm's log says so once. */
async function setBack(db: Database, { id, realmId }: AwayUser, now: number): Promise<void> {
  const { numUpdatedRows } = await db.updateTable("zerver_userprofile")
    .set({ long_term_idle: false })
    .where("id", "=", id).where("long_term_idle", "=", true).executeTakeFirst();
  if (numUpdatedRows === 0n) return;
  await db.insertInto("zerver_realmauditlog").values(newRow("zerver_realmauditlog", {
    event_type: SOFT_ACTIVATED,
    event_time: new Date(now),
    realm_id: realmId,
    modified_user_id: id,
  })).execute();
}
