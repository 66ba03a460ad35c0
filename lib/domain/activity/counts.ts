/**
 * Counts by hour and by day, for Zulip's pages of statistics.
 *
 * @module
 */

import { sql } from "kysely";
import type { Database } from "../database/tables.ts";

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

/** The end of the day of a time, in UTC, by which its counts are stored. @param now ms since 1970. */
export function dayEnd(now: number): Date {
  return new Date(Math.ceil(now / DAY_MS) * DAY_MS);
}

/** The end of the hour of a time, as {@linkcode dayEnd}. */
export function hourEnd(now: number): Date {
  return new Date(Math.ceil(now / HOUR_MS) * HOUR_MS);
}

/**
 * Adds to a user's count of an hour.
 *
 * @param property Such as `messages_read::hour`.
 * @param now ms since 1970.
 * @throws {DatabaseError} When the database is lost.
 */
export async function addToUserCount(
  db: Database,
  { user_id, realm_id }: { readonly user_id: number; readonly realm_id: number },
  property: string,
  value: number,
  now: number,
): Promise<void> {
  await db.insertInto("analytics_usercount")
    .values({ user_id, realm_id, property, subgroup: null, end_time: hourEnd(now), value })
    .onConflict((conflict) =>
      conflict.columns(["user_id", "property", "end_time"]).where("subgroup", "is", null)
        .doUpdateSet({ value: sql`analytics_usercount.value + excluded.value` })
    ).execute();
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
