import assert from "node:assert/strict";
import type { Database } from "../../../lib/domain/database/database.ts";
import { claim, KEPT_MS, prune, pruneNowAndThen } from "../../../lib/domain/database/inbox.ts";
import { eachDatabaseTest, inboxIds } from "./each_database.ts";

const NOW = 1_700_000_000_000;

function claimAt(
  db: Database,
  now: number,
  ...ids: (string | undefined)[]
): Promise<boolean[]> {
  return db.transaction().execute((trx) => claim(trx, "orders", ids, now));
}

eachDatabaseTest("claim tells for each event whether its id is new", async (database) => {
  const db = await database.open();
  assert.deepEqual(await claimAt(db, NOW, "a", undefined, "b", "a"), [true, true, true, false]);
  assert.deepEqual(await claimAt(db, NOW, "c", "b", undefined), [true, false, true]);
  assert.deepEqual(await claimAt(db, NOW), []);
});

eachDatabaseTest("claim is undone with its transaction", async (database) => {
  const db = await database.open();
  const undone = db.transaction().execute(async (trx) => {
    await claim(trx, "orders", ["a"], NOW);
    throw new Error("the effect failed");
  });
  await assert.rejects(undone, { message: "the effect failed" });
  assert.deepEqual(await claimAt(db, NOW, "a"), [true]);
});

eachDatabaseTest(
  "claim of an id that another transaction has claimed waits for its end",
  async (database) => {
    const [one, other] = [await database.open(), await database.open()];
    let second: Promise<boolean[]> | undefined;
    await one.transaction().execute(async (trx) => {
      await claim(trx, "orders", ["a"], NOW);
      second = claimAt(other, NOW, "a");
    });
    assert.deepEqual(await second, [false]);
  },
);

eachDatabaseTest(
  "prune deletes the oldest ids before a time, at most as many as the limit",
  async (database) => {
    const db = await database.open();
    for (const [index, id] of ["a", "b", "c", "d"].entries()) {
      await claimAt(db, NOW + index, id);
    }
    assert.equal(await prune(db, NOW + 3, 2), 2);
    assert.deepEqual(await inboxIds(db), ["c", "d"]);
    assert.equal(await prune(db, NOW + 3, 2), 1);
    assert.equal(await prune(db, NOW + 3, 2), 0);
    assert.deepEqual(await inboxIds(db), ["d"]);
  },
);

eachDatabaseTest("pruneNowAndThen keeps ids for 8 days", async (database) => {
  const db = await database.open();
  await claimAt(db, NOW, "old");
  await claimAt(db, NOW + 1, "young");
  assert.equal(await pruneNowAndThen(db, NOW + KEPT_MS + 1), 1);
  assert.deepEqual(await inboxIds(db), ["young"]);
  assert.equal(KEPT_MS, 691_200_000);
});

eachDatabaseTest("pruneNowAndThen deletes once a minute", async (database) => {
  const db = await database.open();
  const then = NOW + KEPT_MS;
  await pruneNowAndThen(db, then);
  await claimAt(db, NOW - 1, "old");
  assert.equal(await pruneNowAndThen(db, then + 59_999), 0);
  assert.equal(await pruneNowAndThen(db, then + 60_000), 1);
});

eachDatabaseTest(
  "pruneNowAndThen goes on at the next call while there are many",
  async (database) => {
    const db = await database.open();
    await claimAt(db, NOW, ...Array.from({ length: 7_000 }, (_, index) => `id-${index}`));
    const deleted = [];
    for (let call = 0; call < 3; call++) deleted.push(await pruneNowAndThen(db, NOW + KEPT_MS + 1));
    assert.deepEqual(deleted, [5_000, 2_000, 0]);
  },
);
