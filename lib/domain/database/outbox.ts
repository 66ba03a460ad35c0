/**
 * The outbox: events that a transaction publishes. They are stored with it, and published after its
 * commit, so that neither an event is published whose transaction did not happen, nor one is lost
 * whose transaction did.
 *
 * @module
 */

import { sql, type Transaction } from "kysely";
import { messageIdOf } from "../../json/message_id.ts";
import { parseJson } from "../../json/parse_json.ts";
import { toJson } from "../../json/to_json.ts";
import { unlessAborted } from "../../system/deadline.ts";
import { isPostgres } from "./dialect.ts";
import { inIds } from "./ids.ts";
import { notPublished, type OutboxNotice, OutboxNotices } from "./outbox_notice.ts";
import { pieces } from "./pieces.ts";
import type { Database, Tables } from "./tables.ts";
import { storableText } from "./text.ts";
import { inTransaction } from "./transaction.ts";

/** What publishes events, such as a worker's `ctx`. */
export interface OutboxContext {
  /** `ctx.log`. */
  readonly log: { warn(message: string, properties?: Record<string, unknown>): void };
  /** `ctx.publish`. */
  publish(queue: string, event: unknown, options?: { readonly id?: string }): Promise<void>;
}

/**
 * Publishes an event with the transaction. It is written as JSON now, and its `message_id` is fixed.
 *
 * @throws {TypeError} When JSON would change the event.
 * @throws {RangeError} When its id cannot be a `message_id`.
 */
export type PublishWithTransaction = (
  queue: string,
  event: unknown,
  options?: { readonly id?: string | undefined },
) => void;

/** How old an event is at least that a loop publishes, in ms. */
const LEFT_OVER_MS = 10_000;
/** For how long a loop that has claimed an event keeps others from it, in ms. */
const CLAIM_MS = 60_000;
/** The most events that a loop publishes at once. */
const MOST = 100;
/** The most rows in one statement: SQLite takes 32,766 parameters, and a row has four. */
const ROWS = 5_000;

/** An event of the outbox. */
export interface StoredEvent {
  readonly id: number;
  readonly queue: string;
  readonly body: string;
  readonly message_id: string;
}

/** An event that is not stored yet. */
export type NewEvent = Omit<StoredEvent, "id">;

/**
 * Runs a transaction; what it publishes is stored with it, and published in this order after the
 * commit. What cannot be published then stays in the outbox for {@linkcode outboxLoop}, which the
 * worker must run, and is no error.
 *
 * @param run Runs again after a conflict with other transactions.
 * @returns What `run` returned, after the events were published or left to the loop.
 * @throws {DatabaseError} When the database is lost or locked, or the conflict lasts.
 * @throws What `run` throws; then nothing is committed or published.
 */
export async function withOutbox<Result>(
  db: Database,
  ctx: OutboxContext,
  run: (trx: Transaction<Tables>, publish: PublishWithTransaction) => Promise<Result>,
): Promise<Result> {
  const { result, stored } = await inTransaction(db, async (trx) => {
    const events: NewEvent[] = [];
    const result = await run(trx, (...event) => void events.push(newEvent(...event)));
    return { result, stored: await storeEvents(trx, events) };
  });
  await publishStored(db, ctx, stored, { now: Date.now, noticeOf: notPublished });
  return result;
}

/** An event as the outbox stores it. @throws {TypeError | RangeError} As `publish` does. */
export function newEvent(
  ...[queue, event, options]: Parameters<PublishWithTransaction>
): NewEvent {
  const id = storableText(messageIdOf(queue, options) ?? crypto.randomUUID());
  return { queue, body: toJson(event), message_id: id };
}

/** Stores events; returns them in their order. @throws {DatabaseError} When the database is lost. */
export async function storeEvents(
  trx: Transaction<Tables>,
  events: readonly NewEvent[],
): Promise<StoredEvent[]> {
  const stored: StoredEvent[] = [];
  const at = Date.now();
  for (const some of pieces(events, ROWS)) {
    const inserted = await trx.insertInto("process_queue_outbox")
      .values(some.map((row) => ({ ...row, at })))
      .returning(["id", "queue", "body", "message_id"]).execute();
    stored.push(...inserted);
  }
  return stored.sort((one, other) => one.id - other.id);
}

/**
 * Deletes the events of a queue that are stored and whose `message_id` begins so: the transaction
 * publishes what makes them out of date. An event that is being published meanwhile may still be.
 *
 * @param prefix Letters, digits, `-` and `:` only.
 * @throws {DatabaseError} When the database is lost.
 */
export async function withdraw(
  trx: Transaction<Tables>,
  queue: string,
  prefix: string,
): Promise<void> {
  await trx.deleteFrom("process_queue_outbox")
    .where("queue", "=", queue).where("message_id", "like", `${prefix}%`).execute();
}

/** What an attempt to publish needs. */
interface Attempt {
  /** ms since 1970. */
  readonly now: () => number;
  /** The warning of so many events that could not be published, if there is any. */
  readonly noticeOf: NoticeOf;
}

type NoticeOf = (count: number, reason: string) => OutboxNotice | undefined;

/** Publishes events in their order, and deletes those that are confirmed. Never throws. */
async function publishStored(
  db: Database,
  ctx: OutboxContext,
  events: readonly StoredEvent[],
  { now, noticeOf }: Attempt,
): Promise<void> {
  if (events.length === 0) return;
  const confirmed = await publishEvents(ctx, events, noticeOf);
  try {
    await removeEvents(db, confirmed);
    await release(db, events.filter((event) => !confirmed.includes(event)), now());
  } catch (error) {
    ctx.log.warn(NOT_REMOVED, { count: events.length, reason: textOf(error) });
  }
}

/**
 * Publishes events in their order. Never throws: what cannot be published is a warning.
 *
 * @param noticeOf Makes the warning, if there is any. @default {one for each call}
 * @returns Those that the broker has confirmed.
 */
export async function publishEvents(
  ctx: OutboxContext,
  events: readonly StoredEvent[],
  noticeOf: NoticeOf = notPublished,
): Promise<StoredEvent[]> {
  const ends = await Promise.allSettled(events.map((event) => publish(ctx, event)));
  const errors = ends.flatMap((end) => end.status === "rejected" ? [end.reason] : []);
  const notice = errors.length > 0 ? noticeOf(errors.length, textOf(errors[0])) : undefined;
  if (notice) ctx.log.warn(notice.message, notice.properties);
  return events.filter((_, at) => ends[at]?.status === "fulfilled");
}

async function publish(
  ctx: OutboxContext,
  { queue, body, message_id }: StoredEvent,
): Promise<void> {
  await ctx.publish(queue, parseJson(body), { id: message_id });
}

/** Deletes events that are published. @throws {DatabaseError} When the database is lost. */
export async function removeEvents(
  db: Database,
  events: readonly StoredEvent[],
): Promise<void> {
  for (const ids of pieces(events.map(({ id }) => id), ROWS)) {
    await db.deleteFrom("process_queue_outbox").where(inIds(db, "id", ids)).execute();
  }
}

/** Lets a loop publish events that could not be published, after the usual time. */
async function release(db: Database, events: readonly StoredEvent[], at: number): Promise<void> {
  for (const ids of pieces(events.map(({ id }) => id), ROWS)) {
    await db.updateTable("process_queue_outbox").set({ at }).where(inIds(db, "id", ids)).execute();
  }
}

const NOT_REMOVED = "{count} events were taken from the outbox and could not be removed from it; " +
  "those that are published will be so again, with the same ids: {reason}";

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What the loop needs of a worker's `ctx`. */
export interface OutboxLoopContext extends OutboxContext {
  /** `ctx.database`. */
  database(): Promise<Database>;
}

/** The options of {@linkcode outboxLoop}. */
export interface OutboxLoopOptions {
  /** ms since 1970. @default {Date.now} */
  readonly now?: () => number;
}

/** A loop, as `ctx.loop` takes it. */
export interface OutboxLoop {
  readonly name: string;
  readonly everySeconds: number;
  readonly maxSeconds: number;
  /** Returns true when there is more to publish. @throws {DatabaseError} When it is lost or locked. */
  run(signal: AbortSignal): Promise<boolean>;
}

/**
 * The loop that publishes what was left in the outbox for over 10 s, for `ctx.loop` in `setup`.
 * Several may run at once: each event is claimed by one, which has 60 s for it. An event whose
 * confirmation was lost is published again, with the same `message_id`. One that can never be
 * published is tried again for ever: the loop warns of it once, and then once an hour.
 */
export function outboxLoop(
  ctx: OutboxLoopContext,
  { now = Date.now }: OutboxLoopOptions = {},
): OutboxLoop {
  const notices = new OutboxNotices();
  const noticeOf = (count: number, reason: string) => notices.next(count, reason, now());
  return {
    name: "outbox",
    everySeconds: LEFT_OVER_MS / 1000,
    maxSeconds: CLAIM_MS / 1000,
    async run(signal) {
      const db = await ctx.database();
      const claimed = await claim(db, now());
      await unlessAborted(publishStored(db, ctx, claimed, { now, noticeOf }), signal);
      return claimed.length === MOST && !signal.aborted;
    },
  };
}

/** Claims the oldest events by setting their time, so that no other loop takes them. */
async function claim(db: Database, now: number): Promise<StoredEvent[]> {
  const left = sql`select id from process_queue_outbox where at <= ${now - LEFT_OVER_MS}
    order by id limit ${MOST}`;
  const these = isPostgres(db)
    ? sql`= any(array(${left} for update skip locked))`
    : sql`in (${left})`;
  const { rows } = await sql<StoredEvent>`
    update process_queue_outbox set at = ${now + CLAIM_MS - LEFT_OVER_MS} where id ${these}
    returning id, queue, body, message_id`.execute(db);
  return rows.toSorted((one, other) => one.id - other.id);
}
