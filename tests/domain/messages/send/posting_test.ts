import assert from "node:assert/strict";
import {
  type PostingFacts,
  postingRefusal,
  refusalToPost,
} from "../../../../lib/domain/messages/send/posting.ts";
import { newRow } from "../../../../lib/domain/database/rows.ts";
import { TestRealm } from "../../../fixtures/database/realm.ts";
import { domainTest } from "../../../fixtures/database/shapes.ts";

const MEMBER: PostingFacts = {
  channel: "kitchen",
  isDeactivated: false,
  isPrivate: false,
  isSystemBot: false,
  isOfRealm: true,
  isGuest: false,
  isSubscribed: false,
  mayForge: false,
  isInPostingGroup: true,
  lacksTopicRight: false,
};
const NOT_AUTHORIZED = "Not authorized to send to channel 'kitchen'";
const NO_PERMISSION = "You do not have permission to post in this channel.";

const CASES: readonly (readonly [what: string, Partial<PostingFacts>, string | undefined])[] = [
  ["a member", {}, undefined],
  ["a deactivated channel", { isDeactivated: true, isSystemBot: true }, NOT_AUTHORIZED],
  [
    "a bot of the server",
    { isSystemBot: true, isOfRealm: false, isInPostingGroup: false },
    undefined,
  ],
  ["another realm", { isOfRealm: false }, NOT_AUTHORIZED],
  ["not in the group", { isInPostingGroup: false }, NO_PERMISSION],
  ["a guest", { isGuest: true }, NOT_AUTHORIZED],
  ["a guest who is subscribed", { isGuest: true, isSubscribed: true }, undefined],
  ["a private channel", { isPrivate: true }, NOT_AUTHORIZED],
  ["a private channel of one's own", { isPrivate: true, isSubscribed: true }, undefined],
  ["who may post for others", { isPrivate: true, mayForge: true }, undefined],
  [
    "a new topic",
    { lacksTopicRight: true },
    "You do not have permission to create new topics in this channel.",
  ],
];

for (const [what, facts, refusal] of CASES) {
  Deno.test(`who may post: ${what}`, () => {
    assert.equal(postingRefusal({ ...MEMBER, ...facts }), refusal);
  });
}

domainTest("who may post is looked up, for bots with their owners", async (db) => {
  const realm = await TestRealm.make(db, "acme");
  const ada = await realm.user("ada");
  const bot = await realm.user("bot", { is_bot: true, bot_type: 1, bot_owner_id: ada });
  const { stream, recipient } = await realm.channel("kitchen");
  const to = { streamId: stream, topic: "Lunch" };
  const both = async () => [await refusalToPost(db, ada, to), await refusalToPost(db, bot, to)];
  assert.deepEqual(await both(), [NO_PERMISSION, NO_PERMISSION]);
  const row = { user_group_id: realm.group, user_profile_id: ada };
  await db.insertInto("zerver_usergroupmembership").values(row).execute();
  assert.deepEqual(await both(), [undefined, undefined]);
  await db.updateTable("zerver_stream").set({ invite_only: true }).execute();
  assert.deepEqual(await both(), [NOT_AUTHORIZED, NOT_AUTHORIZED]);
  await db.insertInto("zerver_subscription").values(newRow("zerver_subscription", {
    ...{ user_profile_id: ada, recipient_id: recipient, is_user_active: true },
  })).execute();
  assert.deepEqual(await both(), [undefined, undefined]);
  const { id: nobody } = await db.insertInto("zerver_usergroup")
    .values(newRow("zerver_usergroup", { realm_id: realm.id })).returning("id")
    .executeTakeFirstOrThrow();
  await db.updateTable("zerver_stream").set({ can_create_topic_group_id: nobody }).execute();
  assert.match((await both()).join(), /new topics in this channel\.,You do/);
  await realm.message(ada, recipient, [], { subject: "lunch" });
  assert.deepEqual(await both(), [undefined, undefined]);
});
