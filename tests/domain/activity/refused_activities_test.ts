/**
 * Activities that a database refuses.
 *
 * @module
 */

import assert from "node:assert/strict";
import { SqliteAdapter } from "kysely";
import { recordAccepted } from "../../../lib/domain/activity/user_activity.ts";
import {
  type Database,
  migrateDatabase,
  openDatabase,
} from "../../../lib/domain/database/database.ts";
import { DatabaseError } from "../../../lib/domain/database/database_error.ts";
import { activity, counts, record, T } from "../../fixtures/database/activity.ts";
import { postgresTest } from "../../servers.ts";
import {
  activities,
  createUsers,
  eachDatabaseTest,
  inboxIds,
  inFolder,
  refuseUser13,
} from "../database/each_database.ts";

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
  const getExecutor = () => ({ adapter: new SqliteAdapter() });
  const db = { getExecutor, transaction: () => ({ execute }) } as unknown as Database;
  const batch = [1, 2, 3, 4].map((user) => activity(user));
  const origin = { queue: "user_activity", ids: batch.map(() => undefined), now: 0 };
  assert.deepEqual(await recordAccepted(db, batch, origin), [lost, lost, lost, lost]);
  assert.equal(tries, 2);
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
