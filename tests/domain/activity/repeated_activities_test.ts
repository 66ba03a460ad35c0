/**
 * Events of activities that come again: each id counts once.
 *
 * @module
 */

import assert from "node:assert/strict";
import { recordActivities } from "../../../lib/domain/activity/user_activity.ts";
import { activity, counts, record, T } from "../../fixtures/database/activity.ts";
import { eachDatabaseTest, inboxIds } from "../database/each_database.ts";

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
  "recordActivities takes ids that no database stores as they are",
  async (database) => {
    const db = await database.open();
    for (let time = 0; time < 2; time++) {
      await record(db, [activity(1), activity(2)], ["nul\0", "lone\ud800"]);
    }
    assert.deepEqual(await counts(db), { 1: 1, 2: 1 });
  },
);
