import assert from "node:assert/strict";
import { groupColumns } from "../../../lib/domain/database/rows.ts";
import type { NewRow } from "../../../lib/domain/database/tables.ts";
import {
  mayRead,
  mayReadMessage,
  readableMessages,
  type ReadChannel,
  type ReadMessage,
} from "../../../lib/domain/messages/access.ts";
import { TestRealm } from "../../fixtures/database/realm.ts";
import { domainTest } from "../../fixtures/database/shapes.ts";

const PUBLIC: ReadChannel = {
  realmId: 1,
  isPrivate: false,
  isHistoryShared: true,
  isWebPublic: false,
};
const PRIVATE = { ...PUBLIC, isPrivate: true };
const PROTECTED = { ...PRIVATE, isHistoryShared: false };
const MEMBER = { realmId: 1, isGuest: false };
const GUEST = { realmId: 1, isGuest: true };
const NOTHING = { isReceived: false, isSubscribed: false, isLetIn: false };

/** Who, what, and whether it can be read. */
const TABLE: readonly [string, typeof MEMBER, Partial<ReadMessage>, boolean][] = [
  ["a direct message by who got it", MEMBER, { isReceived: true }, true],
  ["a direct message by others", MEMBER, {}, false],
  ["a public channel by members", MEMBER, { channel: PUBLIC }, true],
  ["a public channel by guests", GUEST, { channel: PUBLIC, isReceived: true }, false],
  ["a public channel by guests in it", GUEST, { channel: PUBLIC, isSubscribed: true }, true],
  ["a web-public channel by guests", GUEST, { channel: { ...PUBLIC, isWebPublic: true } }, true],
  ["a channel of another realm", MEMBER, {
    channel: { ...PUBLIC, realmId: 2, isWebPublic: true },
    isSubscribed: true,
  }, false],
  ["a private channel by members", MEMBER, { channel: PRIVATE, isReceived: true }, false],
  ["a private channel by subscribers", MEMBER, { channel: PRIVATE, isSubscribed: true }, true],
  ["a private channel by those let in", MEMBER, { channel: PRIVATE, isLetIn: true }, true],
  ["a private channel by guests let in", GUEST, { channel: PRIVATE, isLetIn: true }, false],
  ["old messages of a protected channel", MEMBER, {
    channel: PROTECTED,
    isSubscribed: true,
  }, false],
  ["own messages of a protected channel", MEMBER, {
    channel: PROTECTED,
    isSubscribed: true,
    isReceived: true,
  }, true],
  ["own messages of a protected channel that was left", MEMBER, {
    channel: PROTECTED,
    isReceived: true,
  }, false],
  ["messages of a public channel with a protected history", MEMBER, {
    channel: { ...PUBLIC, isHistoryShared: false },
    isReceived: true,
  }, false],
];

for (const [what, reader, message, expected] of TABLE) {
  Deno.test(`${expected ? "allowed" : "not allowed"} to be read: ${what}`, () => {
    assert.equal(mayRead(reader, { channel: undefined, ...NOTHING, ...message }), expected);
  });
}

domainTest("a list of messages is checked at once, with the rules of each", async (db) => {
  const realm = await TestRealm.make(db);
  const other = await TestRealm.make(db, "other");
  const [ada, ben] = [await realm.user("ada"), await realm.user("ben")];
  const guest = await realm.user("guest", { role: 600 });
  const stranger = await other.user("stranger");
  // Nobody is in the group that may subscribe, unless a test says so.
  const channel = async (
    name: string,
    subscribers: number[],
    more: Partial<NewRow<"zerver_stream">> = {},
  ) => {
    const { stream, recipient } = await realm.channel(name, subscribers);
    await db.updateTable("zerver_stream").set({ deactivated: false, ...more }).where(
      "id",
      "=",
      stream,
    ).execute();
    return recipient;
  };
  const open = await channel("open", [ada, guest]);
  const shared = await channel("shared", [ada], { invite_only: true });
  const kept = await channel("protected", [ada, ben], {
    invite_only: true,
    history_public_to_subscribers: false,
  });
  const old = await channel("old", [], { deactivated: true });
  const left = await channel("left", [ben], { invite_only: true });
  await db.updateTable("zerver_subscription").set({ active: false })
    .where("recipient_id", "=", left).execute();
  const direct = await db.insertInto("zerver_recipient").values({ type: 3, type_id: 77 })
    .returning("id").executeTakeFirstOrThrow();
  const send = (recipient: number, readers: number[]) => {
    const more = recipient === direct.id ? {} : { subject: "topic" };
    return realm.message(ada, recipient, readers, more);
  };
  const messages = {
    open: await send(open, []),
    shared: await send(shared, [ada]),
    kept: await send(kept, [ada]),
    old: await send(old, []),
    left: await send(left, [ben]),
    direct: await send(direct.id, [ada, guest]),
  };
  const readable = async (user: number) => {
    const ids = await readableMessages(db, user, [...Object.values(messages), 987_654]);
    return Object.entries(messages).filter(([, id]) => ids.has(id)).map(([name]) => name);
  };
  assert.deepEqual(await readable(ada), ["open", "shared", "kept", "old", "direct"]);
  assert.deepEqual(await readable(ben), ["open", "old"]);
  assert.deepEqual(await readable(guest), ["open", "direct"]);
  assert.deepEqual(await readable(stranger), []);
  assert.deepEqual(await readable(987_654), []);
  assert.equal(await mayReadMessage(db, ada, messages.shared), true);
  assert.equal(await mayReadMessage(db, ben, messages.shared), false);
});

domainTest("any number of messages is checked by three queries", async (db) => {
  const realm = await TestRealm.make(db);
  const ada = await realm.user("ada");
  const ids: number[] = [];
  for (const name of ["one", "two", "three", "four"]) {
    const { recipient } = await realm.channel(name);
    ids.push(await realm.message(ada, recipient, [ada], { subject: "topic" }));
  }
  let queries = 0;
  const counting = db.withPlugin({
    transformQuery: ({ node }) => {
      queries++;
      return node;
    },
    transformResult: ({ result }) => Promise.resolve(result),
  });
  assert.deepEqual(await readableMessages(counting, ada, ids), new Set(ids));
  assert.equal(queries, 3);
  assert.equal(
    (await readableMessages(db, ada, Array.from({ length: 40_000 }, (_, n) => n))).size,
    4,
  );
});

domainTest("a group that may subscribe lets its members read a private channel", async (db) => {
  const realm = await TestRealm.make(db);
  const [ada, ben] = [await realm.user("ada"), await realm.user("ben")];
  const { stream, recipient } = await realm.channel("private", [ada]);
  await db.updateTable("zerver_stream")
    .set({ invite_only: true, ...groupColumns("zerver_stream", realm.group) })
    .where("id", "=", stream).execute();
  const message = await realm.message(ada, recipient, [ada], { subject: "topic" });
  assert.equal(await mayReadMessage(db, ben, message), false);
  await db.insertInto("zerver_usergroupmembership")
    .values({ user_group_id: realm.group, user_profile_id: ben }).execute();
  assert.equal(await mayReadMessage(db, ben, message), true);
});
