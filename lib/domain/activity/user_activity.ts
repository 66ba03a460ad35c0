/**
 * Counts what users do, in Zulip's table `zerver_useractivity`.
 *
 * @module
 */

import { type RawBuilder, sql, type Transaction } from "kysely";
import { setTimeout as delay } from "node:timers/promises";
import type { Database, Tables } from "../database/tables.ts";
import { DatabaseError } from "../database/database_error.ts";
import { claim } from "../database/inbox.ts";
import { firstCodePoints, storableText } from "../database/text.ts";

/** A user called something. */
export interface Activity {
  /** Zulip's `zerver_userprofile.id`. */
  readonly user_profile_id: number;
  /** Zulip's `zerver_client.id`. */
  readonly client_id: number;
  /** What was called; its first 50 characters (code points) are kept, without NUL. */
  readonly query: string;
  /** Seconds since 1970. */
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

type Row = Omit<Activity, "time"> & { count: number; last_visit: string };

/** The length of Zulip's column. */
const QUERY_LENGTH = 50;
/** The most rows in one statement: SQLite takes 32,766 parameters. */
const UPSERT_ROWS = 5_000;
/** How often a transaction is tried that conflicts with others. */
const TRIES = 4;

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
  for (let attempt = 1;; attempt++) {
    try {
      return await db.transaction().execute((trx) => record(trx, activities, origin));
    } catch (error) {
      const again = error instanceof DatabaseError && error.kind === "conflict";
      if (!again || attempt === TRIES) throw error;
    }
    await delay(Math.random() * 20 * 2 ** attempt);
  }
}

async function record(
  trx: Transaction<Tables>,
  activities: readonly Activity[],
  { queue, ids, now }: ActivityOrigin,
): Promise<void> {
  const counts = await claim(trx, queue, ids, now);
  const rows = summarize(activities.filter((_, index) => counts[index] ?? true));
  for (let from = 0; from < rows.length; from += UPSERT_ROWS) {
    await upsert(trx, rows.slice(from, from + UPSERT_ROWS));
  }
}

/** One row per key, sorted: processes that lock overlapping rows in one order cannot deadlock. */
function summarize(activities: readonly Activity[]): Row[] {
  const rows = new Map<string, Row>();
  for (const { user_profile_id, client_id, query, time } of activities) {
    const kept = firstCodePoints(storableText(query), QUERY_LENGTH);
    const key = `${user_profile_id} ${client_id} ${kept}`;
    const { count = 0, last_visit = "" } = rows.get(key) ?? {};
    rows.set(key, {
      ...{ user_profile_id, client_id, query: kept, count: count + 1 },
      last_visit: later(last_visit, new Date(time * 1000).toISOString()),
    });
  }
  return [...rows].sort(([a], [b]) => a < b ? -1 : 1).map(([, row]) => row);
}

function later(one: string, other: string): string {
  return one > other ? one : other;
}

async function upsert(trx: Transaction<Tables>, rows: Row[]): Promise<void> {
  await trx.insertInto("zerver_useractivity").values(rows)
    .onConflict((conflict) =>
      conflict.columns(["user_profile_id", "client_id", "query"]).doUpdateSet({
        count: sql<number>`zerver_useractivity.count + excluded.count`,
        last_visit: latest(),
      })
    ).execute();
}

/** `greatest` in PostgreSQL, `max` in SQLite. */
function latest(): RawBuilder<string> {
  return sql`case when excluded.last_visit > zerver_useractivity.last_visit
    then excluded.last_visit else zerver_useractivity.last_visit end`;
}
