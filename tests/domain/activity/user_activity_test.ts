import assert from "node:assert/strict";
import { sql } from "kysely";
import type { Database } from "../../../lib/domain/database/database.ts";
import { DatabaseError } from "../../../lib/domain/database/database_error.ts";
import {
  type Activity,
  recordAccepted,
  recordActivities,
} from "../../../lib/domain/activity/user_activity.ts";
import { isPostgres } from "../../../lib/domain/database/dialect.ts";
import { runProgram } from "../../fixtures/run_program.ts";
import { postgresTest } from "../../servers.ts";
import {
  activities,
  createUsers,
  eachDatabaseTest,
  inboxIds,
  inFolder,
  refuseUser13,
} from "../database/each_database.ts";
import { migrateDatabase, openDatabase } from "../../../lib/domain/database/database.ts";

const T = 1_700_000_000;

function activity(user: number, time = T, query = "home_real"): Activity {
  return { user_profile_id: user, client_id: 1, query, time };
}

function record(
  db: Database,
  events: Activity[],
  ids: (string | undefined)[] = [],
): Promise<void> {
  const each = events.map((_, index) => ids[index]);
  const origin = { queue: "user_activity", ids: each, now: Date.now() };
  return recordActivities(db, events, origin);
}

async function counts(db: Database): Promise<Record<number, number>> {
  const rows = await activities(db);
  return Object.fromEntries(rows.map((row) => [row.user, row.count]));
}

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

eachDatabaseTest("recordAccepted adds all but what the database refuses", async (database) => {
  const db = await database.open();
  await refuseUser13(database, db);
  const users = [13, 1, 2, 13, 3, 4, 5, 13, 13];
  const ids = users.map((_, index) => `${index}`);
  const origin = { queue: "user_activity", ids, now: Date.now() };
  const batch = users.map((user) => activity(user));
  const outcomes = await recordAccepted(db, batch, origin);
  assert.deepEqual(outcomes.map((error) => error === undefined), users.map((user) => user !== 13));
  for (const error of outcomes.filter(Boolean)) assert.match(String(error), /not_13/);
  assert.deepEqual(await counts(db), { 1: 1, 2: 1, 3: 1, 4: 1, 5: 1 });
  assert.deepEqual(await inboxIds(db), ["1", "2", "4", "5", "6"]);
});

Deno.test("recordAccepted refuses what SQLite cannot store, and names it", () =>
  inFolder(async (folder) => {
    await using db = await openDatabase(`sqlite:${folder}/test.sqlite`);
    const origin = { queue: "user_activity", ids: [undefined, undefined], now: Date.now() };
    const [late, other] = await recordAccepted(db, [activity(1, T * 1000), activity(2)], origin);
    assert.match(String(late), /The time 1700000000000 is not in the years 0 to 9999/);
    assert.equal(other, undefined);
    assert.deepEqual(await counts(db), { 2: 1 });
  }));

Deno.test("recordAccepted tries no more once the database is lost", async () => {
  const lost = new DatabaseError("unreachable", "away");
  const errors = [new Error("refused"), lost];
  let tries = 0;
  const execute = () => Promise.reject(errors[tries++]);
  const db = { transaction: () => ({ execute }) } as unknown as Database;
  const batch = [1, 2, 3, 4].map((user) => activity(user));
  const origin = { queue: "user_activity", ids: batch.map(() => undefined), now: 0 };
  assert.deepEqual(await recordAccepted(db, batch, origin), [lost, lost, lost, lost]);
  assert.equal(tries, 2);
});

eachDatabaseTest(
  "recordActivities counts a batch that comes again once, by its ids",
  async (database) => {
    const db = await database.open();
    const batch = [activity(1), activity(1), activity(2)];
    for (let time = 0; time < 3; time++) await record(db, batch, ["a", "b", "c"]);
    assert.deepEqual(await counts(db), { 1: 2, 2: 1 });
  },
);

eachDatabaseTest(
  "recordActivities counts an id that is twice in a batch once",
  async (database) => {
    const db = await database.open();
    await record(db, [activity(1), activity(1), activity(1)], ["a", "a", "b"]);
    assert.deepEqual(await counts(db), { 1: 2 });
  },
);

eachDatabaseTest(
  "recordActivities counts the new half of a batch that is half old",
  async (database) => {
    const db = await database.open();
    await record(db, [activity(1), activity(2)], ["a", "b"]);
    await record(db, [activity(2), activity(3), activity(1)], ["b", "c", "d"]);
    assert.deepEqual(await counts(db), { 1: 2, 2: 1, 3: 1 });
    assert.deepEqual(await inboxIds(db), ["a", "b", "c", "d"]);
  },
);

eachDatabaseTest(
  "recordActivities counts events without an id each time they come",
  async (database) => {
    const db = await database.open();
    const batch = [activity(1), activity(1), activity(2)];
    for (let time = 0; time < 2; time++) await record(db, batch, ["a"]);
    assert.deepEqual(await counts(db), { 1: 3, 2: 2 });
  },
);

eachDatabaseTest("recordActivities keeps the inboxes of queues apart", async (database) => {
  const db = await database.open();
  for (const queue of ["user_activity_shard1", "user_activity_shard2"]) {
    await recordActivities(db, [activity(1)], { queue, ids: ["a"], now: T });
  }
  assert.deepEqual(await counts(db), { 1: 2 });
});

eachDatabaseTest(
  "recordActivities applies nothing of a batch with a row that is refused",
  async (database) => {
    const db = await database.open();
    await refuseUser13(database, db);
    await record(db, [activity(1)], ["before"]);
    await assert.rejects(
      record(db, [activity(1), activity(13), activity(14)], ["a", "b", "c"]),
      (error) =>
        error instanceof Error && !(error instanceof DatabaseError) && /not_13/.test(error.message),
    );
    assert.deepEqual(await counts(db), { 1: 1 });
    assert.deepEqual(await inboxIds(db), ["before"]);
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
  "recordActivities takes ids that no database stores as they are",
  async (database) => {
    const db = await database.open();
    for (let time = 0; time < 2; time++) {
      await record(db, [activity(1), activity(2)], ["nul\0", "lone\ud800"]);
    }
    assert.deepEqual(await counts(db), { 1: 1, 2: 1 });
  },
);

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

eachDatabaseTest(
  "recordActivities of several processes loses nothing and counts shared ids once",
  async (database) => {
    const [processes, batches] = [3, 30];
    const runs = await Promise.all(
      Array.from(
        { length: processes },
        (_, worker) =>
          runProgram("database/record", [database.url, String(worker), String(batches)]),
      ),
    );
    assert.deepEqual(
      runs.map(({ stderr }) => stderr),
      ["", "", ""],
    );
    const rows = await activities(await database.open());
    assert.equal(rows.length, 40);
    for (const { client, count, time } of rows) {
      assert.equal(count, client === 1 ? processes * batches : batches);
      if (client === 1) assert.equal(time, T + processes - 1);
    }
  },
);

postgresTest(
  "recordActivities survives a deadlock with a transaction that locks in another order",
  async ({ url }) => {
    await migrateDatabase(url);
    const [db, zulip] = [await openDatabase(url), await openDatabase(url)];
    try {
      await record(db, [activity(1), activity(2)]);
      let recorded = Promise.resolve();
      await zulip.transaction().execute(async (trx) => {
        await sql`set local deadlock_timeout = '60s'`.execute(trx);
        await touch(trx, 2);
        recorded = record(db, [activity(1), activity(2)]);
        await waitForLock(zulip);
        await touch(trx, 1);
      });
      await recorded;
      assert.deepEqual(await counts(db), { 1: 102, 2: 102 });
    } finally {
      await Promise.all([db.destroy(), zulip.destroy()]);
    }
  },
);

async function touch(db: Database, user: number): Promise<void> {
  await db.updateTable("zerver_useractivity").set({ count: sql`count + 100` })
    .where("user_profile_id", "=", user).execute();
}

async function waitForLock(db: Database): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (performance.now() < deadline) {
    const { rows } = await sql`select 1 from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`.execute(db);
    if (rows.length > 0) return;
  }
  throw new Error("No transaction waited for a lock within 60 s");
}

postgresTest(
  "recordActivities applies nothing when a foreign key is found broken at commit",
  async ({ url }) => {
    await migrateDatabase(url);
    const db = await openDatabase(url);
    try {
      await createUsers(db, [1]);
      await assert.rejects(record(db, [activity(1), activity(2)], ["a", "b"]), {
        code: "23503",
      });
      assert.deepEqual(await activities(db), []);
      await record(db, [activity(1)], ["a"]);
      assert.deepEqual(await counts(db), { 1: 1 });
    } finally {
      await db.destroy();
    }
  },
);
