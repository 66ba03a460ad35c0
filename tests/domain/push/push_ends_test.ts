import assert from "node:assert/strict";
import type { Database } from "../../../lib/domain/database/database.ts";
import { PushEnds } from "../../../lib/domain/push/push_ends.ts";
import { TestRealm } from "../../fixtures/database/realm.ts";
import { domainTest } from "../../fixtures/database/shapes.ts";

const NOON = Date.parse("2026-03-01T12:00:00Z");
const DAY_MS = 24 * 60 * 60 * 1000;
const NONE = { tokens: [], encrypted: [] };

async function counts(db: Database) {
  return await db.selectFrom("analytics_realmcount").select(["realm_id", "value"])
    .where("property", "=", "mobile_pushes_sent::day")
    .orderBy("realm_id").orderBy("end_time").execute();
}

domainTest("the pushes of events that end together are counted by realm and day", async (db) => {
  const [acme, other] = [await TestRealm.make(db, "acme"), await TestRealm.make(db, "other")];
  const ends = new PushEnds(db);
  const store = (realmId: number, sent: number, now = NOON) =>
    ends.store({ ...NONE, realmId, sent, now });
  await Promise.all([
    store(acme.id, 1),
    store(other.id, 2),
    store(acme.id, 3),
    store(acme.id, 4, NOON + DAY_MS),
    store(other.id, 0),
  ]);
  assert.deepEqual(
    await counts(db),
    [
      { realm_id: acme.id, value: 4 },
      { realm_id: acme.id, value: 4 },
      { realm_id: other.id, value: 2 },
    ].sort((one, another) => one.realm_id - another.realm_id),
  );
});

domainTest("dead devices of several events are removed, and no other", async (db) => {
  const realm = await TestRealm.make(db, "acme");
  const ada = await realm.user("ada");
  for (const token of ["aa", "bb", "cc"]) {
    await db.insertInto("zerver_pushdevicetoken")
      .values({ user_id: ada, token, kind: 2, last_updated: new Date(NOON) }).execute();
  }
  const ends = new PushEnds(db);
  await Promise.all(
    ["aa", "bb"].map((token) =>
      ends.store({
        ...NONE,
        realmId: realm.id,
        sent: 0,
        tokens: [{ kind: "fcm", token }],
        now: NOON,
      })
    ),
  );
  const left = await db.selectFrom("zerver_pushdevicetoken").select("token").execute();
  assert.deepEqual(left, [{ token: "cc" }]);
  assert.deepEqual(await counts(db), []);
});
