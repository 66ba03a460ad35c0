/**
 * Counts by day, for Zulip's pages of statistics.
 *
 * @module
 */

import { sql } from "kysely";
import type { Database } from "../database/tables.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** The end of the day of a time, in UTC, by which its counts are stored. @param now ms since 1970. */
export function dayEnd(now: number): Date {
  return new Date(Math.ceil(now / DAY_MS) * DAY_MS);
}

/**
 * Adds to a realm's count of a day.
 *
 * @param property Such as `mobile_pushes_sent::day`.
 * @param now ms since 1970.
 * @throws {DatabaseError} When the database is lost.
 */
export async function addToRealmCount(
  db: Database,
  realm_id: number,
  property: string,
  value: number,
  now: number,
): Promise<void> {
  await db.insertInto("analytics_realmcount")
    .values({ realm_id, property, subgroup: null, end_time: dayEnd(now), value })
    .onConflict((conflict) =>
      conflict.columns(["realm_id", "property", "end_time"]).where("subgroup", "is", null)
        .doUpdateSet({ value: sql`analytics_realmcount.value + excluded.value` })
    ).execute();
}
