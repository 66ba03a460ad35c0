import assert from "node:assert/strict";
import { shapeOf } from "../../../lib/domain/database/shape.ts";
import { type Acquaintance, mayKnow, mayKnowUser } from "../../../lib/domain/users/visibility.ts";
import { TestRealm } from "../../fixtures/database/realm.ts";
import { domainTest } from "../../fixtures/database/shapes.ts";

const STRANGER = { isGuest: true, knowsAll: false, isOtherBot: false, meets: false };

const RULES: readonly [what: string, more: Partial<Acquaintance>, may: boolean][] = [
  ["a guest does not know a stranger", {}, false],
  ["a member knows everybody", { isGuest: false }, true],
  ["a guest who may know all does", { knowsAll: true }, true],
  ["a guest knows bots", { isOtherBot: true }, true],
  ["a guest knows those whom the guest meets", { meets: true }, true],
];

for (const [what, more, may] of RULES) {
  Deno.test(what, () => assert.equal(mayKnow({ ...STRANGER, ...more }), may));
}

domainTest("guests meet others in channels and in conversations", async (db) => {
  const realm = await TestRealm.make(db);
  const guest = await realm.user("gina", { role: 600 });
  const [stranger, member] = [await realm.user("ben"), await realm.user("ada")];
  const [colleague, partner] = [await realm.user("eve"), await realm.user("kim")];
  await realm.channel("kitchen", [guest, colleague]);
  await realm.directGroup([guest, partner]);
  const known = await Promise.all(
    [guest, stranger, colleague, partner, 987_654].map((other) => mayKnowUser(db, guest, other)),
  );
  assert.deepEqual(known, [true, false, true, true, false]);
  assert.equal(await mayKnowUser(db, member, stranger), true);
  await db.insertInto("zerver_usergroupmembership")
    .values({ user_group_id: realm.group, user_profile_id: guest }).execute();
  assert.equal(await mayKnowUser(db, guest, stranger), true);
});

domainTest("guests know those with whom they have written", async (db) => {
  if (!(await shapeOf(db)).has("zerver_userprofile.recipient_id")) return;
  const realm = await TestRealm.make(db);
  const [guest, ben] = [await realm.user("gina", { role: 600 }), await realm.user("ben")];
  const { recipient_id } = await db.selectFrom("zerver_userprofile").select("recipient_id")
    .where("id", "=", guest).executeTakeFirstOrThrow();
  assert.equal(await mayKnowUser(db, guest, ben), false);
  await realm.message(ben, recipient_id ?? 0, [guest]);
  assert.equal(await mayKnowUser(db, guest, ben), true);
});
