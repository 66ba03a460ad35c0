import assert from "node:assert/strict";
import { unsubscribeKey, unsubscribeKeys } from "../../../lib/domain/users/unsubscribe.ts";
import { addUserType, TestRealm } from "../../fixtures/database/realm.ts";
import { domainTest } from "../../fixtures/database/shapes.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");

domainTest("the keys of several users are those that are newest, or new", async (db) => {
  const realm = await TestRealm.make(db);
  await addUserType(db);
  const users = [await realm.user("ada"), await realm.user("ben"), await realm.user("cleo")];
  const owners = users.map((id) => ({ id, realmId: realm.id }));
  const [ada, ben] = owners;
  assert(ada && ben);
  const old = await unsubscribeKey(db, ada, NOW);
  const row = { content_type_id: 1, object_id: ada.id, date_sent: new Date(NOW), type: 4 };
  await db.insertInto("confirmation_confirmation")
    .values({ ...row, confirmation_key: "newer", expiry_date: null }).execute();
  assert.notEqual(old, "newer");
  const keys = await unsubscribeKeys(db, owners, NOW);
  assert.deepEqual([...keys.keys()].sort((a, b) => a - b), users);
  assert.equal(keys.get(ada.id), "newer");
  assert.match(keys.get(ben.id) ?? "", /^[a-z2-7]{24}$/);
  assert.equal(new Set(keys.values()).size, 3);
  assert.deepEqual(await unsubscribeKeys(db, owners, NOW + 1), keys);
  assert.deepEqual(await unsubscribeKeys(db, [], NOW), new Map());
});
