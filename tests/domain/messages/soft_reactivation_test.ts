import assert from "node:assert/strict";
import { type Database, openDatabase } from "../../../lib/domain/database/database.ts";
import { newRow } from "../../../lib/domain/database/rows.ts";
import {
  softReactivate,
  softReactivation,
} from "../../../lib/domain/messages/soft_reactivation.ts";
import { MADE, TestRealm } from "../../fixtures/database/realm.ts";
import { domainTest } from "../../fixtures/database/shapes.ts";

const NOW = Date.parse("2026-03-02T08:00:00Z");
const KINDS = { subscribed: 301, again: 302, unsubscribed: 303 };

/** A user, `ada`, who is away, and one who writes. */
class Away {
  readonly db: Database;
  readonly realm: TestRealm;
  readonly ada: number;
  readonly ben: number;

  private constructor(db: Database, realm: TestRealm, ada: number, ben: number) {
    this.db = db;
    this.realm = realm;
    this.ada = ada;
    this.ben = ben;
  }

  static async make(db: Database, lastId: number | null = 0): Promise<Away> {
    const realm = await TestRealm.make(db, "acme");
    const away = { long_term_idle: true, last_active_message_id: lastId };
    return new Away(db, realm, await realm.user("ada", away), await realm.user("ben"));
  }

  /** Sends messages, which ada does not get. @returns Their ids. */
  async send(recipient: number, count: number): Promise<number[]> {
    const ids: number[] = [];
    for (let at = 0; at < count; at++) {
      ids.push(await this.realm.message(this.ben, recipient, [], { subject: "lunch" }));
    }
    return ids;
  }

  /** Writes into the realm's log that ada's subscription changed after a message. */
  async log(stream: number, kind: keyof typeof KINDS, lastId: number): Promise<void> {
    await this.db.insertInto("zerver_realmauditlog").values(newRow("zerver_realmauditlog", {
      event_type: KINDS[kind],
      event_time: MADE,
      realm_id: this.realm.id,
      modified_user_id: this.ada,
      modified_stream_id: stream,
      event_last_message_id: lastId,
    })).execute();
  }

  /** What ada has got, with the flags. */
  async got(): Promise<[id: number, flags: number][]> {
    const rows = await this.db.selectFrom("zerver_usermessage").select(["message_id", "flags"])
      .where("user_profile_id", "=", this.ada).orderBy("message_id").execute();
    return rows.map(({ message_id, flags }) => [message_id, flags]);
  }

  async profile() {
    return await this.db.selectFrom("zerver_userprofile")
      .select(["long_term_idle", "last_active_message_id"]).where("id", "=", this.ada)
      .executeTakeFirstOrThrow();
  }

  /** The entries of the log that say that a user is back. */
  async returns() {
    return await this.db.selectFrom("zerver_realmauditlog")
      .select(["event_time", "realm_id", "modified_user_id"]).where("event_type", "=", 120)
      .execute();
  }
}

function unread(ids: readonly (number | undefined)[]): [id: number, flags: number][] {
  return ids.map((id) => [id ?? 0, 0]);
}

domainTest("a user who comes back gets what was sent while subscribed, once", async (db) => {
  const away = await Away.make(db);
  const kitchen = await away.realm.channel("kitchen", [away.ada]);
  const left = await away.realm.channel("left", [away.ada]);
  const old = await away.realm.channel("old", [away.ada]);
  const never = await away.realm.channel("never");
  const { id: personal } = await db.insertInto("zerver_recipient").values({ type: 1, type_id: 9 })
    .returning("id").executeTakeFirstOrThrow();
  const [seen = 0] = await away.send(kitchen.recipient, 1);
  await db.updateTable("zerver_userprofile").set({ last_active_message_id: seen })
    .where("id", "=", away.ada).execute();
  await away.log(kitchen.stream, "subscribed", 0);
  await away.log(left.stream, "subscribed", 0);
  await away.log(old.stream, "subscribed", 0);
  await away.log(old.stream, "unsubscribed", seen);
  const [a = 0, b = 0] = await away.send(kitchen.recipient, 2);
  const [c = 0] = await away.send(left.recipient, 1);
  await away.log(left.stream, "unsubscribed", c);
  const [d = 0] = await away.send(left.recipient, 1);
  await away.log(left.stream, "again", d);
  const [e = 0] = await away.send(left.recipient, 1);
  await away.send(old.recipient, 1);
  await away.send(never.recipient, 1);
  await away.realm.message(away.ben, personal, []);
  const mention = newRow("zerver_usermessage", { user_profile_id: away.ada, message_id: b });
  await db.insertInto("zerver_usermessage").values({ ...mention, flags: 8 }).execute();
  assert.equal(await softReactivate(db, away.ada, { now: NOW }), 3);
  assert.deepEqual(await away.got(), [[a, 0], [b, 8], [c, 0], [e, 0]]);
  assert.deepEqual(await away.profile(), { long_term_idle: false, last_active_message_id: e });
  const back = { event_time: new Date(NOW), realm_id: away.realm.id, modified_user_id: away.ada };
  assert.deepEqual(await away.returns(), [back]);
  await away.send(kitchen.recipient, 1);
  assert.equal(await softReactivate(db, away.ada, { now: NOW }), undefined);
  assert.equal((await away.got()).length, 4);
  assert.equal((await away.returns()).length, 1);
});

domainTest("messages come in pieces, and what was stopped is taken up", async (db) => {
  const away = await Away.make(db);
  const { recipient } = await away.realm.channel("kitchen", [away.ada]);
  const other = await away.realm.channel("other", [away.ada]);
  await away.log(other.stream, "subscribed", 2 ** 31 - 1);
  const first = await away.send(recipient, 2);
  await away.send(other.recipient, 3);
  const last = await away.send(recipient, 2);
  const stopping = new AbortController();
  const stopped = new Error("stopped");
  const signal = Object.assign(stopping.signal, { passes: 0 });
  signal.throwIfAborted = () => {
    if (signal.passes++ === 1) throw stopped;
  };
  await assert.rejects(softReactivate(db, away.ada, { now: NOW, most: 2, signal }), stopped);
  assert.deepEqual(await away.got(), unread(first));
  assert.deepEqual(await away.profile(), {
    long_term_idle: true,
    last_active_message_id: first[1],
  });
  assert.equal(await softReactivate(db, away.ada, { now: NOW, most: 2 }), 2);
  assert.deepEqual(await away.got(), unread([...first, ...last]));
});

domainTest("two at once bring a user back once", async (db, { url }) => {
  const away = await Away.make(db);
  const { recipient } = await away.realm.channel("kitchen", [away.ada]);
  const ids = await away.send(recipient, 9);
  await using second = url.startsWith("sqlite") ? undefined : await openDatabase(url);
  const handles = [db, second ?? db];
  const counts = await Promise.all(
    handles.map((handle) => softReactivate(handle, away.ada, { now: NOW, most: 2 })),
  );
  assert.deepEqual(await away.got(), unread(ids));
  assert.equal(counts.reduce((sum: number, count) => sum + (count ?? 0), 0), 9);
  assert.equal((await away.returns()).length, 1);
});

domainTest("a user who is there, or unknown, has nothing to get", async (db) => {
  const away = await Away.make(db);
  assert.equal(await softReactivate(db, away.ben, { now: NOW }), undefined);
  assert.equal(await softReactivate(db, 2 ** 31 - 1, { now: NOW }), undefined);
  assert.equal(await softReactivate(db, away.ada, { now: NOW }), 0);
  assert.equal((await away.profile()).long_term_idle, false);
});

Deno.test("a user of whom nobody knows since when they were away is named", async () => {
  await using db = await openDatabase("sqlite::memory:");
  const away = await Away.make(db, null);
  await assert.rejects(softReactivate(db, away.ada, { now: NOW }), {
    message: `User ${away.ada} has long_term_idle but no last_active_message_id in ` +
      "zerver_userprofile, which says from which message on the user was away: set it to the id " +
      "of the last message that the user got",
  });
});

Deno.test("users come back by the queue that the server has for them", () => {
  const event = { user_profile_id: 7 };
  assert.deepEqual(softReactivation(7, true), ["soft_reactivation", event]);
  assert.deepEqual(softReactivation(7, false), ["deferred_work", {
    type: "soft_reactivate",
    ...event,
  }]);
});
