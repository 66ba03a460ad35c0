import assert from "node:assert/strict";
import { openDatabase } from "../../../../lib/domain/database/database.ts";
import { newNamedGroup } from "../../../../lib/domain/database/rows.ts";
import { MADE } from "../../../fixtures/database/realm.ts";
import { domainTest } from "../../../fixtures/database/shapes.ts";
import { DUE, MissedWorld, reminded, rowIds } from "./world.ts";

domainTest("a mail has a conversation's messages, and each conversation a mail", async (db) => {
  const world = await MissedWorld.make(db);
  const { realm, ctx } = world;
  const ada = await realm.user("ada", { full_name: "Ada", timezone: "Europe/Berlin" });
  const ben = await realm.user("ben", { full_name: "Ben" });
  const cleo = await realm.user("cleo", { full_name: "Cleo" });
  const { stream, recipient } = await realm.channel("kitchen", [ada, ben, cleo]);
  const group = await world.realm.directGroup([ada, ben, cleo]);
  const soup = await world.toChannel(ben, recipient, ada, "Soup?");
  const direct = await realm.message(cleo, group, [ada], { content: "Psst" });
  const stew = await world.toChannel(cleo, recipient, ada, "Stew!", { subject: "Lunch" });
  await world.miss(ada, soup, "stream_email_notify");
  await world.miss(ada, direct, "private_message");
  await world.miss(ada, stew, "stream_email_notify");
  const ids = await rowIds(world);
  assert.equal(await world.pass(DUE - 1), false);
  assert.deepEqual(ctx.published, []);
  assert.equal(await world.pass(), false);
  assert.deepEqual(ctx.errors, []);
  const [dm, lunch, ...others] = ctx.mails;
  assert(dm && lunch);
  assert.deepEqual(others, []);
  assert.equal(dm.id, `missed:${ids[1]}`);
  assert.equal(lunch.id, `missed:${ids[0]},${ids[2]}`);
  const { context, reply_to_email, ...rest } = lunch.event;
  assert.deepEqual(rest, {
    template_prefix: "zerver/emails/missed_message",
    to_user_ids: [ada],
    from_name: "Zulip at Example notifications",
    from_address: "noreply@zulip.example",
    date: "Sun, 01 Mar 2026 13:02:01 +0100",
  });
  assert.equal(context.message_count, 2);
  assert.equal(context.realm_url, "https://acme.zulip.example");
  assert.match(context.unsubscribe_link, /acme\.zulip\.example\/.*missed_messages\/[a-z2-7]{24}$/);
  assert.equal(
    context.narrow_url,
    `https://acme.zulip.example/#narrow/channel/${stream}-kitchen/topic/lunch/with/${soup}`,
  );
  const shown = context.messages[0].senders.map((block: { content: unknown }) => block.content);
  assert.deepEqual(shown, [
    [{ plain: "Ben:\n> Soup?", html: "<p><b>Ben</b>: Soup?</p>" }],
    [{ plain: "Cleo:\n> Stew!", html: "<p><b>Cleo</b>: Stew!</p>" }],
  ]);
  assert.equal(dm.event.context.direct_message_group_display_name, "Ben and Cleo");
  await assertAnswered(world, ada, soup, reply_to_email);
  await assertAnswered(world, ada, direct, dm.event.reply_to_email);
  assert.deepEqual(await world.due(ada), []);
  assert.equal((await reminded(world, ada))?.getTime(), DUE);
  await world.pass(DUE + 1);
  assert.equal(ctx.mails.length, 2);
});

/** Asserts that an address for answers to a message is known. */
async function assertAnswered(world: MissedWorld, user: number, message: number, address: string) {
  const found = await world.db.selectFrom("zerver_missedmessageemailaddress")
    .select(["email_token", "user_profile_id", "times_used"])
    .where("message_id", "=", message).execute();
  const token = /^Zulip <(mm[0-9a-f]{32})@in\.example>$/.exec(address)?.[1];
  assert.deepEqual(found, [{ email_token: token, user_profile_id: user, times_used: 0 }]);
}

domainTest("a mention brings what was said before, and the user back", async (db) => {
  const world = await MissedWorld.make(db, { gatewayPattern: undefined });
  const { realm, ctx } = world;
  const ada = await realm.user("ada", { long_term_idle: true });
  const ben = await realm.user("ben");
  const { recipient } = await realm.channel("kitchen", [ada, ben]);
  const before = (minutes: number) => ({ date_sent: new Date(MADE.getTime() - minutes * 60_000) });
  await world.toChannel(ben, recipient, ada, "Too old", before(16));
  await world.toChannel(ben, recipient, ada, "Soup?", before(5));
  const mention = await world.toChannel(ben, recipient, ada, "@cooks", { flags: 8 });
  const cooks = await namedGroup(world, "cooks", [ada]);
  await world.miss(ada, mention, "mentioned", await namedGroup(world, "all", [ada, ben]));
  await world.miss(ada, mention, "mentioned", cooks);
  await world.pass();
  const [{ event }] = ctx.mails as [typeof ctx.mails[number]];
  const { context, reply_to_email } = event;
  assert.equal(context.mentioned_user_group_name, "cooks");
  assert.equal(context.message_count, 1);
  assert.deepEqual(context.messages[0].senders.flatMap(plain), ["ben:\n> Soup?", "> @cooks"]);
  assert.deepEqual([reply_to_email, context.reply_to_zulip], [null, false]);
  assert.deepEqual(ctx.published.slice(1).map(({ queue, event }) => [queue, event]), [
    ["deferred_work", { type: "soft_reactivate", user_profile_id: ada }],
  ]);
});

function plain({ content }: { content: { plain: string }[] }): string[] {
  return content.map(({ plain }) => plain);
}

async function namedGroup({ db, realm }: MissedWorld, name: string, members: number[]) {
  const { id } = await db.insertInto("zerver_usergroup").values({ realm_id: realm.id })
    .returning("id").executeTakeFirstOrThrow();
  const row = { usergroup_ptr_id: id, realm_id: realm.id, name, group: realm.group };
  await db.insertInto("zerver_namedusergroup").values(newNamedGroup(row)).execute();
  for (const user_profile_id of members) {
    await db.insertInto("zerver_usergroupmembership").values({ user_group_id: id, user_profile_id })
      .execute();
  }
  return id;
}

Deno.test("a mail that may not show messages has none of their content", async () => {
  await using db = await openDatabase("sqlite::memory:");
  const world = await MissedWorld.make(db);
  const off = { message_content_in_email_notifications: false };
  const ada = await world.realm.user("ada", off);
  const ben = await world.realm.user("ben", { full_name: "Benjamin" });
  const { recipient } = await world.realm.channel("kitchen", [ada, ben]);
  const message = await world.toChannel(ben, recipient, ada, "Secret", { flags: 8 });
  await world.miss(ada, message, "mentioned");
  await world.pass();
  assert.equal(world.ctx.mails.length, 1);
  assert.doesNotMatch(JSON.stringify(world.ctx.mails), /Secret|Benjamin/);
  // The mail does not offer it, but an answer arrives.
  const [mail] = world.ctx.mails;
  await assertAnswered(world, ada, message, mail?.event.reply_to_email);
});

domainTest("several workers at once tell each user once", async (db, { url }) => {
  const world = await MissedWorld.make(db);
  const { realm } = world;
  const ben = await realm.user("ben");
  const { recipient } = await realm.channel("kitchen", [ben]);
  const users: number[] = [];
  for (let index = 0; index < 12; index++) {
    const user = await realm.user(`user${index}`);
    users.push(user);
    await world.miss(user, await world.toChannel(ben, recipient, user, "Soup?"), "mentioned");
  }
  await using second = url.startsWith("sqlite") ? undefined : await openDatabase(url);
  const others = [world, new MissedWorld(second ?? db, realm, {})];
  await Promise.all(others.map((other) => other.pass()));
  const told = others.flatMap(({ ctx }) => ctx.mails.map(({ event }) => event.to_user_ids[0]));
  assert.deepEqual(told.toSorted((a, b) => a - b), users);
});
