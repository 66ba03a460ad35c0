/**
 * The rows that the times of users become.
 *
 * @module
 */

import assert from "node:assert/strict";
import { type RawBuilder, sql } from "kysely";
import { addActiveTime, storeActiveTime } from "../../../lib/domain/activity/stored_intervals.ts";
import { type Database, openDatabase } from "../../../lib/domain/database/database.ts";
import { isPostgres } from "../../../lib/domain/database/dialect.ts";
import { intervalsOf, minute } from "../../fixtures/database/intervals.ts";
import { untilOneWaits } from "../../fixtures/database/locks.ts";
import { TestRealm } from "../../fixtures/database/realm.ts";
import { domainTest, OWN_TEMPLATE } from "../../fixtures/database/shapes.ts";
import { runProgram } from "../../fixtures/run_program.ts";
import { postgresCopyTest } from "../../servers.ts";
import { eachDatabaseTest } from "../database/each_database.ts";

/** Stores times of a user who exists. @param minutes Since the fixture's time. */
async function store(db: Database, userId: number, ...minutes: number[]): Promise<void> {
  for (const minutesOf of minutes) {
    assert.equal(await storeActiveTime(db, { userId, time: minute(minutesOf) }), "stored");
  }
}

domainTest("storeActiveTime makes intervals as Zulip does", async (db) => {
  const user = await (await TestRealm.make(db)).user("ada");
  await store(db, user, 0);
  assert.deepEqual(await intervalsOf(db, user), [[0, 15]]);
  await store(db, user, 10);
  assert.deepEqual(await intervalsOf(db, user), [[0, 25]]);
  await store(db, user, 60);
  assert.deepEqual(await intervalsOf(db, user), [[0, 25], [60, 75]]);
  await store(db, user, 50);
  assert.deepEqual(await intervalsOf(db, user), [[0, 25], [50, 75]]);
});

domainTest(
  "storeActiveTime stores times that come late or again as if they had not",
  async (db) => {
    const realm = await TestRealm.make(db);
    const [ada, ben] = [await realm.user("ada"), await realm.user("ben")];
    await store(db, ada, 0, 10, 60, 120);
    await store(db, ben, 120, 60, 10, 60, 0, 10, 0, 120);
    const expected = [[0, 25], [60, 75], [120, 135]];
    assert.deepEqual(await intervalsOf(db, ada), expected);
    assert.deepEqual(await intervalsOf(db, ben), expected);
  },
);

domainTest(
  "storeActiveTime joins intervals with what was between them, of one user",
  async (db) => {
    const realm = await TestRealm.make(db);
    const [ada, ben] = [await realm.user("ada"), await realm.user("ben")];
    await store(db, ada, 0, 20, 60);
    assert.deepEqual(await intervalsOf(db, ada), [[0, 15], [20, 35], [60, 75]]);
    await store(db, ben, 10);
    await store(db, ada, 10);
    assert.deepEqual(await intervalsOf(db, ada), [[0, 35], [60, 75]]);
    assert.deepEqual(await intervalsOf(db, ben), [[10, 25]]);
  },
);

domainTest(
  "storeActiveTime keeps milliseconds, from 1970 to 9999",
  async (db) => {
    const user = await (await TestRealm.make(db)).user("ada");
    const quarter = 15 * 60_000;
    const times = [0, 1_700_000_000_123, 253_402_300_799_000 - quarter];
    for (const time of times) {
      assert.equal(
        await storeActiveTime(db, { userId: user, time }),
        "stored",
      );
    }
    const rows = await db.selectFrom("zerver_useractivityinterval").select(["start", "end"])
      .orderBy("start").execute();
    assert.deepEqual(
      rows.map(({ start, end }) => [start.getTime(), end.getTime()]),
      times.map((time) => [time, time + quarter]),
    );
  },
);

domainTest(
  "storeActiveTime leaves the microseconds of the side that does not change",
  async (db) => {
    const user = await (await TestRealm.make(db)).user("ada");
    await store(db, user, 0);
    const [start, end] = ["2023-11-14T22:13:20.123456Z", "2023-11-14T22:28:20.654321Z"];
    await sql`update zerver_useractivityinterval set start = ${start}, "end" = ${end}`.execute(db);
    await store(db, user, -10);
    assert.deepEqual(await exactTimes(db), { start: "2023-11-14T22:03:20.000000Z", end });
    await store(db, user, 10);
    assert.deepEqual(await exactTimes(db), {
      start: "2023-11-14T22:03:20.000000Z",
      end: "2023-11-14T22:38:20.000000Z",
    });
  },
);

/** The only interval, with microseconds. */
async function exactTimes(db: Database): Promise<unknown> {
  const exact = (column: "start" | "end"): RawBuilder<string> =>
    isPostgres(db)
      ? sql`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
      : sql`cast(${sql.ref(column)} as text)`;
  return await db.selectFrom("zerver_useractivityinterval")
    .select([exact("start").as("start"), exact("end").as("end")]).executeTakeFirstOrThrow();
}

domainTest("storeActiveTime reports a user who does not exist, and stores nothing", async (db) => {
  assert.equal(await storeActiveTime(db, { userId: 4711, time: minute(0) }), "gone");
  assert.deepEqual(await intervalsOf(db, 4711), []);
});

eachDatabaseTest(
  "storeActiveTime of four processes makes no two intervals that overlap",
  async (database) => {
    const db = await database.open();
    const realm = await TestRealm.make(db);
    const users = [await realm.user("ada"), await realm.user("ben"), await realm.user("eva")];
    const [processes, hours] = [4, 25];
    const runs = await Promise.all(
      Array.from({ length: processes }, (_, number) =>
        runProgram("database/store_active_times", [
          database.url,
          ...[number, processes, users.join(), hours].map(String),
        ])),
    );
    assert.deepEqual(runs.map(({ stderr }) => stderr), ["", "", "", ""]);
    const expected = Array.from({ length: hours }, (_, hour) => [hour * 60, hour * 60 + 18]);
    for (const user of users) assert.deepEqual(await intervalsOf(db, user), expected);
  },
);

postgresCopyTest(
  "storeActiveTime waits for another transaction with a time of the user, and for no other's",
  OWN_TEMPLATE,
  async ({ url }) => {
    await using db = await openDatabase(url);
    const realm = await TestRealm.make(db);
    const [ada, ben] = [await realm.user("ada"), await realm.user("ben")];
    let waiting = Promise.resolve();
    await db.transaction().execute(async (trx) => {
      await addActiveTime(trx, { userId: ada, time: minute(0) });
      await store(db, ben, 0);
      waiting = store(db, ada, 5);
      await untilOneWaits(db);
    });
    await waiting;
    assert.deepEqual(await intervalsOf(db, ada), [[0, 20]]);
  },
);
