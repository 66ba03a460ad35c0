import assert from "node:assert/strict";
import { TestRealm } from "../../../fixtures/database/realm.ts";
import { domainTest } from "../../../fixtures/database/shapes.ts";
import { MissedWorld, reminded, rowIds } from "./world.ts";

domainTest("nobody gets a mail about what may not be read any more", async (db) => {
  const world = await MissedWorld.make(db);
  const { realm, ctx } = world;
  const [ada, ben] = [await realm.user("ada"), await realm.user("ben")];
  const { stream, recipient } = await realm.channel("secrets", [ada, ben]);
  await db.updateTable("zerver_stream").set({ invite_only: true }).where("id", "=", stream)
    .execute();
  const seen = await world.toChannel(ben, recipient, ada, "Hello Ada");
  const unseen = await world.toChannel(ben, recipient, ben, "Ada is gone");
  await world.miss(ada, seen, "mentioned");
  await world.miss(ben, unseen, "mentioned");
  await db.updateTable("zerver_subscription").set({ active: false })
    .where("user_profile_id", "=", ada).where("recipient_id", "=", recipient).execute();
  await world.pass();
  assert.deepEqual(ctx.errors, []);
  assert.deepEqual(ctx.mails.map(({ event }) => event.to_user_ids), [[ben]]);
  assert.deepEqual(await world.due(ada), []);
});

domainTest(
  "there is no mail about what was read or deleted, nor to users who want none",
  async (db) => {
    const world = await MissedWorld.make(db);
    const { realm, ctx } = world;
    const ada = await realm.user("ada");
    const ben = await realm.user("ben", { enable_offline_email_notifications: false });
    const { recipient } = await realm.channel("kitchen", [ada, ben]);
    const closed = new MissedWorld(db, await TestRealm.make(db, "closed"), {});
    const [cleo, dan] = [await closed.realm.user("cleo"), await closed.realm.user("dan")];
    const hall = await closed.realm.channel("hall", [cleo, dan]);
    await world.miss(cleo, await closed.toChannel(dan, hall.recipient, cleo, "Hi"), "mentioned");
    await db.updateTable("zerver_realm").set({ deactivated: true })
      .where("id", "=", closed.realm.id).execute();
    const read = await world.toChannel(ben, recipient, ada, "Soup?", { flags: 1 });
    const deleted = await world.toChannel(ben, recipient, ada, "(deleted)");
    const unwanted = await world.toChannel(ada, recipient, ben, "Stew!");
    await world.miss(ada, read, "mentioned");
    await world.miss(ada, deleted, "mentioned");
    await world.miss(ben, unwanted, "mentioned");
    await world.pass();
    assert.deepEqual(ctx.published, []);
    assert.deepEqual(await rowIds(world), []);
    assert.equal(await reminded(world, ada), null);
  },
);
