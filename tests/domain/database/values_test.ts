import assert from "node:assert/strict";
import { sql } from "kysely";
import { newRow } from "../../../lib/domain/database/rows.ts";
import { MADE, TestRealm } from "../../fixtures/database/realm.ts";
import { domainTest } from "../../fixtures/database/shapes.ts";

domainTest("booleans, times and nulls are read as they were written", async (db) => {
  const realm = await TestRealm.make(db);
  const last_reminder = new Date("1969-12-31T23:59:59.001Z");
  await realm.user("iago", { is_staff: true, long_term_idle: false, last_reminder });
  const row = await db.selectFrom("zerver_userprofile")
    .select(["is_staff", "long_term_idle", "last_reminder", "date_joined", "last_login"])
    .executeTakeFirst();
  assert.deepEqual(row, {
    is_staff: true,
    long_term_idle: false,
    last_reminder,
    date_joined: MADE,
    last_login: null,
  });
});

domainTest("times are compared as such, and booleans used as conditions", async (db) => {
  const realm = await TestRealm.make(db);
  const iago = await realm.user("iago");
  const early = new Date(0);
  const times = [early, MADE, new Date(MADE.getTime() + 1)];
  for (const end of times) {
    await db.insertInto("zerver_useractivityinterval")
      .values({ user_profile_id: iago, start: early, end }).execute();
  }
  const since = await db.selectFrom("zerver_useractivityinterval").select("end")
    .where("end", ">=", MADE).orderBy("end").execute();
  assert.deepEqual(since.map(({ end }) => end), times.slice(1));
  const active = await db.selectFrom("zerver_userprofile").select("id")
    .where("is_active", "=", true).where("is_bot", "=", false).execute();
  assert.deepEqual(active, [{ id: iago }]);
});

domainTest("JSON is written as text and read as its value", async (db) => {
  const realm = await TestRealm.make(db);
  const values = [[{ width: 100, big: 9007199254740993n }], [], "text", null];
  const texts = ['[{"width": 100, "big": 9007199254740993}]', "[]", '"text"', "null"];
  for (const [index, thumbnail_metadata] of texts.entries()) {
    const size = { original_width_px: 1, original_height_px: 1, frames: 1 };
    await db.insertInto("zerver_imageattachment")
      .values({ realm_id: realm.id, path_id: `${index}`, thumbnail_metadata, ...size }).execute();
  }
  const rows = await db.selectFrom("zerver_imageattachment").select("thumbnail_metadata")
    .orderBy("path_id").execute();
  assert.deepEqual(rows.map((row) => row.thumbnail_metadata), values);
});

domainTest("numbers over 2^53 and bytes are read exactly", async (db) => {
  const realm = await TestRealm.make(db);
  const user_id = await realm.user("iago");
  const push_key = Uint8Array.of(0x31, 0, 255);
  const ids = [-9223372036854775808n, 7, 9007199254740993n];
  for (const push_account_id of ids) {
    await db.insertInto("zerver_pushdevice")
      .values({ user_id, token_kind: "apns", push_account_id, push_key }).execute();
  }
  const rows = await db.selectFrom("zerver_pushdevice")
    .select(["user_id", "push_account_id", "push_key", "bouncer_device_id"])
    .orderBy("push_account_id").execute();
  const rest = { user_id, push_key, bouncer_device_id: null };
  assert.deepEqual(rows, ids.map((push_account_id) => ({ ...rest, push_account_id })));
});

domainTest("ids and counts are numbers, and an id is not given twice", async (db) => {
  const realm = await TestRealm.make(db);
  const [sender, reader] = [await realm.user("iago"), await realm.user("hamlet")];
  const { recipient } = await realm.channel("Verona", [sender, reader]);
  const message = await realm.message(sender, recipient, [sender, reader], { subject: "lunch" });
  const { n } = await db.selectFrom("zerver_usermessage").select((eb) => eb.fn.countAll().as("n"))
    .where("message_id", "=", message).executeTakeFirstOrThrow();
  assert.equal(n, 2);
  await db.deleteFrom("zerver_usermessage").execute();
  await db.deleteFrom("zerver_message").execute();
  assert.ok(await realm.message(sender, recipient, []) > message);
});

domainTest("text that is longer than its column is refused, in code points", async (db) => {
  await db.insertInto("zerver_client").values({ name: "😀".repeat(30) }).execute();
  await assert.rejects(
    db.insertInto("zerver_client").values({ name: "x".repeat(31) }).execute(),
    (error: Error) => error.name !== "DatabaseError",
  );
});

domainTest("a foreign key is checked at the commit", async (db) => {
  const realm = await TestRealm.make(db);
  const given = { user_profile_id: 999, message_id: 999 };
  let inserted = false;
  await assert.rejects(
    db.transaction().execute(async (trx) => {
      await trx.insertInto("zerver_usermessage").values(newRow("zerver_usermessage", given))
        .execute();
      inserted = true;
    }),
    /foreign key/i,
  );
  assert.ok(inserted);
  assert.ok(realm.id > 0);
});

domainTest("an upsert by a partial index adds to a count", async (db) => {
  const realm = await TestRealm.make(db);
  const property = "mobile_pushes_sent::day";
  for (const value of [2, 3]) {
    await db.insertInto("analytics_realmcount")
      .values({ realm_id: realm.id, property, end_time: MADE, value })
      .onConflict((conflict) =>
        conflict.columns(["realm_id", "property", "end_time"]).where("subgroup", "is", null)
          .doUpdateSet({ value: sql`analytics_realmcount.value + excluded.value` })
      ).execute();
  }
  const rows = await db.selectFrom("analytics_realmcount").select(["value", "end_time"]).execute();
  assert.deepEqual(rows, [{ value: 5, end_time: MADE }]);
});

domainTest("the program's own tables are in every database", async (db) => {
  await db.transaction().execute(async (trx) => {
    const event = { queue: "email_senders", body: "{}", message_id: "missed:1", at: 1 };
    await trx.insertInto("process_queue_outbox").values(event).execute();
    const effect = { queue: "q", key: "k", step: "s", state: "started", owner: "me", at: 1 };
    await trx.insertInto("process_queue_effect").values(effect).execute();
    const job = { key: "export:1", type: "export", args: "{}", state: "waiting", created_at: 1 };
    await trx.insertInto("process_queue_job").values(job).execute();
  });
  const job = await db.selectFrom("process_queue_job").selectAll().executeTakeFirst();
  assert.deepEqual([job?.taken, job?.alive_at, job?.created_at], [0, null, 1]);
});
