import assert from "node:assert/strict";
import { clearDevices } from "../../../lib/domain/deferred/clear_devices.ts";
import type { BouncerResult, BouncerUser } from "../../../lib/domain/push/bouncer_bodies.ts";
import { MADE, TestRealm } from "../../fixtures/database/realm.ts";
import { domainTest } from "../../fixtures/database/shapes.ts";

const NEVER = new AbortController().signal;

domainTest("a user's devices are forgotten, by the bouncer where there is one", async (db) => {
  const realm = await TestRealm.make(db);
  const [ada, ben] = [await realm.user("ada"), await realm.user("ben")];
  for (const user_id of [ada, ada, ben]) {
    const token = crypto.randomUUID();
    const device = { user_id, kind: 2, token, last_updated: MADE, ios_app_id: null };
    await db.insertInto("zerver_pushdevicetoken").values(device).execute();
  }
  const asked: BouncerUser[] = [];
  const bouncer = (result: BouncerResult<Record<string, unknown>>) => ({
    unregisterAll(user: BouncerUser) {
      asked.push(user);
      return Promise.resolve(result);
    },
  });
  const clear = (user: number, result: BouncerResult<Record<string, unknown>>) =>
    clearDevices(db, user, bouncer(result), NEVER);
  const later = { kind: "later", reason: "503", afterMs: 7 } as const;
  const refused = { kind: "refused", code: undefined, reason: "no" } as const;
  assert.deepEqual(await clear(ada, { kind: "done", answer: {} }), {
    kind: "done",
    where: "bouncer",
  });
  assert.deepEqual(await clear(ada, later), later);
  assert.deepEqual(await clear(ada, refused), refused);
  assert.deepEqual(await clear(ada, { kind: "unknown", reason: "cut" }), {
    kind: "later",
    reason: "cut",
  });
  assert.deepEqual(await clear(2 ** 31 - 1, later), { kind: "no user" });
  const { uuid } = await db.selectFrom("zerver_userprofile").select("uuid").where("id", "=", ada)
    .executeTakeFirstOrThrow();
  assert.deepEqual([asked.length, asked[0]?.user_uuid, asked[0]?.user_id], [4, uuid, ada]);
  const rows = () => db.selectFrom("zerver_pushdevicetoken").select("user_id").execute();
  assert.equal((await rows()).length, 3);
  const done = { kind: "done", where: "database", devices: 2 };
  assert.deepEqual(await clearDevices(db, ada, undefined, NEVER), done);
  assert.deepEqual(await rows(), [{ user_id: ben }]);
  assert.deepEqual(await clearDevices(db, ada, undefined, NEVER), { ...done, devices: 0 });
});
