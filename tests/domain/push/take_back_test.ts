import assert from "node:assert/strict";
import { domainTest } from "../../fixtures/database/shapes.ts";
import { PushWorld, sqliteTest } from "./world.ts";

const SHOWN = 4096;
const STARRED = 2;

domainTest("messages are removed from each device once", async (db) => {
  const world = await PushWorld.make(db);
  await world.device("apns", "aa");
  await world.device("fcm", "bb");
  world.fcm.answers.set("bb", [{ kind: "later", reason: "503" }]);
  const ids = [await world.message(), await world.message()];
  await world.setFlags(SHOWN | STARRED);
  const event = { type: "remove", user_profile_id: world.ada, message_ids: ids.toReversed() };
  assert.equal((await world.run(event)).kind, "later");
  assert.deepEqual(await world.flags(), [STARRED, STARRED]);
  assert.deepEqual(await world.run(event), { kind: "done" });
  assert.deepEqual({ ...world.apns.counts, ...world.fcm.counts }, { aa: 1, bb: 2 });
  const [apns] = world.apns.got;
  assert.deepEqual([apns?.pushType, apns?.priority, apns?.collapseId], ["alert", 5, undefined]);
  const { aps, zulip } = apns?.payload as { aps: unknown; zulip: Record<string, unknown> };
  assert.deepEqual(aps, { badge: 0 });
  assert.equal(zulip["zulip_message_ids"], ids.join(","));
  const { data, android } = world.fcm.got[0]?.message as Record<string, Record<string, unknown>>;
  assert.deepEqual([data?.["event"], android?.["priority"]], ["remove", "NORMAL"]);
});

domainTest("of 201 messages the newest 200 are named, and all are marked", async (db) => {
  const world = await PushWorld.make(db);
  await world.device("fcm", "bb");
  const message_ids: number[] = [];
  for (let count = 0; count < 201; count++) message_ids.push(await world.message());
  await world.setFlags(SHOWN);
  const event = { type: "remove", user_profile_id: world.ada, message_ids };
  assert.deepEqual(await world.byBouncer(event), { kind: "done" });
  assert.deepEqual(new Set(await world.flags()), new Set([0]));
  const [body] = world.bouncer.notified;
  assert.equal(body?.gcm_payload["zulip_message_ids"], message_ids.slice(1).join(","));
  assert.deepEqual(body?.gcm_options, { priority: "normal" });
});

sqliteTest("a user without devices has the messages marked", async (db) => {
  const world = await PushWorld.make(db);
  const message_ids = [await world.message()];
  await world.setFlags(SHOWN);
  const event = { type: "remove", user_profile_id: world.ada, message_ids };
  assert.deepEqual(await world.run(event), { kind: "done" });
  assert.deepEqual(await world.flags(), [0]);
});

sqliteTest("a removed message is not shown by a later attempt", async (db) => {
  const world = await PushWorld.make(db);
  await world.device("fcm", "bb");
  world.fcm.answers.set("bb", [{ kind: "later", reason: "503" }]);
  const id = await world.message();
  const event = world.add(id);
  assert.equal((await world.run(event)).kind, "later");
  await world.run({ type: "remove", user_profile_id: world.ada, message_ids: [id] });
  assert.deepEqual(await world.run(event), { kind: "done" });
  const events = world.fcm.got.map(({ message }) => (message["data"] as { event: string }).event);
  assert.deepEqual(events, ["message", "remove"]);
});
