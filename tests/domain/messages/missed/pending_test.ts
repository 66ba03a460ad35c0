import assert from "node:assert/strict";
import { openDatabase } from "../../../../lib/domain/database/database.ts";
import {
  addMissed,
  removeRows,
  takeDue,
  usersDue,
} from "../../../../lib/domain/messages/missed/pending.ts";
import { domainTest } from "../../../fixtures/database/shapes.ts";
import { DUE, MissedWorld, NOW } from "./world.ts";

const SECOND = 1000;

domainTest("a burst of missed messages is due together, by the user's period", async (db) => {
  const world = await MissedWorld.make(db);
  const { realm } = world;
  const [ada, ben] = [await realm.user("ada"), await realm.user("ben")];
  const cleo = await realm.user("cleo", { email_notifications_batching_period_seconds: 600 });
  const { recipient } = await realm.channel("kitchen", [ada, ben, cleo]);
  const messages = [1, 2].map(() => realm.message(ben, recipient, [ada, cleo]));
  const [first = 0, second = 0] = await Promise.all(messages);
  const add = (userId: number, messageId: number, id: string, now: number) => {
    const event = { userId, messageId, trigger: "wildcard_mentioned", groupId: null };
    return addMissed(db, event, { queue: "q", id, now });
  };
  assert.equal(await add(ada, first, "a", NOW), "added");
  assert.equal(await add(ada, second, "b", NOW + 60 * SECOND), "added");
  assert.equal(await add(cleo, second, "c", NOW), "added");
  assert.equal(await add(ada, second, "b", NOW + 60 * SECOND), "again");
  assert.deepEqual(await world.due(ada), [120 * SECOND, 120 * SECOND]);
  assert.deepEqual(await world.due(cleo), [600 * SECOND]);
  assert.deepEqual(await usersDue(db, DUE - 1, 9), []);
  assert.deepEqual(await usersDue(db, DUE, 9), [ada]);
  assert.deepEqual(await usersDue(db, DUE + 480 * SECOND, 9), [ada, cleo]);
  assert.deepEqual(await usersDue(db, DUE + 480 * SECOND, 1), [ada]);
  const rows = await db.transaction().execute((trx) => takeDue(trx, ada, DUE));
  assert.deepEqual(rows.map(({ messageId, trigger }) => [messageId, trigger]), [
    [first, "stream_wildcard_mentioned"],
    [second, "stream_wildcard_mentioned"],
  ]);
});

domainTest("a missed message whose user, message or group is gone is skipped", async (db) => {
  const world = await MissedWorld.make(db);
  const [ada, ben] = [await world.realm.user("ada"), await world.realm.user("ben")];
  const { recipient } = await world.realm.channel("kitchen");
  const message = await world.realm.message(ben, recipient, [ada]);
  const gone = 987_654;
  assert.equal(await world.miss(gone, message, "mentioned"), "gone");
  assert.equal(await world.miss(ada, gone, "mentioned"), "gone");
  assert.equal(await world.miss(ada, message, "mentioned", gone), "gone");
  assert.deepEqual(await world.due(ada), []);
  assert.equal(await world.miss(ada, message, "mentioned", world.realm.group), "added");
});

domainTest("rows that another transaction holds are left to it", async (db, { url }) => {
  if (url.startsWith("sqlite")) return; // It has one writer at a time.
  const world = await MissedWorld.make(db);
  const ada = await world.realm.user("ada");
  const { recipient } = await world.realm.channel("kitchen");
  const first = await world.realm.message(ada, recipient, [ada]);
  const second = await world.realm.message(ada, recipient, [ada]);
  await world.miss(ada, first, "mentioned");
  await using other = await openDatabase(url);
  await db.transaction().execute(async (trx) => {
    const mine = await takeDue(trx, ada, DUE);
    assert.deepEqual(mine.map(({ messageId }) => messageId), [first]);
    // A row that comes meanwhile, with the same time, is not deleted with the others.
    await new MissedWorld(other, world.realm, {}).miss(ada, second, "mentioned");
    const others = await other.transaction().execute((trx) => takeDue(trx, ada, DUE));
    assert.deepEqual(others.map(({ messageId }) => messageId), [second]);
    await removeRows(trx, mine.map(({ id }) => id));
  });
  const left = await db.transaction().execute((trx) => takeDue(trx, ada, DUE));
  assert.deepEqual(left.map(({ messageId }) => messageId), [second]);
});
