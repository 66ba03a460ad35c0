import assert from "node:assert/strict";
import { usersWithAddress, userWithId, userWithKey } from "../../../lib/domain/users/api_login.ts";
import { domainTest } from "../../fixtures/database/shapes.ts";
import { TestRealm } from "../../fixtures/database/realm.ts";

domainTest(
  "a user is found by the address in any case, in the realm that the key is of",
  async (db) => {
    const [one, other] = [await TestRealm.make(db, "one"), await TestRealm.make(db, "other")];
    const mine = await one.user("Ada", { role: 600 });
    await other.user("ada", { is_active: false, api_key: "k".repeat(32) });
    const found = await usersWithAddress(db, "ADA@example.com");
    assert.equal(found.length, 2);
    const key = found.find(({ id }) => id === mine)?.apiKey ?? "";
    const user = userWithKey(found, key);
    assert.deepEqual(user, await userWithId(db, mine));
    assert.deepEqual(
      [user?.realm, user?.isGuest, user?.isActive, user?.isRealmActive],
      ["one", true, true, true],
    );
    const theirs = userWithKey(found, "k".repeat(32));
    assert.deepEqual([theirs?.realm, theirs?.isActive], ["other", false]);
    assert.equal(userWithKey(found, key.slice(0, 31)), undefined);
    assert.equal(userWithKey([], key), undefined);
    assert.deepEqual(await usersWithAddress(db, ""), []);
    assert.equal(await userWithId(db, 999_999), undefined);
  },
);
