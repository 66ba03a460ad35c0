import assert from "node:assert/strict";
import type { Database } from "../../../lib/domain/database/database.ts";
import { newNamedGroup, newRow } from "../../../lib/domain/database/rows.ts";
import { PushUnavailable } from "../../../lib/domain/push/push_transport.ts";
import { domainTest } from "../../fixtures/database/shapes.ts";
import { NOW, PushWorld, sqliteTest } from "./world.ts";

const SHOWN = 4096;
const LATER = { kind: "later", reason: "503 ServiceUnavailable" } as const;
const HOUR_MS = 3_600_000;

domainTest("a message is pushed to each device once, however often its event comes", async (db) => {
  const world = await PushWorld.make(db);
  await world.device("apns", "aa");
  await world.device("fcm", "bb");
  const event = world.add(await world.message());
  assert.deepEqual(await world.run(event), { kind: "done" });
  assert.deepEqual(await world.run(event), { kind: "done" });
  assert.deepEqual({ ...world.apns.counts, ...world.fcm.counts }, { aa: 1, bb: 1 });
  assert.deepEqual(await world.flags(), [SHOWN]);
  assert.equal(await world.count(), 2);
});

domainTest(
  "a device whose service cannot take the push gets it by the retry, alone",
  async (db) => {
    const world = await PushWorld.make(db);
    await world.device("apns", "aa");
    await world.device("fcm", "bb");
    world.fcm.answers.set("bb", [LATER]);
    const event = world.add(await world.message());
    assert.equal((await world.run(event)).kind, "later");
    assert.deepEqual(await world.run(event), { kind: "done" });
    assert.deepEqual({ ...world.apns.counts, ...world.fcm.counts }, { aa: 1, bb: 2 });
    assert.equal(await world.count(), 2);
  },
);

sqliteTest("an unavailable service does not block the devices of another", async (db) => {
  const world = await PushWorld.make(db);
  await world.device("apns", "aa");
  await world.device("fcm", "bb");
  world.apns.answers.set("aa", [new PushUnavailable("APNs", "no connection")]);
  const event = world.add(await world.message());
  const decision = await world.run(event);
  assert.deepEqual(decision, { kind: "later", reason: "no connection", afterMs: undefined });
  assert.deepEqual(world.fcm.counts, { bb: 1 });
  assert.deepEqual(await world.run(event), { kind: "done" });
  assert.deepEqual({ ...world.apns.counts, ...world.fcm.counts }, { aa: 2, bb: 1 });
});

domainTest(
  "a dead token is removed, from all who have it, and one that came later is not",
  async (db) => {
    const world = await PushWorld.make(db);
    await world.device("apns", "AA");
    await world.device("apns", "cc");
    await world.device("fcm", "bb");
    await world.device("apns", "aa", world.ben);
    await world.device("fcm", "BB", world.ben);
    world.apns.answers.set("AA", [{ kind: "dead", reason: "410 Unregistered" }]);
    const since = new Date(NOW - HOUR_MS);
    world.apns.answers.set("cc", [{ kind: "dead", reason: "410 Unregistered", since }]);
    world.fcm.answers.set("bb", [{ kind: "dead", reason: "404 UNREGISTERED" }]);
    assert.deepEqual(await world.run(world.add(await world.message())), { kind: "done" });
    assert.deepEqual(await world.tokens(), ["cc", "BB"]);
    assert.equal(await world.count(), 0);
  },
);

sqliteTest(
  "a push that is refused permanently is not tried again, and its device stays",
  async (db) => {
    const world = await PushWorld.make(db);
    await world.device("apns", "aa");
    world.apns.answers.set("aa", [{ kind: "refused", reason: "400 TopicDisallowed" }]);
    const event = world.add(await world.message());
    for (let time = 0; time < 2; time++) assert.deepEqual(await world.run(event), { kind: "done" });
    assert.deepEqual(world.apns.counts, { aa: 1 });
    assert.deepEqual(await world.tokens(), ["aa"]);
    assert.match(world.lines.join("\n"), /warning: The push to device \d+ .* 400 TopicDisallowed/);
  },
);

sqliteTest("a user without devices has the message marked, and two lines say why", async (db) => {
  const world = await PushWorld.make(db);
  const event = world.add(await world.message());
  assert.deepEqual(await world.run(event), { kind: "done" });
  assert.deepEqual(await world.flags(), [SHOWN]);
  const end = `push notifications for user ${world.ada} because there are no registered devices`;
  assert.deepEqual(world.lines, [`info: Skipping legacy ${end}`, `info: Skipping E2EE ${end}`]);
});

sqliteTest("a device of Apple's without its app is said to be unusable", async (db) => {
  const world = await PushWorld.make(db);
  await world.device("apns", "aa", world.ada, "");
  assert.deepEqual(await world.run(world.add(await world.message())), { kind: "done" });
  assert.match(world.lines[0] ?? "", /^error: Device \d+ has no ios_app_id, which APNs needs/);
  assert.deepEqual(world.apns.counts, {});
});

domainTest("what is read, shown, deleted or too old is not pushed", async (db) => {
  const world = await PushWorld.make(db);
  await world.device("fcm", "bb");
  const message = await world.message();
  const run = async (id: number, more = {}) => (await world.run(world.add(id), more)).kind;
  await world.setFlags(1);
  assert.equal(await run(message), "done");
  await world.setFlags(SHOWN);
  assert.equal(await run(message), "done");
  assert.deepEqual(await world.flags(), [SHOWN]);
  await world.setFlags(0);
  assert.equal(await run(message, { now: NOW + HOUR_MS }), "done");
  assert.equal(await run(987_654), "done");
  assert.deepEqual(await world.flags(), [0]);
  assert.deepEqual(world.fcm.counts, {});
  assert.deepEqual(world.lines.filter((line) => !line.startsWith("debug")), [
    `info: Message ${message} is too old to be shown to user ${world.ada}`,
    `info: Unexpected message access failure: user ${world.ada} may not read message 987654, or ` +
    "it does not exist",
  ]);
  // What was not pushed left no record that would keep it from being pushed.
  assert.equal(await run(message), "done");
  assert.deepEqual(world.fcm.counts, { bb: 1 });
});

sqliteTest("a retry stops if the message has been read", async (db) => {
  const world = await PushWorld.make(db);
  await world.device("fcm", "bb");
  world.fcm.answers.set("bb", [LATER]);
  const event = world.add(await world.message());
  await world.run(event);
  await world.setFlags(1 | SHOWN);
  assert.deepEqual(await world.run(event), { kind: "done" });
  assert.deepEqual(world.fcm.counts, { bb: 1 });
});

domainTest(
  "a user who was away for long is pushed to without a row, and brought back once",
  async (db) => {
    const world = await PushWorld.make(db, { long_term_idle: true });
    await world.device("fcm", "bb");
    const quiet = await world.message({}, []);
    assert.deepEqual(await world.run(world.add(quiet)), { kind: "done" });
    assert.deepEqual(world.published, []);
    const mention = world.add(await world.message({}, []), { trigger: "mentioned" });
    for (let time = 0; time < 2; time++) await world.run(mention);
    assert.deepEqual(world.fcm.counts, { bb: 2 });
    const event = { type: "soft_reactivate", user_profile_id: world.ada };
    assert.deepEqual(world.published, [{ queue: "deferred_work", event }]);
  },
);

sqliteTest("an active user without a row is an error", async (db) => {
  const world = await PushWorld.make(db);
  await world.device("fcm", "bb");
  const message = await world.message({}, []);
  assert.deepEqual(await world.run(world.add(message)), { kind: "done" });
  assert.match(
    world.lines.join(),
    /error: Could not find UserMessage with message_id \d+ and user/,
  );
  assert.deepEqual(world.fcm.counts, {});
});

domainTest("a push shows who wrote where, in the reader's language", async (db) => {
  const world = await PushWorld.make(db, { default_language: "de" });
  await world.device("apns", "aa");
  const cooks = await db.insertInto("zerver_usergroup").values({ realm_id: world.realm.id })
    .returning("id").executeTakeFirstOrThrow();
  const named = { usergroup_ptr_id: cooks.id, realm_id: world.realm.id, name: "cooks" };
  await db.insertInto("zerver_namedusergroup")
    .values(newNamedGroup({ ...named, group: world.realm.group })).execute();
  const id = await world.message({ subject: "" });
  await world.run(world.add(id, { trigger: "mentioned", groupId: cooks.id }));
  const [push] = world.apns.got;
  const { aps, zulip } = push?.payload as { aps: Record<string, unknown>; zulip: object };
  assert.deepEqual(aps["alert"], {
    title: "#kitchen > Allgemeiner Chat",
    subtitle: "Ben & Co hat @cooks erwähnt:",
    body: "Soup?",
  });
  assert.equal((zulip as Record<string, unknown>)["realm_url"], "https://acme.zulip.example");
  assert.equal(push?.topic, "org.zulip.Zulip");
  assert.equal(push?.expiresAt.getTime(), NOW - 1000 + HOUR_MS);
});

sqliteTest("a push of a DM group names all, and of two people the sender", async (db) => {
  const world = await PushWorld.make(db);
  await world.device("apns", "aa");
  const { realm, ada, ben } = world;
  const eve = await realm.user("eve", { full_name: "Eve" });
  const titles = [];
  for (const members of [[ada, ben, eve], [ada, ben]]) {
    const id = await realm.message(ben, await realm.directGroup(members), [ada]);
    await world.run(world.add(id, { trigger: "direct_message" }));
    const { aps } = world.apns.got.at(-1)?.payload as { aps: { alert: unknown } };
    titles.push(aps.alert);
  }
  assert.deepEqual(titles, [
    { title: "Ada, Ben & Co, Eve", subtitle: "Ben & Co:", body: "Hello" },
    { title: "Ben & Co", subtitle: "", body: "Hello" },
  ]);
});

domainTest("a guest does not learn who wrote in a channel that is open to all", async (db) => {
  const world = await PushWorld.make(db, { role: 600 });
  await world.device("fcm", "bb");
  await db.updateTable("zerver_subscription").set({ active: false })
    .where("user_profile_id", "=", world.ben).execute();
  await world.run(world.add(await world.message()));
  const { data } = world.fcm.got[0]?.message as { data: Record<string, string> };
  assert.deepEqual([data["sender_full_name"], data["sender_email"], data["sender_avatar_url"]], [
    "Unknown user",
    `user${world.ben}@acme.zulip.example`,
    "https://acme.zulip.example/static/images/unknown-user-avatar.png",
  ]);
});

sqliteTest("a push that nobody saw end is made again, when its run must have ended", async (db) => {
  const world = await PushWorld.make(db);
  await world.device("fcm", "bb");
  await world.device("apns", "aa");
  world.fcm.answers.set("bb", [new Error("ended")]);
  const event = world.add(await world.message());
  await assert.rejects(world.run(event), /^Error: ended/);
  world.owner = "another run";
  const begin = { maxSeconds: 60, retriedAt: undefined };
  const decision = await world.run(event, { now: NOW + 1_000, begin });
  assert.deepEqual(decision, {
    kind: "later",
    reason: "another process is pushing this, or was when it ended",
    afterMs: 59_000,
  });
  assert.deepEqual(await world.run(event, { now: NOW + 60_000, begin }), { kind: "done" });
  assert.deepEqual({ ...world.apns.counts, ...world.fcm.counts }, { aa: 1, bb: 2 });
  assert.deepEqual(world.lines.filter((line) => line.includes("maybe")), [
    `warning: Device 1 of user ${world.ada} was maybe pushed to, and is pushed to again`,
  ]);
});

sqliteTest(
  "a user's soft reactivation stays in the outbox while the broker is unavailable",
  async (db) => {
    const world = await PushWorld.make(db, { long_term_idle: true });
    world.isBrokerAway = true;
    const event = world.add(await world.message({}, []), { trigger: "mentioned" });
    assert.deepEqual(await world.run(event), { kind: "done" });
    const rows = await db.selectFrom("process_queue_outbox").select(["queue", "body"]).execute();
    const body = JSON.stringify({ type: "soft_reactivate", user_profile_id: world.ada });
    assert.deepEqual(rows, [{ queue: "deferred_work", body }]);
  },
);

domainTest("a message that is archived is not pushed, silently", async (db) => {
  const world = await PushWorld.make(db);
  await world.device("fcm", "bb");
  const id = await world.message();
  await archive(db, id);
  assert.deepEqual(await world.run(world.add(id)), { kind: "done" });
  assert.deepEqual(world.fcm.counts, {});
  assert.deepEqual(world.lines, [`debug: Message ${id} is archived`]);
});

/** Moves a message to the archive, as its deletion does. */
async function archive(db: Database, id: number): Promise<void> {
  const { search_tsvector: _, ...row } = await db.selectFrom("zerver_message").selectAll()
    .where("id", "=", id).executeTakeFirstOrThrow();
  const { id: archive_transaction_id } = await db.insertInto("zerver_archivetransaction")
    .values(newRow("zerver_archivetransaction", { timestamp: row.date_sent, type: 2 }))
    .returning("id").executeTakeFirstOrThrow();
  await db.insertInto("zerver_archivedmessage").values({ ...row, archive_transaction_id })
    .execute();
  await db.deleteFrom("zerver_usermessage").where("message_id", "=", id).execute();
  await db.deleteFrom("zerver_message").where("id", "=", id).execute();
}
