import assert from "node:assert/strict";
import { type Database, openDatabase } from "../../../../lib/domain/database/database.ts";
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

/** A user has two rows. The function gets them, and another handle. */
function heldTest(
  name: string,
  fn: (db: Database, other: Database, ada: number, messages: [number, number]) => Promise<void>,
): void {
  domainTest(name, async (db, { url }) => {
    if (url.startsWith("sqlite")) return; // It has one writer at a time.
    const world = await MissedWorld.make(db);
    const ada = await world.realm.user("ada");
    const { recipient } = await world.realm.channel("kitchen");
    const first = await world.realm.message(ada, recipient, [ada]);
    const second = await world.realm.message(ada, recipient, [ada]);
    for (const message of [first, second]) await world.miss(ada, message, "mentioned");
    await using other = await openDatabase(url);
    await fn(db, other, ada, [first, second]);
  });
}

/** The messages of the user's rows, as a worker takes them. */
async function taken(db: Database, user: number): Promise<number[]> {
  const rows = await db.transaction().execute((trx) => takeDue(trx, user, DUE));
  return rows.map(({ messageId }) => messageId);
}

heldTest("of two workers one takes all rows of a user", async (db, other, ada, messages) => {
  await db.transaction().execute(async (trx) => {
    const [mine, ...more] = await takeDue(trx, ada, DUE);
    assert.deepEqual([mine?.messageId, more.length], [messages[0], 1]);
    assert.deepEqual(await taken(other, ada), []);
    // What it does not delete stays.
    await removeRows(trx, [mine?.id ?? 0]);
  });
  assert.deepEqual(await taken(other, ada), [messages[1]]);
});

heldTest("rows that another transaction holds are left to it", async (db, other, ada, messages) => {
  await db.transaction().execute(async (trx) => {
    const locked = await trx.selectFrom("zerver_scheduledmessagenotificationemail").select("id")
      .where("message_id", "=", messages[0]).forUpdate().execute();
    assert.equal(locked.length, 1);
    assert.deepEqual(await taken(other, ada), [messages[1]]);
  });
  assert.deepEqual(await taken(other, ada), messages);
});

heldTest(
  "rows whose message is being deleted are left to that",
  async (db, other, ada, messages) => {
    await db.transaction().execute(async (trx) => {
      await trx.selectFrom("zerver_message").select("id").where("id", "=", messages[0])
        .forUpdate().execute();
      assert.deepEqual(await taken(other, ada), [messages[1]]);
    });
    assert.deepEqual(await taken(other, ada), messages);
  },
);

heldTest(
  "a message is not deleted while its mail is made",
  async (db, other, ada, messages) => {
    await db.transaction().execute(async (trx) => {
      await takeDue(trx, ada, DUE);
      const locked = await other.selectFrom("zerver_message").select("id")
        .where("id", "in", messages).forUpdate().skipLocked().execute();
      assert.deepEqual(locked, []);
    });
  },
);
