import assert from "node:assert/strict";
import { candidateRealms, candidateUsers } from "../../../lib/domain/digests/candidates.ts";
import { lastDigestAfter, whyNoDigest } from "../../../lib/domain/digests/due.ts";
import { MADE, TestRealm } from "../../fixtures/database/realm.ts";
import { domainTest } from "../../fixtures/database/shapes.ts";
import { CUTOFF, DigestWorld, LONG_AGO, NOW } from "./world.ts";

domainTest("realms come with what decides whether they have digests", async (db) => {
  const one = await TestRealm.make(db, "one");
  const two = await TestRealm.make(db, "two");
  await db.updateTable("zerver_realm")
    .set({ deactivated: true, digest_emails_enabled: true, digest_weekday: 6 })
    .where("id", "=", two.id).execute();
  assert.deepEqual(await candidateRealms(db), [
    { id: one.id, stringId: "one", isDeactivated: false, hasDigests: false, weekday: 1 },
    { id: two.id, stringId: "two", isDeactivated: true, hasDigests: true, weekday: 6 },
  ]);
});

domainTest("users come with what decides whether they get a digest", async (db) => {
  const world = await DigestWorld.make(db);
  const { realm } = world;
  const ada = await realm.user("ada");
  const gone = await realm.user("gone", { is_active: false });
  const bot = await realm.user("bot", { is_bot: true });
  const off = await realm.user("off", { enable_digest_emails: false });
  const owner = await realm.user("owner", { delivery_email: "" });
  const [there, told] = [await realm.user("there"), await realm.user("told")];
  const other = await (await TestRealm.make(db, "other")).user("other");
  const stay = async (user_profile_id: number, end: number) => {
    const row = { user_profile_id, start: LONG_AGO, end: new Date(end) };
    await db.insertInto("zerver_useractivityinterval").values(row).execute();
  };
  await stay(ada, CUTOFF);
  await stay(ada, CUTOFF - 60_000);
  await stay(there, CUTOFF - 60_000);
  await stay(there, CUTOFF + 1);
  await world.audit(told, 133, new Date(NOW - 11 * 3_600_000));
  await world.audit(ada, 133, new Date(NOW - 12 * 3_600_000));
  await world.audit(ada, 301, MADE);
  const times = { cutoff: CUTOFF, lastDigest: lastDigestAfter(NOW) };
  const users = await candidateUsers(db, realm.id, times);
  assert.deepEqual(users.map((user) => [user.id, whyNoDigest(user)]), [
    [ada, undefined],
    [gone, "deactivated"],
    [bot, "a bot"],
    [off, "turned off"],
    [owner, "no address"],
    [there, "was there"],
    [told, "got one"],
  ]);
  assert(users.every(({ id }) => id !== other));
});
