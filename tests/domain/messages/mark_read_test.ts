import assert from "node:assert/strict";
import { sql } from "kysely";
import { type Database, openDatabase } from "../../../lib/domain/database/database.ts";
import { inTransaction } from "../../../lib/domain/database/transaction.ts";
import { clearFlag, FLAG, markRead, setFlag } from "../../../lib/domain/messages/mark_read.ts";
import { untilOneWaits } from "../../fixtures/database/locks.ts";
import { TestRealm } from "../../fixtures/database/realm.ts";
import { domainTest, OWN_TEMPLATE } from "../../fixtures/database/shapes.ts";
import { postgresCopyTest } from "../../servers.ts";

const STARRED = 2;

async function flags(db: Database, user: number): Promise<Record<number, number>> {
  const rows = await db.selectFrom("zerver_usermessage").select(["message_id", "flags"])
    .where("user_profile_id", "=", user).execute();
  return Object.fromEntries(rows.map((row) => [row.message_id, row.flags]));
}

async function give(db: Database, message: number, bits: number): Promise<void> {
  await sql`update zerver_usermessage set flags = ${bits} where message_id = ${message}`.execute(
    db,
  );
}

/** A user, and how messages of the user's own are made. */
async function makeAda(db: Database) {
  const realm = await TestRealm.make(db);
  const ada = await realm.user("ada");
  const { recipient } = await realm.channel("general");
  return { ada, send: (readers = [ada]) => realm.message(ada, recipient, readers) };
}

domainTest("messages of a list are marked read, and other bits stay", async (db) => {
  const realm = await TestRealm.make(db);
  const [ada, ben] = [await realm.user("ada"), await realm.user("ben")];
  const { recipient } = await realm.channel("general");
  const send = () => realm.message(ada, recipient, [ada, ben], { subject: "topic" });
  const [one, two, three] = [await send(), await send(), await send()];
  await give(db, one, 2048 | STARRED);
  await give(db, two, FLAG.read);
  const changed = await inTransaction(db, (trx) => markRead(trx, ben, [two, one, 987_654]));
  assert.deepEqual(changed, [one]);
  assert.deepEqual(await flags(db, ben), {
    [one]: 2048 | STARRED | FLAG.read,
    [two]: FLAG.read,
    [three]: 0,
  });
  assert.equal((await flags(db, ada))[one], 2048 | STARRED);
  assert.deepEqual(await inTransaction(db, (trx) => markRead(trx, ben, [])), []);
});

domainTest("a conversation is marked read, all of it or one topic", async (db) => {
  const realm = await TestRealm.make(db);
  const [ada, ben] = [await realm.user("ada"), await realm.user("ben")];
  const general = await realm.channel("general");
  const other = await realm.channel("other");
  const send = (subject: string, to = general) =>
    realm.message(ada, to.recipient, [ben], { subject });
  const apples = [await send("Äpfel"), await send("ÄPFEL")];
  const pears = await send("Birnen");
  await send("Äpfel", other);
  const recipientId = general.recipient;
  const mark = (topic?: string) =>
    inTransaction(db, (trx) => markRead(trx, ben, { recipientId, ...topic && { topic } }));
  assert.deepEqual(await mark("äpfel"), apples);
  assert.deepEqual(await mark(), [pears]);
  assert.deepEqual(await mark(), []);
  assert.deepEqual(Object.values(await flags(db, ben)), [1, 1, 1, 0]);
});

domainTest("a bit is set and cleared, and the messages that changed are returned", async (db) => {
  const { ada, send } = await makeAda(db);
  const [one, two] = [await send(), await send()];
  const bit = FLAG.activeMobilePush;
  await give(db, one, STARRED);
  assert.deepEqual(await inTransaction(db, (trx) => setFlag(trx, ada, [two, one], bit)), [
    one,
    two,
  ]);
  assert.deepEqual(await inTransaction(db, (trx) => setFlag(trx, ada, [one], bit)), []);
  assert.deepEqual(await inTransaction(db, (trx) => clearFlag(trx, ada, [one], bit)), [one]);
  assert.deepEqual(await flags(db, ada), { [one]: STARRED, [two]: bit });
});

postgresCopyTest(
  "markRead locks in the order of the messages, whatever that of its list and of the rows",
  OWN_TEMPLATE,
  async ({ url }) => {
    await using db = await openDatabase(url);
    const { ada, send } = await makeAda(db);
    const [first, second] = [await send([]), await send()];
    await db.insertInto("zerver_usermessage")
      .values({ user_profile_id: ada, message_id: first, flags: 0 }).execute();
    const lock = (message: number) =>
      sql`select from zerver_usermessage where message_id = ${message} for update`;
    // Without an index, rows are found in the order in which they were inserted.
    const scans = "-cenable_indexscan%3Doff%20-cenable_bitmapscan%3Doff";
    await using scanning = await openDatabase(`${url}?options=${scans}`);
    let marked: Promise<number[]> | undefined;
    await db.transaction().execute(async (trx) => {
      await lock(first).execute(trx);
      marked = inTransaction(scanning, (other) => markRead(other, ada, [second, first]));
      await untilOneWaits(db);
      // It would end in a deadlock if the other one had the second row and waited for the first.
      await sql`${lock(second)} nowait`.execute(trx);
      await sql`update zerver_usermessage set flags = flags | ${STARRED}`.execute(trx);
    });
    assert.deepEqual(await marked, [first, second]);
    const both = STARRED | FLAG.read;
    assert.deepEqual(await flags(db, ada), { [first]: both, [second]: both });
  },
);

postgresCopyTest(
  "markRead leaves out what another transaction has marked while it waited",
  OWN_TEMPLATE,
  async ({ url }) => {
    await using db = await openDatabase(url);
    const { ada, send } = await makeAda(db);
    const ids = [await send(), await send()];
    let marked: Promise<number[]> | undefined;
    await db.transaction().execute(async (trx) => {
      assert.deepEqual(await markRead(trx, ada, ids.slice(0, 1)), ids.slice(0, 1));
      marked = inTransaction(db, (other) => markRead(other, ada, ids));
      await untilOneWaits(db);
    });
    assert.deepEqual(await marked, ids.slice(1));
  },
);
