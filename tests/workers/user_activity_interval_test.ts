import assert from "node:assert/strict";
import { openTestDatabase, runEvent } from "process-queue/testing";
import type { Database } from "../../lib/domain/database/database.ts";
import { migrateDatabase, openDatabase } from "../../lib/domain/database/database.ts";
import { startPostgres } from "../../scripts/postgres.ts";
import userActivityInterval from "../../workers/user_activity_interval.ts";
import { intervalsOf, T } from "../fixtures/database/intervals.ts";
import { TestRealm } from "../fixtures/database/realm.ts";
import { postgresTest } from "../servers.ts";

/** Runs an event, whose id is always the same. */
function run(database: Database, event: unknown): ReturnType<typeof runEvent> {
  return runEvent(userActivityInterval, event, { database, messageId: "e1" });
}

/** Runs an event that must be done. */
async function done(db: Database, event: unknown): Promise<void> {
  const { outcome, error } = await run(db, event);
  assert.equal(outcome, "done", error?.message);
}

Deno.test("user_activity_interval takes Zulip's events, also again and late", async () => {
  await using db = await openTestDatabase();
  const user_profile_id = await (await TestRealm.make(db)).user("ada");
  const [first, second, third] = [0, 10, 60].map((minute) => ({
    user_profile_id,
    time: T + minute * 60,
  }));
  for (const event of [first, third, { ...second, failed_tries: 1 }, first, second, third]) {
    await done(db, event);
  }
  assert.deepEqual(await intervalsOf(db, user_profile_id), [[0, 25], [60, 75]]);
});

Deno.test("user_activity_interval takes times with a fraction, from 1970 to 9999", async () => {
  await using db = await openTestDatabase();
  const user_profile_id = await (await TestRealm.make(db)).user("ada");
  for (const time of [0, T + 0.25, 253_402_299_899]) await done(db, { user_profile_id, time });
  const rows = await db.selectFrom("zerver_useractivityinterval").select("end").execute();
  assert.deepEqual(rows.map(({ end }) => end.toISOString()).sort(), [
    "1970-01-01T00:15:00.000Z",
    "2023-11-14T22:28:20.250Z",
    "9999-12-31T23:59:59.000Z",
  ]);
});

Deno.test("user_activity_interval refuses what is not an event of Zulip's", async () => {
  await using db = await openTestDatabase();
  const wrong = [
    { user_profile_id: 0 },
    { user_profile_id: 2 ** 31 },
    { user_profile_id: "1" },
    { time: -1 },
    { time: T * 1000 },
    { time: "now" },
    { time: undefined },
  ];
  for (const change of wrong) {
    const { outcome, reason } = await run(db, { user_profile_id: 1, time: T, ...change });
    assert.deepEqual([outcome, reason], ["failed", "invalid"], JSON.stringify(change));
  }
});

Deno.test("user_activity_interval has nothing to do for a user who was deleted", async () => {
  await using db = await openTestDatabase();
  const { outcome, error } = await run(db, { user_profile_id: 4711, time: T });
  assert.deepEqual([outcome, error?.message], ["discarded", "User 4711 does not exist"]);
});

postgresTest("user_activity_interval waits for its database, and goes on with it", async () => {
  await using server = await startPostgres();
  await migrateDatabase(server.url);
  await using db = await openDatabase(server.url);
  const user_profile_id = await (await TestRealm.make(db)).user("ada");
  await done(db, { user_profile_id, time: T });
  await server.stop();
  const later = { user_profile_id, time: T + 600 };
  const { outcome, error } = await run(db, later);
  assert.equal(outcome, "paused");
  assert.equal(error?.message, "Waiting for the database");
  assert.match(error?.stack ?? "", /PostgreSQL at .* cannot be reached/);
  await server.start();
  await done(db, later);
  assert.deepEqual(await intervalsOf(db, user_profile_id), [[0, 25]]);
});
