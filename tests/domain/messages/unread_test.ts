import assert from "node:assert/strict";
import { sql } from "kysely";
import { contextOf } from "../../../lib/domain/messages/context.ts";
import { unreadMessages } from "../../../lib/domain/messages/unread.ts";
import { MADE, TestRealm } from "../../fixtures/database/realm.ts";
import { domainTest } from "../../fixtures/database/shapes.ts";

domainTest("a user's unread messages are those got, not read and not deleted", async (db) => {
  const realm = await TestRealm.make(db);
  const [ada, ben] = [await realm.user("ada"), await realm.user("ben")];
  const { stream, recipient } = await realm.channel("general", [ada, ben]);
  const send = (readers: number[], content = "Hello") =>
    realm.message(ada, recipient, readers, { subject: "topic", content });
  const mentioned = await send([ada, ben], "@**Ben** Hello");
  const read = await send([ada, ben]);
  const deleted = await send([ada, ben], "(deleted)");
  const others = await send([ada]);
  const plain = await send([ada, ben]);
  const flags = (id: number, bits: number) =>
    sql`update zerver_usermessage set flags = ${bits} where message_id = ${id}`.execute(db);
  await flags(mentioned, 8);
  await flags(read, 1 | 8);
  const ids = [plain, others, deleted, read, mentioned, 987_654];
  const found = await unreadMessages(db, ben, ids);
  assert.deepEqual(found.map(({ id, flags }) => [id, flags]), [[mentioned, 8], [plain, 0]]);
  assert.deepEqual(found[0], {
    id: mentioned,
    realmId: realm.id,
    senderId: ada,
    recipientId: recipient,
    destination: "channel",
    destinationId: stream,
    topic: "topic",
    content: "@**Ben** Hello",
    rendered: null,
    sentAt: MADE,
    flags: 8,
  });
  assert.deepEqual(await unreadMessages(db, ben, []), []);
});

const MINUTE_MS = 60_000;

/** A time some minutes after the realm was made. */
function after(minutes: number): Date {
  return new Date(MADE.getTime() + minutes * MINUTE_MS);
}

domainTest("the context of a message is what was said before it in its topic", async (db) => {
  const realm = await TestRealm.make(db);
  const [ada, ben] = [await realm.user("ada"), await realm.user("ben")];
  const { recipient } = await realm.channel("general", [ada, ben]);
  const elsewhere = await realm.channel("elsewhere", [ada, ben]);
  const send = (minutes: number, subject = "Äpfel", to = recipient) =>
    realm.message(ada, to, [ada, ben], { subject, date_sent: after(minutes) });
  await send(0);
  const early = await send(0.01);
  await send(5, "birnen");
  await send(6, "Äpfel", elsewhere.recipient);
  const upper = await send(10, "ÄPFEL");
  const message = await send(15);
  await send(15.1);
  const [first = assert.fail()] = await unreadMessages(db, ben, [message]);
  const context = await contextOf(db, ben, first);
  assert.deepEqual(context.map(({ id }) => id), [early, upper]);
});

domainTest("a context has the 10 newest messages, the oldest first", async (db) => {
  const realm = await TestRealm.make(db);
  const ada = await realm.user("ada");
  const { recipient } = await realm.channel("general", [ada]);
  const ids: number[] = [];
  for (let number = 0; number < 12; number++) {
    ids.push(await realm.message(ada, recipient, [ada], { subject: "topic" }));
  }
  const [last = assert.fail()] = await unreadMessages(db, ada, ids.slice(-1));
  const context = await contextOf(db, ada, last);
  assert.deepEqual(context.map(({ id }) => id), ids.slice(1, -1));
});

domainTest("a context has only what its reader may read, and direct messages none", async (db) => {
  const realm = await TestRealm.make(db);
  const [ada, ben] = [await realm.user("ada"), await realm.user("ben")];
  const { stream, recipient } = await realm.channel("private", [ada, ben]);
  await db.updateTable("zerver_stream")
    .set({ invite_only: true, history_public_to_subscribers: false })
    .where("id", "=", stream).execute();
  const subject = "topic";
  await realm.message(ada, recipient, [ada], { subject });
  const seen = await realm.message(ada, recipient, [ada, ben], { subject });
  const last = await realm.message(ada, recipient, [ada, ben], { subject });
  const group = await db.insertInto("zerver_recipient").values({ type: 3, type_id: 77 })
    .returning("id").executeTakeFirstOrThrow();
  await realm.message(ada, group.id, [ada, ben]);
  const direct = await realm.message(ada, group.id, [ada, ben]);
  const [inChannel = assert.fail(), inGroup = assert.fail()] = await unreadMessages(db, ben, [
    last,
    direct,
  ]);
  assert.deepEqual((await contextOf(db, ben, inChannel)).map(({ id }) => id), [seen]);
  assert.deepEqual(await contextOf(db, ben, inGroup), []);
});
