import assert from "node:assert/strict";
import { openDatabase } from "../../../lib/domain/database/database.ts";
import { pieces } from "../../../lib/domain/database/pieces.ts";
import { newUser } from "../../../lib/domain/database/rows.ts";
import { MADE } from "../../fixtures/database/realm.ts";
import { domainTest } from "../../fixtures/database/shapes.ts";
import { CUTOFF, DigestWorld, LONG_AGO, NOW, topicsOf } from "./world.ts";

/** Fills a realm: each of some users has a channel with topics, and one hides messages. */
async function fill(world: DigestWorld, count: number): Promise<number[]> {
  const users: number[] = [];
  for (let at = 0; at < count; at++) {
    const message_content_in_email_notifications = at !== 1;
    const name = `user${count}-${at}`;
    users.push(await world.realm.user(name, { message_content_in_email_notifications }));
    const { recipient } = await world.channel(`channel ${count} ${at}`, users);
    for (let topic = 0; topic < 6; topic++) {
      await world.write(users[0] ?? 0, recipient, `topic ${topic}`, { readers: users });
    }
  }
  return users;
}

domainTest("the number of statements does not depend on the number of users", async (db) => {
  const world = await DigestWorld.make(db);
  const few = await fill(world, 2);
  const many = await fill(world, 9);
  const statements = async (users: readonly number[]) => {
    let count = 0;
    const counting = db.withPlugin({
      transformQuery: ({ node }) => {
        count++;
        return node;
      },
      transformResult: ({ result }) => Promise.resolve(result),
    });
    const made = await world.make(users, { db: counting });
    assert.deepEqual(made?.mailed, users);
    return count;
  };
  const one = await statements(few);
  assert.equal(await statements(many), one);
  assert(one <= 20, `${one} statements`);
});

domainTest("topics are read once for the events of a minute, and then again", async (db) => {
  const world = await DigestWorld.make(db);
  const { realm } = world;
  const [ada, ben] = [await realm.user("ada"), await realm.user("ben")];
  const cleo = await realm.user("cleo");
  const { recipient } = await world.channel("kitchen", [ada, ben, cleo]);
  await world.write(ada, recipient, "soup");
  await world.make([ada]);
  assert.deepEqual(topicsOf(world.context()), ["#kitchen > soup"]);
  await world.write(ada, recipient, "stew");
  await world.make([ben], { now: NOW + 59_000 });
  assert.deepEqual(topicsOf(world.context()), ["#kitchen > soup"]);
  await world.make([cleo], { now: NOW + 60_000 });
  assert.deepEqual(topicsOf(world.context()), ["#kitchen > soup", "#kitchen > stew"]);
});

domainTest("topics are read again for another cutoff", async (db) => {
  const world = await DigestWorld.make(db);
  const [ada, ben] = [await world.realm.user("ada"), await world.realm.user("ben")];
  const { recipient } = await world.channel("kitchen", [ada, ben]);
  await world.write(ada, recipient, "old", { date_sent: LONG_AGO });
  await world.write(ada, recipient, "new");
  await world.make([ada]);
  assert.deepEqual(topicsOf(world.context()), ["#kitchen > new"]);
  await world.make([ben], { cutoff: CUTOFF - 10_000 });
  assert.deepEqual(topicsOf(world.context()), ["#kitchen > old", "#kitchen > new"]);
});

domainTest("two events for a user at the same time make one digest", async (db, { url }) => {
  const world = await DigestWorld.make(db);
  const ada = await world.realm.user("ada");
  await world.channel("new", [], { made: MADE });
  // SQLite's database in memory has one handle, whose transactions come one after another.
  const other = url.startsWith("sqlite") ? undefined : await openDatabase(url);
  try {
    const both = await Promise.all([
      world.make([ada]),
      world.make([ada], { cutoff: CUTOFF + 1000, ...(other && { db: other }) }),
    ]);
    assert.deepEqual(both.flatMap((made) => made?.mailed ?? []), [ada]);
    assert.equal(world.published.length, 1);
  } finally {
    await other?.destroy();
  }
});

Deno.test("an event may have more users than a statement has rows", async () => {
  await using db = await openDatabase("sqlite::memory:");
  const world = await DigestWorld.make(db);
  const users = Array.from({ length: 4_700 }, (_, at) =>
    newUser({
      realm_id: world.realm.id,
      delivery_email: `user${at}@example.com`,
      date_joined: LONG_AGO,
    }));
  const ids: number[] = [];
  for (const some of pieces(users, 300)) {
    const rows = await db.insertInto("zerver_userprofile").values(some).returning("id").execute();
    ids.push(...rows.map(({ id }) => id));
  }
  await world.channel("new", [], { made: MADE });
  const made = await world.make(ids);
  assert.equal(made?.mailed.length, ids.length);
});
