import assert from "node:assert/strict";
import type { Database } from "../../../lib/domain/database/database.ts";
import { newNamedGroup } from "../../../lib/domain/database/rows.ts";
import {
  groupMembers,
  groupsOfUser,
  isInGroup,
  smallestGroup,
} from "../../../lib/domain/users/groups.ts";
import { TestRealm } from "../../fixtures/database/realm.ts";
import { domainTest } from "../../fixtures/database/shapes.ts";

/** Makes a group with members and subgroups. */
async function addGroup(
  db: Database,
  realm: TestRealm,
  name: string,
  { users = [], subgroups = [] }: { users?: number[]; subgroups?: number[] },
): Promise<number> {
  return await db.transaction().execute(async (trx) => {
    const { id } = await trx.insertInto("zerver_usergroup").values({ realm_id: realm.id })
      .returning("id").executeTakeFirstOrThrow();
    const named = { usergroup_ptr_id: id, realm_id: realm.id, name, group: realm.group };
    await trx.insertInto("zerver_namedusergroup").values(newNamedGroup(named)).execute();
    for (const user_profile_id of users) {
      await trx.insertInto("zerver_usergroupmembership")
        .values({ user_group_id: id, user_profile_id }).execute();
    }
    for (const subgroup_id of subgroups) {
      await trx.insertInto("zerver_groupgroupmembership")
        .values({ supergroup_id: id, subgroup_id }).execute();
    }
    return id;
  });
}

domainTest("the members of a group are those of its subgroups too, each once", async (db) => {
  const realm = await TestRealm.make(db);
  const [ada, ben, eve] = [
    await realm.user("ada"),
    await realm.user("ben"),
    await realm.user("eve", { is_active: false }),
  ];
  const inner = await addGroup(db, realm, "inner", { users: [ada, eve] });
  const middle = await addGroup(db, realm, "middle", { users: [ada], subgroups: [inner] });
  const outer = await addGroup(db, realm, "outer", { users: [ben], subgroups: [middle, inner] });
  const other = await addGroup(db, realm, "other", {});
  assert.deepEqual(await groupMembers(db, outer), [ada, ben]);
  assert.deepEqual(await groupMembers(db, inner), [ada]);
  assert.deepEqual(await groupMembers(db, other), []);
  assert.deepEqual(await groupsOfUser(db, ada), new Set([inner, middle, outer]));
  assert.deepEqual(await groupsOfUser(db, ben), new Set([outer]));
  assert.equal(await isInGroup(db, ada, outer), true);
  assert.equal(await isInGroup(db, ben, inner), false);
});

domainTest("groups that contain each other are counted once and end", async (db) => {
  const realm = await TestRealm.make(db);
  const ada = await realm.user("ada");
  const one = await addGroup(db, realm, "one", { users: [ada] });
  const two = await addGroup(db, realm, "two", { subgroups: [one] });
  await db.insertInto("zerver_groupgroupmembership")
    .values({ supergroup_id: one, subgroup_id: two }).execute();
  assert.deepEqual(await groupMembers(db, two), [ada]);
  assert.deepEqual(await groupsOfUser(db, ada), new Set([one, two]));
});

domainTest("the smallest group is the first of those with the fewest members", async (db) => {
  const realm = await TestRealm.make(db);
  const users = [await realm.user("ada"), await realm.user("ben"), await realm.user("cleo")];
  const pair = await addGroup(db, realm, "pair", { users: users.slice(1) });
  const twins = await addGroup(db, realm, "twins", { users: users.slice(0, 2) });
  const all = await addGroup(db, realm, "all", { users: users.slice(0, 1), subgroups: [pair] });
  const found = { id: twins, name: "twins", members: 2 };
  assert.deepEqual(await smallestGroup(db, [all, twins, pair]), found);
  assert.deepEqual(await smallestGroup(db, [all, 987_654]), { id: all, name: "all", members: 3 });
  assert.equal(await smallestGroup(db, [987_654]), undefined);
  assert.equal(await smallestGroup(db, []), undefined);
});
