import assert from "node:assert/strict";
import { isTold, newChannels, readChannels } from "../../../lib/domain/digests/channels.ts";
import { MADE } from "../../fixtures/database/realm.ts";
import { domainTest } from "../../fixtures/database/shapes.ts";
import { CUTOFF, DigestWorld, LONG_AGO } from "./world.ts";

Deno.test("digests of members list public channels, those of guests only web-public ones", () => {
  const open = { id: 1, name: "a", isPrivate: false, isWebPublic: false };
  const table = [
    [false, open, true],
    [false, { ...open, isWebPublic: true }, true],
    [false, { ...open, isPrivate: true }, false],
    [true, open, false],
    [true, { ...open, isWebPublic: true }, true],
    [true, { ...open, isPrivate: true }, false],
  ] as const;
  for (const [isGuest, channel, expected] of table) {
    assert.equal(isTold(isGuest, channel), expected, JSON.stringify([isGuest, channel]));
  }
});

domainTest(
  "new channels are those of the realm that were made since and are active",
  async (db) => {
    const world = await DigestWorld.make(db);
    const old = await world.channel("old");
    const { stream } = await world.channel("new", [], { made: MADE });
    const shut = await world.channel("shut", [], { made: MADE, invite_only: true });
    const open = await world.channel("open", [], { made: MADE, is_web_public: true });
    await world.channel("gone", [], { made: MADE, deactivated: true });
    await world.channel("at the time", [], { made: new Date(CUTOFF) });
    const found = await newChannels(db, world.realm.id, CUTOFF);
    assert.deepEqual(found, [
      { id: stream, name: "new", isPrivate: false, isWebPublic: false },
      { id: shut.stream, name: "shut", isPrivate: true, isWebPublic: false },
      { id: open.stream, name: "open", isPrivate: false, isWebPublic: true },
    ]);
    assert.deepEqual(await newChannels(db, world.realm.id + 1, CUTOFF), []);
    assert.notEqual(old.stream, stream);
  },
);

domainTest(
  "a user reads what is subscribed, not muted, and neither joined nor left since",
  async (db) => {
    const world = await DigestWorld.make(db);
    const ada = await world.realm.user("ada");
    const ben = await world.realm.user("ben");
    const kept = await world.channel("kept", [ada]);
    const muted = await world.channel("muted", [ada]);
    const left = await world.channel("left", [ada]);
    const joined = await world.channel("joined", [ada, ben]);
    await world.channel("other", [ben]);
    const change = async (recipient: number, to: { is_muted?: boolean; active?: boolean }) => {
      await db.updateTable("zerver_subscription").set(to).where("recipient_id", "=", recipient)
        .execute();
    };
    await change(muted.recipient, { is_muted: true });
    await change(left.recipient, { active: false });
    await world.audit(ada, 301, MADE, joined.stream);
    await world.audit(ada, 301, LONG_AGO, kept.stream);
    await world.audit(ada, 133, MADE, kept.stream);
    const read = await readChannels(db, [ada], CUTOFF);
    const { stream: id, recipient } = kept;
    assert.deepEqual(read.get(ada), [{ user: ada, recipient, id, name: "kept" }]);
    assert.equal(read.get(ben), undefined);
    const names = (await readChannels(db, [ada, ben], CUTOFF)).get(ben)?.map(({ name }) => name);
    assert.deepEqual(names, ["joined", "other"]);
    for (const type of [302, 303]) {
      await world.audit(ben, type, MADE, joined.stream);
      const again = (await readChannels(db, [ben], CUTOFF)).get(ben)?.map(({ name }) => name);
      assert.deepEqual(again, ["other"]);
      await db.deleteFrom("zerver_realmauditlog").where("event_type", "=", type).execute();
    }
  },
);
