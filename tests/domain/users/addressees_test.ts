import assert from "node:assert/strict";
import { addressees, mailRealm } from "../../../lib/domain/users/addressees.ts";
import { TestRealm } from "../../fixtures/database/realm.ts";
import { domainTest } from "../../fixtures/database/shapes.ts";

domainTest("a mail may go to any number of users, in the order of their ids' list", async (db) => {
  const realm = await TestRealm.make(db);
  const [ada, ben] = [await realm.user("ada"), await realm.user("ben")];
  const nobody = Array.from({ length: 70_000 }, (_, at) => 1_000_000 + at);
  const found = await addressees(db, [ben, ...nobody, ada]);
  assert.deepEqual(found.map(({ id, address }) => [id, address]), [
    [ben, "ben@example.com"],
    [ada, "ada@example.com"],
  ]);
  for (const user of found) assert.deepEqual(user.realm, await mailRealm(db, realm.id));
  assert.deepEqual(await addressees(db, []), []);
});
