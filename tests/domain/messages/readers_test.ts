import assert from "node:assert/strict";
import type { Database } from "../../../lib/domain/database/database.ts";
import type { NewRow } from "../../../lib/domain/database/tables.ts";
import { messageReaders } from "../../../lib/domain/messages/readers.ts";
import { TestRealm } from "../../fixtures/database/realm.ts";
import { domainTest } from "../../fixtures/database/shapes.ts";

const GUEST = 600;

/** A channel with a message that four users have got; Ada and the guest are subscribed. */
class Channel {
  readonly db: Database;
  readonly realm: TestRealm;
  /** Ids by name. */
  readonly users: Readonly<Record<"ada" | "ben" | "guest" | "gone", number>>;
  readonly message: number;
  readonly #stream: number;

  private constructor(parts: Pick<Channel, "db" | "realm" | "users" | "message">, stream: number) {
    ({ db: this.db, realm: this.realm, users: this.users, message: this.message } = parts);
    this.#stream = stream;
  }

  static async make(db: Database): Promise<Channel> {
    const realm = await TestRealm.make(db);
    const [ada, ben] = [await realm.user("ada"), await realm.user("ben")];
    const guest = await realm.user("guest", { role: GUEST });
    const gone = await realm.user("gone", { is_active: false });
    const { stream, recipient } = await realm.channel("kitchen", [ada, guest, gone]);
    const readers = [ben, gone, guest, ada];
    const message = await realm.message(ada, recipient, readers, { subject: "soup" });
    const users = { ada, ben, guest, gone };
    return new Channel({ db, realm, users, message }, stream);
  }

  async change(row: Partial<NewRow<"zerver_stream">>): Promise<void> {
    await this.db.updateTable("zerver_stream").set(row).where("id", "=", this.#stream).execute();
  }

  /** The names of those who read it. */
  async readers(): Promise<string[]> {
    const readers = await messageReaders(this.db, this.message);
    const names = new Map(Object.entries(this.users).map(([name, id]) => [id, name]));
    return readers.map(({ id }) => names.get(id) ?? "?");
  }
}

domainTest(
  "active users who have got a message of a public channel are its readers",
  async (db) => {
    const channel = await Channel.make(db);
    assert.deepEqual(await channel.readers(), ["ada", "ben", "guest"]);
    await db.updateTable("zerver_subscription").set({ active: false }).execute();
    assert.deepEqual(await channel.readers(), ["ada", "ben"]);
    await channel.change({ is_web_public: true });
    assert.deepEqual(await channel.readers(), ["ada", "ben", "guest"]);
  },
);

domainTest(
  "those who have left a private channel are no readers, but who may join is",
  async (db) => {
    const channel = await Channel.make(db);
    await channel.change({ invite_only: true });
    assert.deepEqual(await channel.readers(), ["ada", "guest"]);
    const { realm: { group }, users: { ben } } = channel;
    await db.insertInto("zerver_usergroupmembership")
      .values({ user_group_id: group, user_profile_id: ben }).execute();
    assert.deepEqual(await channel.readers(), ["ada", "ben", "guest"]);
    await channel.change({ history_public_to_subscribers: false });
    assert.deepEqual(await channel.readers(), ["ada", "ben", "guest"]);
  },
);

domainTest("readers have their flags, and subscribers are asked for by two queries", async (db) => {
  const { users: { ada, ben, guest }, message } = await Channel.make(db);
  await db.updateTable("zerver_usermessage").set({ flags: 9 })
    .where("user_profile_id", "=", guest).execute();
  await db.deleteFrom("zerver_usermessage").where("user_profile_id", "=", ben).execute();
  let queries = 0;
  const counting = db.withPlugin({
    transformQuery: ({ node }) => {
      queries++;
      return node;
    },
    transformResult: ({ result }) => Promise.resolve(result),
  });
  assert.deepEqual(await messageReaders(counting, message), [
    { id: ada, flags: 0 },
    { id: guest, flags: 9 },
  ]);
  assert.equal(queries, 2);
});

domainTest("a direct message is read by those who have got it", async (db) => {
  const realm = await TestRealm.make(db);
  const [ada, ben] = [await realm.user("ada"), await realm.user("ben")];
  await realm.user("eve");
  const direct = await db.insertInto("zerver_recipient").values({ type: 3, type_id: 77 })
    .returning("id").executeTakeFirstOrThrow();
  const message = await realm.message(ada, direct.id, [ada, ben]);
  assert.deepEqual((await messageReaders(db, message)).map(({ id }) => id), [ada, ben]);
});

domainTest("a message that does not exist has no readers", async (db) => {
  assert.deepEqual(await messageReaders(db, 987_654), []);
});
