/**
 * The rows that activities of users become.
 *
 * @module
 */

import assert from "node:assert/strict";
import { sql } from "kysely";
import {
  type Database,
  migrateDatabase,
  openDatabase,
} from "../../../lib/domain/database/database.ts";
import { isPostgres } from "../../../lib/domain/database/dialect.ts";
import { activity, record, T } from "../../fixtures/database/activity.ts";
import { postgresTest } from "../../servers.ts";
import { activities, eachDatabaseTest, inFolder } from "../database/each_database.ts";

eachDatabaseTest("recordActivities makes one row per user, client and query", async (database) => {
  const db = await database.open();
  const other = { ...activity(1), client_id: 2 };
  await record(db, [
    activity(1, T + 5),
    activity(2),
    activity(1, T + 9),
    other,
    activity(1, T + 7),
    activity(1, T, "get_events"),
  ]);
  assert.deepEqual(await activities(db), [
    { user: 1, client: 1, query: "get_events", count: 1, time: T },
    { user: 1, client: 1, query: "home_real", count: 3, time: T + 9 },
    { user: 1, client: 2, query: "home_real", count: 1, time: T },
    { user: 2, client: 1, query: "home_real", count: 1, time: T },
  ]);
});

eachDatabaseTest(
  "recordActivities adds to existing rows and never sets last_visit back",
  async (database) => {
    const db = await database.open();
    await record(db, [activity(1, T + 50), activity(2, T)]);
    await record(db, [activity(1, T + 10), activity(2, T + 60)]);
    assert.deepEqual(await activities(db), [
      { user: 1, client: 1, query: "home_real", count: 2, time: T + 50 },
      { user: 2, client: 1, query: "home_real", count: 2, time: T + 60 },
    ]);
  },
);

eachDatabaseTest("recordActivities keeps the microsecond of the last visit", async (database) => {
  const db = await database.open();
  for (const time of [T + 0.123455, T + 0.123456, T + 0.12]) await record(db, [activity(1, time)]);
  await record(db, [activity(2, T + 0.9999999), activity(3, T + 0.5), activity(3, T + 0.25)]);
  assert.deepEqual(await lastVisits(db), {
    1: "2023-11-14T22:13:20.123456Z",
    2: "2023-11-14T22:13:21.000000Z",
    3: "2023-11-14T22:13:20.500000Z",
  });
});

eachDatabaseTest("recordActivities takes times before 1970 and late ones", async (database) => {
  const db = await database.open();
  await record(db, [
    activity(1, -0.25),
    activity(2, -62_167_219_200),
    activity(3, 253_402_300_799),
  ]);
  await record(db, [activity(1, -2), activity(2, -1.5), activity(3, T)]);
  assert.deepEqual(await lastVisits(db), {
    1: "1969-12-31T23:59:59.750000Z",
    2: "1969-12-31T23:59:58.500000Z",
    3: "9999-12-31T23:59:59.000000Z",
  });
});

/** When each user was last here, in one form for every kind of database. */
async function lastVisits(db: Database): Promise<Record<number, string>> {
  const visit = isPostgres(db)
    ? sql<string>`to_char(last_visit at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
    : sql<string>`cast(last_visit as text)`;
  const rows = await db.selectFrom("zerver_useractivity")
    .select(["user_profile_id", visit.as("visit")]).execute();
  return Object.fromEntries(rows.map((row) => [row.user_profile_id, row.visit]));
}

Deno.test("recordActivities adds to rows of SQLite that have milliseconds", () =>
  inFolder(async (folder) => {
    await using db = await openDatabase(`sqlite:${folder}/test.sqlite`);
    await record(db, [activity(1), activity(2)]);
    await sql`update zerver_useractivity set last_visit = '2023-11-14T22:13:20.123Z'`.execute(db);
    await record(db, [activity(1, T + 0.1234), activity(2, T + 0.1229)]);
    assert.deepEqual(await lastVisits(db), {
      1: "2023-11-14T22:13:20.123400Z",
      2: "2023-11-14T22:13:20.123Z",
    });
  }));

postgresTest(
  "recordActivities takes the first and the last time of the column",
  async ({ url }) => {
    await migrateDatabase(url);
    await using db = await openDatabase(url);
    await record(db, [activity(1, -210_866_803_200), activity(2, 9_224_318_015_999)]);
    const day = sql<string>`(last_visit at time zone 'UTC')::date::text`.as("day");
    const rows = await db.selectFrom("zerver_useractivity").select(day)
      .orderBy("user_profile_id").execute();
    assert.deepEqual(rows, [{ day: "4714-11-24 BC" }, { day: "294276-12-31" }]);
  },
);

eachDatabaseTest(
  "recordActivities cuts a query at 50 code points and removes NUL",
  async (database) => {
    const db = await database.open();
    await record(db, [
      activity(1, T, "😀".repeat(80)),
      activity(2, T, "a\0b".repeat(100)),
      activity(3, T, `${"x".repeat(49)}😀😀`),
      activity(4, T, "lone \ud83d surrogate"),
      activity(5, T, ""),
      activity(6, T, "y".repeat(50)),
    ]);
    assert.deepEqual((await activities(db)).map((row) => row.query), [
      "😀".repeat(50),
      "ab".repeat(25),
      `${"x".repeat(49)}😀`,
      "lone \ufffd surrogate",
      "",
      "y".repeat(50),
    ]);
  },
);

eachDatabaseTest("recordActivities adds up queries that are equal once cut", async (database) => {
  const db = await database.open();
  const long = "z".repeat(50);
  await record(db, [activity(1, T, `${long}1`), activity(1, T, `${long}2`)]);
  assert.deepEqual(await activities(db), [
    { user: 1, client: 1, query: long, count: 2, time: T },
  ]);
});

eachDatabaseTest(
  "recordActivities takes batches of more rows than a statement may have",
  async (database) => {
    const db = await database.open();
    const events = Array.from({ length: 12_000 }, (_, index) => activity(index + 1));
    const ids = events.map((_, index) => `id-${index}`);
    for (let time = 0; time < 2; time++) await record(db, events, ids);
    const { rows } = await sql<{ rows: number; sum: number }>`
    select count(*) as rows, sum(count) as sum from zerver_useractivity`.execute(db);
    assert.deepEqual({ rows: Number(rows[0]?.rows), sum: Number(rows[0]?.sum) }, {
      rows: 12_000,
      sum: 12_000,
    });
  },
);
