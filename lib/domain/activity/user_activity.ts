/**
 * Counts what users do, in Zulip's table `zerver_useractivity`.
 *
 * @module
 */

import { sql, type Transaction } from "kysely";
import type { Database, Tables } from "../database/tables.ts";
import { arrayLiteral } from "../database/array_literal.ts";
import { isDatabaseLost } from "../database/database_error.ts";
import { isPostgres } from "../database/dialect.ts";
import { claim } from "../database/inbox.ts";
import { pieces } from "../database/pieces.ts";
import { firstCodePoints, storableText } from "../database/text.ts";
import { sqliteTime } from "../database/time.ts";
import { conflictsAgain, inTransaction } from "../database/transaction.ts";

/** A user called something. */
export interface Activity {
  /** Zulip's `zerver_userprofile.id`. */
  readonly user_profile_id: number;
  /** Zulip's `zerver_client.id`. */
  readonly client_id: number;
  /** What was called; its first 50 characters (code points) are kept, without NUL. */
  readonly query: string;
  /** Seconds since 1970, with a fraction; the microsecond is kept. */
  readonly time: number;
}

/** The events that activities come from. */
export interface ActivityOrigin {
  /** The queue whose inbox is used. */
  readonly queue: string;
  /** One for each activity; those with an id count once, those without at each call. */
  readonly ids: readonly (string | undefined)[];
  /** ms since 1970. */
  readonly now: number;
}

type Row = Activity & { readonly count: number };

/** The length of Zulip's column. */
const QUERY_LENGTH = 50;
/** The most rows in one statement: SQLite takes 32,766 parameters. */
const UPSERT_ROWS = 5_000;

/**
 * Adds activities to the table, all or none: one row per user, client and query, with its count and
 * the time of the last. Like Zulip's `user_activity` worker, but safe to repeat where there are ids.
 *
 * @throws {DatabaseError} When the database is lost, locked or has other tables.
 */
export async function recordActivities(
  db: Database,
  activities: readonly Activity[],
  origin: ActivityOrigin,
): Promise<void> {
  if (isPostgres(db)) await recordAtOnce(db, activities, origin);
  else await inTransaction(db, (trx) => record(trx, activities, origin));
}

/**
 * Adds those of the activities that the database takes. One that it refuses costs itself only: the
 * activities are divided in halves until it is alone.
 *
 * @returns For each activity `undefined` when it is added, else the error: the database's refusal, or
 * a {@linkcode DatabaseError} for all that was left to do.
 */
export async function recordAccepted(
  db: Database,
  activities: readonly Activity[],
  origin: ActivityOrigin,
): Promise<unknown[]> {
  const outcomes: unknown[] = activities.map(() => undefined);
  let lost: unknown;
  const attempt = async (from: number, to: number): Promise<void> => {
    if (lost) return void outcomes.fill(lost, from, to);
    try {
      const ids = origin.ids.slice(from, to);
      await recordActivities(db, activities.slice(from, to), { ...origin, ids });
    } catch (error) {
      if (isDatabaseLost(error)) lost = error;
      if (lost || to - from === 1) return void outcomes.fill(error, from, to);
      const middle = from + to >> 1;
      await attempt(from, middle);
      await attempt(middle, to);
    }
  };
  await attempt(0, activities.length);
  return outcomes;
}

/** In a file of its own process, a round trip costs nothing, and arrays have no type. */
async function record(
  trx: Transaction<Tables>,
  activities: readonly Activity[],
  { queue, ids, now }: ActivityOrigin,
): Promise<void> {
  const counts = await claim(trx, queue, ids, now);
  const rows = summarize(activities.filter((_, index) => counts[index] ?? true));
  for (const some of pieces(rows, UPSERT_ROWS)) await upsert(trx, some);
}

/** One row per key, sorted: processes that lock overlapping rows in one order cannot deadlock. */
function summarize(activities: readonly Activity[]): Row[] {
  const rows = new Map<string, Row>();
  for (const { user_profile_id, client_id, query, time } of activities) {
    const kept = keptQuery(query);
    const key = `${user_profile_id} ${client_id} ${kept}`;
    const { count, time: last } = rows.get(key) ?? { count: 0, time };
    rows.set(key, {
      ...{ user_profile_id, client_id, query: kept, count: count + 1 },
      time: Math.max(last, time),
    });
  }
  return [...rows].sort(([a], [b]) => a < b ? -1 : 1).map(([, row]) => row);
}

async function upsert(trx: Transaction<Tables>, rows: readonly Row[]): Promise<void> {
  const values = rows.map(({ time, ...row }) => ({
    ...row,
    last_visit: sql<Date>`${sqliteTime(time)}`,
  }));
  await trx.insertInto("zerver_useractivity").values(values)
    .onConflict((conflict) =>
      conflict.columns(["user_profile_id", "client_id", "query"]).doUpdateSet({
        count: sql<number>`zerver_useractivity.count + excluded.count`,
        last_visit: LATEST,
      })
    ).execute();
}

/** The later time of a row and of the one to be added. */
const LATEST = sql<
  Date
>`case when rtrim(excluded.last_visit, 'Z') > rtrim(zerver_useractivity.last_visit, 'Z')
    then excluded.last_visit else zerver_useractivity.last_visit end`;

/** One statement, and so one round trip and one commit: ids are claimed, and what is new is counted. */
async function recordAtOnce(
  db: Database,
  activities: readonly Activity[],
  { queue, ids, now }: ActivityOrigin,
): Promise<void> {
  const { id, user, client, query, time } = columnsOf(activities, ids);
  await conflictsAgain(() =>
    sql`with event as (
      select * from unnest(${arrayLiteral(id)}::text[], ${arrayLiteral(user)}::int[],
        ${arrayLiteral(client)}::int[], ${arrayLiteral(query)}::text[],
        ${arrayLiteral(time)}::float8[]) as one (id, user_profile_id, client_id, query, time)
    ), claimed as (
      insert into process_queue_inbox (queue, message_id, seen_at)
      select ${queue}, id, ${now}::bigint from event where id is not null order by id
      on conflict (queue, message_id) do nothing returning message_id
    )
    insert into zerver_useractivity (user_profile_id, client_id, query, count, last_visit)
    select user_profile_id, client_id, query, count(*), to_timestamp(max(time)) from event
    where id is null or id in (select message_id from claimed)
    group by user_profile_id, client_id, query order by user_profile_id, client_id, query
    on conflict (user_profile_id, client_id, query) do update set
      count = zerver_useractivity.count + excluded.count,
      last_visit = greatest(zerver_useractivity.last_visit, excluded.last_visit)`.execute(db)
  );
}

/** The activities by column; of several with one id the first. */
function columnsOf(activities: readonly Activity[], ids: ActivityOrigin["ids"]) {
  const seen = new Set<string>();
  const columns = {
    id: [] as (string | null)[],
    user: [] as number[],
    client: [] as number[],
    query: [] as string[],
    time: [] as number[],
  };
  for (let index = 0; index < activities.length; index++) {
    const activity = activities[index];
    if (!activity) continue;
    const id = ids[index];
    const stored = id === undefined ? null : storableText(id);
    if (stored !== null && seen.size === seen.add(stored).size) continue;
    columns.id.push(stored);
    columns.user.push(activity.user_profile_id);
    columns.client.push(activity.client_id);
    columns.query.push(keptQuery(activity.query));
    columns.time.push(activity.time);
  }
  return columns;
}

/** What would make another text of a query's first characters. */
const UNUSUAL = /[\0\ud800-\udfff]/;

function keptQuery(query: string): string {
  const head = query.slice(0, QUERY_LENGTH);
  if (!UNUSUAL.test(head)) return head;
  return firstCodePoints(storableText(query), QUERY_LENGTH);
}
