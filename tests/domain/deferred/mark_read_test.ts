import assert from "node:assert/strict";
import { sql } from "kysely";
import { openDatabase } from "../../../lib/domain/database/database.ts";
import type { Database } from "../../../lib/domain/database/tables.ts";
import { markChannelsRead } from "../../../lib/domain/deferred/mark_channels_read.ts";
import { markReadForEveryone } from "../../../lib/domain/deferred/mark_read_for_everyone.ts";
import { FakeJobContext } from "../../fixtures/database/job_context.ts";
import { TestRealm } from "../../fixtures/database/realm.ts";
import { domainTest } from "../../fixtures/database/shapes.ts";

const NOW = Date.parse("2026-03-02T08:30:00Z");
const NEVER = new AbortController().signal;
const PUSHED = 4096;

/** The ids of a user's messages that are read, with their other flags. */
async function readOf(db: Database, user: number): Promise<[id: number, flags: number][]> {
  const rows = await db.selectFrom("zerver_usermessage").select(["message_id", "flags"])
    .where("user_profile_id", "=", user).where(sql<boolean>`(flags & 1) = 1`)
    .orderBy("message_id").execute();
  return rows.map(({ message_id, flags }) => [message_id, Number(flags) & ~1]);
}

async function setFlags(db: Database, message: number, flags: number): Promise<void> {
  await db.updateTable("zerver_usermessage").set({ flags }).where("message_id", "=", message)
    .execute();
}

async function countsOf(db: Database): Promise<[property: string, value: number][]> {
  const rows = await db.selectFrom("analytics_usercount").select(["property", "value", "end_time"])
    .orderBy("property").execute();
  for (const { end_time } of rows) assert.deepEqual(end_time, new Date("2026-03-02T09:00:00Z"));
  return rows.map(({ property, value }) => [property, value]);
}

async function send(
  realm: TestRealm,
  sender: number,
  to: number,
  readers: number[],
  count: number,
) {
  const ids: number[] = [];
  for (let at = 0; at < count; at++) {
    ids.push(await realm.message(sender, to, readers, { subject: "lunch" }));
  }
  return ids;
}

domainTest("channels are marked read for a user, in pieces, once", async (db) => {
  const realm = await TestRealm.make(db);
  const [ada, ben] = [await realm.user("ada"), await realm.user("ben")];
  const kitchen = await realm.channel("kitchen", [ada, ben]);
  const garden = await realm.channel("garden", [ada]);
  const other = await realm.channel("other", [ada]);
  const ids = await send(realm, ben, kitchen.recipient, [ada, ben], 5);
  const [green = 0] = await send(realm, ben, garden.recipient, [ada], 1);
  await send(realm, ben, other.recipient, [ada], 1);
  await setFlags(db, ids[0] ?? 0, 1);
  await setFlags(db, ids[2] ?? 0, PUSHED | 8);
  const ctx = new FakeJobContext(db, "me");
  const marking = { now: NOW, signal: NEVER, most: 2 };
  const recipients = [kitchen.recipient, garden.recipient, kitchen.recipient];
  const marked = await markChannelsRead(db, ctx, ada, recipients, marking);
  assert.deepEqual([...marked ?? []], [[kitchen.recipient, 4], [garden.recipient, 1]]);
  assert.deepEqual(await readOf(db, ada), [
    ...ids.map((id): [number, number] => [id, id === ids[2] ? PUSHED | 8 : 0]),
    [green, 0],
  ]);
  assert.deepEqual((await readOf(db, ben)).map(([id]) => id), [ids[0]]);
  const read = (messages: number[]) => {
    const change = { op: "add", operation: "add", flag: "read", messages, all: false };
    const event = { type: "update_message_flags", ...change };
    return ["notify_tornado", { event, users: [ada] }];
  };
  const remove = { type: "remove", user_profile_id: ada, message_ids: [ids[2]] };
  assert.deepEqual(ctx.published, [
    read(ids.slice(1, 3)),
    ["missedmessage_mobile_notifications", remove],
    read(ids.slice(3)),
    read([green]),
  ]);
  const counts = [["messages_read::hour", 5], ["messages_read_interactions::hour", 2]];
  assert.deepEqual(await countsOf(db), counts);
  const again = await markChannelsRead(db, ctx, ada, recipients, marking);
  assert.deepEqual([...again ?? []], [[kitchen.recipient, 0], [garden.recipient, 0]]);
  assert.deepEqual([ctx.published.length, await countsOf(db)], [4, counts]);
  assert.equal(await markChannelsRead(db, ctx, 2 ** 31 - 1, recipients, marking), undefined);
});

domainTest("a channel is marked read for everyone, and nobody is notified", async (db) => {
  const realm = await TestRealm.make(db);
  const [ada, ben] = [await realm.user("ada"), await realm.user("ben")];
  const kitchen = await realm.channel("kitchen", [ada, ben]);
  const other = await realm.channel("other", [ada]);
  const ids = await send(realm, ben, kitchen.recipient, [ada, ben], 3);
  await send(realm, ben, other.recipient, [ada], 1);
  await setFlags(db, ids[1] ?? 0, 8);
  const [first = 0] = ids;
  const options = { signal: NEVER };
  assert.deepEqual(await markReadForEveryone(db, kitchen.recipient, first, options), {
    marked: 4,
    next: undefined,
  });
  assert.deepEqual(await readOf(db, ada), [[ids[1], 8], [ids[2], 0]]);
  assert.deepEqual(await markReadForEveryone(db, kitchen.recipient, 0, options), {
    marked: 2,
    next: undefined,
  });
  for (const user of [ada, ben]) {
    assert.deepEqual((await readOf(db, user)).map(([id]) => id), ids);
  }
  const direct = await realm.directGroup([ada, ben]);
  assert.equal(await markReadForEveryone(db, direct, 0, options), undefined);
  assert.equal(await markReadForEveryone(db, 2 ** 31 - 1, 0, options), undefined);
});

Deno.test("after 30 s the rest of a channel is left, and where it begins is known", async () => {
  await using db = await openDatabase("sqlite::memory:");
  const realm = await TestRealm.make(db);
  const ada = await realm.user("ada");
  const { recipient } = await realm.channel("kitchen", [ada]);
  const ids = await send(realm, ada, recipient, [ada], 120);
  let [began, reads] = [true, 0];
  const clock = () => {
    if (began) {
      began = false;
      return 0;
    }
    return ++reads === 1 ? 29_999 : 30_000;
  };
  const done = await markReadForEveryone(db, recipient, 0, { clock, signal: NEVER });
  assert.deepEqual(done, { marked: 100, next: ids[99] });
  const rest = await markReadForEveryone(db, recipient, ids[99] ?? 0, { signal: NEVER });
  assert.deepEqual(rest, { marked: 20, next: undefined });
  const stopped = AbortSignal.abort(new Error("stopped"));
  await assert.rejects(markReadForEveryone(db, recipient, 0, { signal: stopped }), {
    message: "stopped",
  });
});

Deno.test("what follows stays in the outbox while the broker is unavailable", async () => {
  await using db = await openDatabase("sqlite::memory:");
  const realm = await TestRealm.make(db);
  const ada = await realm.user("ada");
  const { recipient } = await realm.channel("kitchen", [ada]);
  const ids = await send(realm, ada, recipient, [ada], 2);
  await setFlags(db, ids[0] ?? 0, PUSHED);
  const ctx = { log: { warn() {} }, publish: () => Promise.reject(new Error("no broker")) };
  const marking = { now: NOW, signal: NEVER };
  await markChannelsRead(db, ctx, ada, [recipient], marking);
  await markChannelsRead(db, ctx, ada, [recipient], marking);
  const rows = await db.selectFrom("process_queue_outbox").select("queue").orderBy("id").execute();
  assert.deepEqual(rows.map(({ queue }) => queue), [
    "notify_tornado",
    "missedmessage_mobile_notifications",
  ]);
});
