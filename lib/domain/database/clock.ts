/**
 * The clock of the database's host.
 *
 * @module
 */

import { sql } from "kysely";
import { type ClockReading, readClock } from "../../system/clock_reading.ts";
import { isSqlite } from "./address.ts";
import { connectDatabase } from "./database.ts";
import type { Database } from "./tables.ts";

/**
 * How far the clock of PostgreSQL's host is from this host's; `undefined` for SQLite, which has this
 * host's.
 *
 * @param url The address of the database.
 * @param now This host's time. @default {Date.now}
 * @throws {DatabaseError} When it cannot be reached.
 */
export async function databaseClock(
  url: string,
  now?: () => number,
): Promise<ClockReading | undefined> {
  if (isSqlite(url)) return undefined;
  const db = await connectDatabase(url);
  try {
    // The first query also connects, which is no part of the way that is measured.
    await timeOf(db);
    return await readClock(() => timeOf(db), now);
  } finally {
    await db.destroy();
  }
}

async function timeOf(db: Database): Promise<{ readonly at: number }> {
  const { rows: [row] } = await sql<{ at: Date }>`select clock_timestamp() as at`.execute(db);
  return { at: row?.at.getTime() ?? NaN };
}
