import assert from "node:assert/strict";
import { sql } from "kysely";
import {
  confirmationKey,
  unsubscribeKey,
  unsubscribeLink,
} from "../../../lib/domain/users/unsubscribe.ts";
import { addUserType, TestRealm } from "../../fixtures/database/realm.ts";
import { domainTest } from "../../fixtures/database/shapes.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");

Deno.test("a confirmation's key is base32 in lower case", () => {
  assert.equal(
    confirmationKey(new TextEncoder().encode("fifteen letters")),
    "mzuwm5dfmvxca3dfor2gk4tt",
  );
  assert.equal(confirmationKey(new Uint8Array(15)), "a".repeat(24));
  assert.equal(confirmationKey(new Uint8Array(15).fill(255)), "7".repeat(24));
});

Deno.test("an unsubscribe link has the realm, the kind of mail and the key", () => {
  assert.equal(
    unsubscribeLink("https://zulip.example.com", "missed_messages", "abc"),
    "https://zulip.example.com/accounts/unsubscribe/missed_messages/abc",
  );
});

domainTest("a user's unsubscribe key is made once, and never ends", async (db, { kind }) => {
  const realm = await TestRealm.make(db);
  const [ada, ben] = [await realm.user("ada"), await realm.user("ben")];
  if (kind === "zulip") {
    await assert.rejects(
      unsubscribeKey(db, { id: ada, realmId: realm.id }, NOW),
      /^Error: The table django_content_type .+ has no row for zerver\.userprofile: run Zulip's own/,
    );
    await sql`insert into django_content_type (app_label, model)
      values ('zerver', 'stream'), ('zerver', 'userprofile')`.execute(db);
  }
  const key = await unsubscribeKey(db, { id: ada, realmId: realm.id }, NOW);
  assert.match(key, /^[a-z2-7]{24}$/);
  assert.equal(await unsubscribeKey(db, { id: ada, realmId: realm.id }, NOW + 1), key);
  assert.notEqual(await unsubscribeKey(db, { id: ben, realmId: realm.id }, NOW), key);
  const rows = await db.selectFrom("confirmation_confirmation").selectAll().orderBy("id").execute();
  const [{ id: _, content_type_id, ...row } = assert.fail()] = rows;
  assert.deepEqual(row, {
    object_id: ada,
    date_sent: new Date(NOW),
    confirmation_key: key,
    expiry_date: null,
    realm_id: realm.id,
    type: 4,
  });
  assert.equal(content_type_id, kind === "zulip" ? 2 : 1);
  assert.equal(rows.length, 2);
});

domainTest("a key of another type, or that ends, is no unsubscribe key", async (db) => {
  const realm = await TestRealm.make(db);
  const ada = await realm.user("ada");
  await addUserType(db);
  const other = { content_type_id: 1, object_id: ada, date_sent: new Date(NOW) };
  await db.insertInto("confirmation_confirmation").values([
    { ...other, type: 3, confirmation_key: "change", expiry_date: null },
    { ...other, type: 4, confirmation_key: "ending", expiry_date: new Date(NOW) },
  ]).execute();
  assert.match(await unsubscribeKey(db, { id: ada, realmId: realm.id }, NOW), /^[a-z2-7]{24}$/);
});
