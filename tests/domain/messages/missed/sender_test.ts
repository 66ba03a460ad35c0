import assert from "node:assert/strict";
import { domainTest } from "../../../fixtures/database/shapes.ts";
import { DUE, FakeContext, MAKER, MissedWorld, NOW } from "./world.ts";
import { openDatabase } from "../../../../lib/domain/database/database.ts";
import { newNamedGroup } from "../../../../lib/domain/database/rows.ts";
import { MADE, TestRealm } from "../../../fixtures/database/realm.ts";

/** Makes no mail of messages that say so. */
const BREAKING: Parameters<typeof MissedWorld.make>[1] = {
  show(messages, ...more) {
    if (messages.some(({ content }) => content === "broken")) throw new Error("no");
    return MAKER.show(messages, ...more);
  },
};

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

async function rowIds({ db }: MissedWorld): Promise<number[]> {
  const rows = await db.selectFrom("zerver_scheduledmessagenotificationemail").select("id")
    .orderBy("id").execute();
  return rows.map(({ id }) => id);
}

async function reminded({ db }: MissedWorld, user: number): Promise<Date | null | undefined> {
  const row = await db.selectFrom("zerver_userprofile").select("last_reminder")
    .where("id", "=", user).executeTakeFirst();
  return row?.last_reminder;
}

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

/** An idle user misses messages for these reasons: from one to the user, or in channels. */
const RETURNS: readonly (readonly [what: string, triggers: readonly string[], events: number])[] = [
  ["a direct message and a mention", ["direct_message", "mentioned"], 1],
  ["a message of a channel", ["stream_email_notify"], 0],
  ["a mention of everybody in the channel", ["stream_wildcard_mentioned"], 0],
];

for (const [what, triggers, events] of RETURNS) {
  Deno.test(`${what} of a user away for long: ${events} events that bring the user back`, async () => {
    await using db = await openDatabase("sqlite::memory:");
    const world = await MissedWorld.make(db);
    const ada = await world.realm.user("ada", { long_term_idle: true });
    const ben = await world.realm.user("ben");
    const channel = await world.realm.channel("kitchen", [ada, ben]);
    const { recipient_id: personal } = await db.selectFrom("zerver_userprofile")
      .select("recipient_id").where("id", "=", ada).executeTakeFirstOrThrow();
    for (const trigger of triggers) {
      const recipient = trigger === "direct_message" ? Number(personal) : channel.recipient;
      const subject = trigger === "direct_message" ? "\u0007" : "lunch";
      const message = await world.realm.message(ben, recipient, [ada], { subject });
      await world.miss(ada, message, trigger);
    }
    await world.pass();
    assert.equal(world.ctx.mails.length, triggers.length);
    const back = world.ctx.published.filter(({ queue }) => queue === "deferred_work");
    const expected = { type: "soft_reactivate", user_profile_id: ada };
    assert.deepEqual(back.map(({ event }) => event), Array(events).fill(expected));
  });
}

domainTest(
  "a mail that cannot be made costs neither its user nor others their mails",
  async (db) => {
    const world = await MissedWorld.make(db, BREAKING);
    const { realm, ctx } = world;
    const [ada, ben] = [await realm.user("ada"), await realm.user("ben")];
    const { recipient } = await realm.channel("kitchen", [ada, ben]);
    const garden = await realm.channel("garden", [ada, ben]);
    const bad = await world.toChannel(ben, recipient, ada, "broken");
    await world.miss(ada, bad, "mentioned");
    await world.miss(ada, await world.toChannel(ben, garden.recipient, ada, "Rain"), "mentioned");
    await world.pass();
    assert.deepEqual(ctx.mails.map(({ event }) => event.context.channel_name), ["garden"]);
    assert.deepEqual(await world.due(ada), [DUE + 60_000 - NOW]);
    await world.pass(DUE + 60_000);
    assert.deepEqual(await world.due(ada), [DUE + 180_000 - NOW]);
    assert.equal(ctx.mails.length, 1);
    assert.equal(ctx.errors.length, 2);
  },
);

domainTest("a user whose mails fail is tried again, and others have theirs", async (db) => {
  let isBroken = true;
  const world = await MissedWorld.make(db, {
    show(messages, ...more) {
      if (isBroken && messages.some(({ content }) => content === "broken")) throw new Error("no");
      return MAKER.show(messages, ...more);
    },
  });
  const { realm, ctx } = world;
  const [ada, ben] = [await realm.user("ada"), await realm.user("ben")];
  const { recipient } = await realm.channel("kitchen", [ada, ben]);
  await world.miss(ada, await world.toChannel(ben, recipient, ada, "broken"), "mentioned");
  await world.miss(ben, await world.toChannel(ada, recipient, ben, "Soup?"), "mentioned");
  await world.pass();
  assert.deepEqual(ctx.mails.map(({ event }) => event.to_user_ids), [[ben]]);
  assert.deepEqual(await world.due(ada), [DUE + 60_000 - NOW]);
  const addresses = () =>
    db.selectFrom("zerver_missedmessageemailaddress").select("user_profile_id").execute();
  assert.deepEqual(await addresses(), [{ user_profile_id: ben }]);
  await world.pass(DUE + 60_000);
  assert.deepEqual(await world.due(ada), [DUE + 180_000 - NOW]);
  assert.deepEqual(ctx.errors, [
    `The mail to user ${ada} about 1 missed messages could not be made, and is tried again in ` +
    "60 s: no",
    `The mail to user ${ada} about 1 missed messages could not be made, and is tried again in ` +
    "120 s: no",
  ]);
  isBroken = false;
  await world.pass(DUE + 180_000);
  assert.deepEqual(ctx.mails.map(({ event }) => event.to_user_ids), [[ben], [ada]]);
  assert.deepEqual(await rowIds(world), []);
});

Deno.test("a message that keeps failing is given up after a day, and newer ones are not", async () => {
  await using db = await openDatabase("sqlite::memory:");
  const world = await MissedWorld.make(db, BREAKING);
  const { realm, ctx } = world;
  const [ada, ben] = [await realm.user("ada"), await realm.user("ben")];
  const { recipient } = await realm.channel("kitchen", [ada, ben]);
  await world.miss(ada, await world.toChannel(ben, recipient, ada, "broken"), "mentioned");
  const [DAY, HOUR] = [24 * 60 * 60_000, 3_600_000];
  const later = { date_sent: new Date(NOW + DAY) };
  await world.miss(ada, await world.toChannel(ben, recipient, ada, "Soup?", later), "mentioned");
  for (let hour = 1; hour <= 4; hour++) await world.pass(NOW + DAY + hour * HOUR);
  assert.equal((await rowIds(world)).length, 2);
  await world.pass(NOW + DAY + 5 * HOUR);
  assert.equal((await rowIds(world)).length, 1);
  assert.deepEqual(ctx.errors.slice(-2), [
    `The mail to user ${ada} about 1 missed messages could not be made 5 times, and is given ` +
    "up, since the messages are over a day old: no",
    `The mail to user ${ada} about 1 missed messages could not be made, and is tried again in ` +
    "960 s: no",
  ]);
  await world.pass(NOW + DAY + 6 * HOUR);
  assert.deepEqual(ctx.mails.map(({ event }) => event.context.message_count), [1]);
  assert.deepEqual(await rowIds(world), []);
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

domainTest("mails that cannot be published stay in the outbox with their ids", async (db) => {
  const world = await MissedWorld.make(db);
  const [ada, ben] = [await world.realm.user("ada"), await world.realm.user("ben")];
  const { recipient } = await world.realm.channel("kitchen", [ada, ben]);
  await world.miss(ada, await world.toChannel(ben, recipient, ada, "Soup?"), "mentioned");
  const [row] = await rowIds(world);
  const away = new FakeContext();
  away.isAway = true;
  await world.pass(DUE, away);
  const kept = await db.selectFrom("process_queue_outbox").select(["queue", "message_id"])
    .execute();
  assert.deepEqual(kept, [{ queue: "email_senders", message_id: `missed:${row}` }]);
  assert.deepEqual(await rowIds(world), []);
});
