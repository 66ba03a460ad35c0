import assert from "node:assert/strict";
import { openDatabase } from "../../../../lib/domain/database/database.ts";
import { domainTest } from "../../../fixtures/database/shapes.ts";
import { DUE, FakeContext, MAKER, MissedWorld, NOW, rowIds } from "./world.ts";

/** Makes no mail of messages that say so. */
const BREAKING: Parameters<typeof MissedWorld.make>[1] = {
  show(messages, ...more) {
    if (messages.some(({ content }) => content === "broken")) throw new Error("no");
    return MAKER.show(messages, ...more);
  },
};

domainTest(
  "a mail that cannot be made costs neither its user nor others their mails",
  async (db) => {
    const world = await MissedWorld.make(db, BREAKING);
    const { realm, ctx } = world;
    const [ada, ben] = [await realm.user("ada"), await realm.user("ben")];
    const { recipient } = await realm.channel("kitchen", [ada, ben]);
    const garden = await realm.channel("garden", [ada, ben]);
    const bad = await world.toChannel(ben, recipient, ada, "broken");
    await world.miss(ada, bad, "mentioned");
    await world.miss(ada, await world.toChannel(ben, garden.recipient, ada, "Rain"), "mentioned");
    await world.pass();
    assert.deepEqual(ctx.mails.map(({ event }) => event.context.channel_name), ["garden"]);
    assert.deepEqual(await world.due(ada), [DUE + 60_000 - NOW]);
    await world.pass(DUE + 60_000);
    assert.deepEqual(await world.due(ada), [DUE + 180_000 - NOW]);
    assert.equal(ctx.mails.length, 1);
    assert.equal(ctx.errors.length, 2);
  },
);

domainTest("a user whose mails fail is tried again, and others have theirs", async (db) => {
  let isBroken = true;
  const world = await MissedWorld.make(db, {
    show(messages, ...more) {
      if (isBroken && messages.some(({ content }) => content === "broken")) throw new Error("no");
      return MAKER.show(messages, ...more);
    },
  });
  const { realm, ctx } = world;
  const [ada, ben] = [await realm.user("ada"), await realm.user("ben")];
  const { recipient } = await realm.channel("kitchen", [ada, ben]);
  await world.miss(ada, await world.toChannel(ben, recipient, ada, "broken"), "mentioned");
  await world.miss(ben, await world.toChannel(ada, recipient, ben, "Soup?"), "mentioned");
  await world.pass();
  assert.deepEqual(ctx.mails.map(({ event }) => event.to_user_ids), [[ben]]);
  assert.deepEqual(await world.due(ada), [DUE + 60_000 - NOW]);
  const addresses = () =>
    db.selectFrom("zerver_missedmessageemailaddress").select("user_profile_id").execute();
  assert.deepEqual(await addresses(), [{ user_profile_id: ben }]);
  await world.pass(DUE + 60_000);
  assert.deepEqual(await world.due(ada), [DUE + 180_000 - NOW]);
  assert.deepEqual(ctx.errors, [
    `The mail to user ${ada} about 1 missed messages could not be made, and is tried again in ` +
    "60 s: no",
    `The mail to user ${ada} about 1 missed messages could not be made, and is tried again in ` +
    "120 s: no",
  ]);
  isBroken = false;
  await world.pass(DUE + 180_000);
  assert.deepEqual(ctx.mails.map(({ event }) => event.to_user_ids), [[ben], [ada]]);
  assert.deepEqual(await rowIds(world), []);
});

Deno.test("a message that keeps failing is given up after a day, and newer ones are not", async () => {
  await using db = await openDatabase("sqlite::memory:");
  const world = await MissedWorld.make(db, BREAKING);
  const { realm, ctx } = world;
  const [ada, ben] = [await realm.user("ada"), await realm.user("ben")];
  const { recipient } = await realm.channel("kitchen", [ada, ben]);
  await world.miss(ada, await world.toChannel(ben, recipient, ada, "broken"), "mentioned");
  const [DAY, HOUR] = [24 * 60 * 60_000, 3_600_000];
  const later = { date_sent: new Date(NOW + DAY) };
  await world.miss(ada, await world.toChannel(ben, recipient, ada, "Soup?", later), "mentioned");
  for (let hour = 1; hour <= 4; hour++) await world.pass(NOW + DAY + hour * HOUR);
  assert.equal((await rowIds(world)).length, 2);
  await world.pass(NOW + DAY + 5 * HOUR);
  assert.equal((await rowIds(world)).length, 1);
  assert.deepEqual(ctx.errors.slice(-2), [
    `The mail to user ${ada} about 1 missed messages could not be made 5 times, and is given ` +
    "up, since the messages are over a day old: no",
    `The mail to user ${ada} about 1 missed messages could not be made, and is tried again in ` +
    "960 s: no",
  ]);
  await world.pass(NOW + DAY + 6 * HOUR);
  assert.deepEqual(ctx.mails.map(({ event }) => event.context.message_count), [1]);
  assert.deepEqual(await rowIds(world), []);
});

domainTest("mails that cannot be published stay in the outbox with their ids", async (db) => {
  const world = await MissedWorld.make(db);
  const [ada, ben] = [await world.realm.user("ada"), await world.realm.user("ben")];
  const { recipient } = await world.realm.channel("kitchen", [ada, ben]);
  await world.miss(ada, await world.toChannel(ben, recipient, ada, "Soup?"), "mentioned");
  const [row] = await rowIds(world);
  const away = new FakeContext();
  away.isAway = true;
  await world.pass(DUE, away);
  const kept = await db.selectFrom("process_queue_outbox").select(["queue", "message_id"])
    .execute();
  assert.deepEqual(kept, [{ queue: "email_senders", message_id: `missed:${row}` }]);
  assert.deepEqual(await rowIds(world), []);
});
