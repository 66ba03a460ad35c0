import assert from "node:assert/strict";
import type { Database } from "../../../lib/domain/database/database.ts";
import { initializeRealms } from "../../../lib/domain/push/realm_push.ts";
import { TestRealm } from "../../fixtures/database/realm.ts";
import { domainTest } from "../../fixtures/database/shapes.ts";

async function states(db: Database): Promise<boolean[]> {
  const rows = await db.selectFrom("zerver_realm").select("push_notifications_enabled")
    .orderBy("id").execute();
  return rows.map(({ push_notifications_enabled }) => push_notifications_enabled);
}

domainTest(
  "realms push as is configured, unless Zulip's own processes say so",
  async (db, { kind }) => {
    const isOwn = kind === "own";
    await TestRealm.make(db, "one");
    await TestRealm.make(db, "other");
    assert.equal(await initializeRealms(db, true), isOwn ? 2 : 0);
    assert.deepEqual(await states(db), [isOwn, isOwn]);
    assert.equal(await initializeRealms(db, true), 0);
    assert.equal(await initializeRealms(db, undefined), 0);
    assert.equal(await initializeRealms(db, false), isOwn ? 2 : 0);
    assert.deepEqual(await states(db), [false, false]);
  },
);
