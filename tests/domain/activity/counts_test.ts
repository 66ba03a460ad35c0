import assert from "node:assert/strict";
import { addToRealmCount, dayEnd } from "../../../lib/domain/activity/counts.ts";
import { TestRealm } from "../../fixtures/database/realm.ts";
import { domainTest } from "../../fixtures/database/shapes.ts";

const NOON = Date.parse("2026-03-01T12:00:00Z");

Deno.test("a day ends at the next midnight, and midnight is the end of the day before", () => {
  assert.equal(dayEnd(NOON).toISOString(), "2026-03-02T00:00:00.000Z");
  assert.equal(dayEnd(dayEnd(NOON).getTime()).toISOString(), "2026-03-02T00:00:00.000Z");
});

domainTest("a realm's counts of a day are one row", async (db) => {
  const [one, other] = [await TestRealm.make(db, "one"), await TestRealm.make(db, "other")];
  await addToRealmCount(db, one.id, "mobile_pushes_sent::day", 2, NOON);
  await addToRealmCount(db, one.id, "mobile_pushes_sent::day", 3, NOON + 1000);
  await addToRealmCount(db, one.id, "mobile_pushes_sent::day", 7, NOON + 86_400_000);
  await addToRealmCount(db, other.id, "mobile_pushes_sent::day", 1, NOON);
  const rows = await db.selectFrom("analytics_realmcount").select(["realm_id", "value", "subgroup"])
    .orderBy("realm_id").orderBy("end_time").execute();
  assert.deepEqual(rows.map(({ realm_id, value, subgroup }) => [realm_id, value, subgroup]), [
    [one.id, 5, null],
    [one.id, 7, null],
    [other.id, 1, null],
  ]);
});
