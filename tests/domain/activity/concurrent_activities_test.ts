/**
 * Activities that several processes record at once, or beside Zulip.
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
import { activity, counts, record, T } from "../../fixtures/database/activity.ts";
import { untilOneWaits } from "../../fixtures/database/locks.ts";
import { runProgram } from "../../fixtures/run_program.ts";
import { postgresTest } from "../../servers.ts";
import { activities, eachDatabaseTest } from "../database/each_database.ts";

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
        await untilOneWaits(zulip);
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
