/**
 * Jobs: work that takes more than a minute, such as an export. An event adds a job and is done; a
 * loop of the worker takes the jobs.
 *
 * @module
 */

import { sql, type Transaction } from "kysely";
import { parseJson } from "../../json/parse_json.ts";
import { toJson } from "../../json/to_json.ts";
import { isPostgres } from "./dialect.ts";
import type { Database, Tables } from "./tables.ts";
import { storedKey } from "./stored_key.ts";

/** How long after its last sign of life a job can be taken by another process, in ms. */
export const TAKEN_OVER_MS = 60_000;
/** How long a job that has ended is kept, and its key known, in ms: 90 days. */
const KEPT_MS = 90 * 24 * 60 * 60 * 1000;

/** A job that is to be added. */
export interface NewJob {
  /** The same for every event that asks for the same work: see {@linkcode storedKey}. */
  readonly key: string;
  /** What is to be done: one of the names given to `jobLoop`. */
  readonly type: string;
  /** For the job's module; anything that JSON does not change. */
  readonly args: unknown;
}

/** A job that is done here. */
export interface Job extends NewJob {
  /** What its module reported last, also in an earlier run; `undefined` where it reported nothing. */
  readonly progress: unknown;
  /** How many times it was taken, this one included. */
  readonly taken: number;
  /** The last error of an earlier run. */
  readonly error: string | undefined;
}

/** Who does a job, and when. */
export interface Doer {
  /** The run of the worker: `ctx.owner`. */
  readonly owner: string;
  /** ms since 1970. */
  readonly now: number;
}

/**
 * Adds a job in the transaction of the event that asks for it.
 *
 * @param now ms since 1970.
 * @returns False when there is a job of that key, also one that has ended within 90 days.
 * @throws {TypeError} When JSON would change the arguments.
 */
export async function addJob(
  trx: Transaction<Tables>,
  { key, type, args }: NewJob,
  now: number = Date.now(),
): Promise<boolean> {
  const job = { key: storedKey(key), type, args: toJson(args), state: "waiting" };
  const added = await trx.insertInto("process_queue_job").values({ ...job, created_at: now })
    .onConflict((conflict) => conflict.column("key").doNothing()).returning("key").execute();
  return added.length > 0;
}

/**
 * Takes the oldest job that nobody does.
 *
 * @param types The types that this worker knows.
 */
export async function takeJob(
  db: Database,
  types: readonly string[],
  { owner, now }: Doer,
): Promise<Job | undefined> {
  if (types.length === 0) return undefined;
  const lock = isPostgres(db) ? sql`for update skip locked` : sql``;
  const { rows: [row] } = await sql<StoredJob>`
    update process_queue_job
    set state = 'running', owner = ${owner}, alive_at = ${now}, taken = taken + 1
    where key = (
      select key from process_queue_job
      where state in ('waiting', 'running') and type in (${sql.join(types)})
        and (alive_at is null or alive_at <= ${now - TAKEN_OVER_MS})
      order by created_at, key limit 1 ${lock})
    returning key, type, args, progress, taken, error`.execute(db);
  if (row === undefined) return undefined;
  const { key, type, taken, error } = row;
  const progress = row.progress === null ? undefined : parseJson(row.progress);
  return { key, type, args: parseJson(row.args), progress, taken, error: error ?? undefined };
}

interface StoredJob {
  readonly key: string;
  readonly type: string;
  readonly args: string;
  readonly progress: string | null;
  readonly taken: number;
  readonly error: string | null;
}

/**
 * Says that a job is still being done.
 *
 * @param progress As JSON; `undefined` leaves it as it is.
 * @returns False when it belongs to another by now.
 */
export async function keepJob(
  db: Database,
  key: string,
  { owner, now }: Doer,
  progress?: string,
): Promise<boolean> {
  const { numUpdatedRows } = await db.updateTable("process_queue_job")
    .set({ alive_at: now, ...(progress === undefined ? {} : { progress }) })
    .where("key", "=", key).where("owner", "=", owner).where("state", "=", "running")
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Gives a job back, so that another process takes it at once. This run does not count. */
export async function releaseJob(db: Database, key: string, { owner }: Doer): Promise<void> {
  await db.updateTable("process_queue_job")
    .set({ state: "waiting", owner: null, alive_at: null, taken: sql<number>`taken - 1` })
    .where("key", "=", key).where("owner", "=", owner).where("state", "=", "running").execute();
}

/** Keeps the error of a run that failed; the job is taken again a minute later. */
export async function postponeJob(
  db: Database,
  key: string,
  { owner, now }: Doer,
  error: string,
): Promise<void> {
  await db.updateTable("process_queue_job").set({ error, alive_at: now })
    .where("key", "=", key).where("owner", "=", owner).where("state", "=", "running").execute();
}

/**
 * Ends a job.
 *
 * @param error Why it failed; `undefined` when it is done.
 * @returns False when it belongs to another by now.
 */
export async function endJob(
  trx: Transaction<Tables>,
  key: string,
  { owner, now }: Doer,
  error?: string,
): Promise<boolean> {
  const state = error === undefined ? "done" : "failed";
  const { numUpdatedRows } = await trx.updateTable("process_queue_job")
    .set({ state, error: error ?? null, ended_at: now })
    .where("key", "=", key).where("owner", "=", owner).where("state", "=", "running")
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Deletes jobs that have ended over 90 days ago. @returns How many were deleted. */
export async function pruneJobs(db: Database, now: number, limit: number): Promise<number> {
  const { numDeletedRows } = await db.deleteFrom("process_queue_job")
    .where("key", "in", ({ selectFrom }) =>
      selectFrom("process_queue_job as old").select("old.key")
        .where("old.ended_at", "<", now - KEPT_MS).limit(limit))
    .executeTakeFirst();
  return Number(numDeletedRows);
}
