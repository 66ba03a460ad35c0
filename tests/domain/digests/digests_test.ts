import assert from "node:assert/strict";
import { mailMessages } from "../../../lib/domain/messages/rendering/mail_messages.ts";
import { MADE, TestRealm } from "../../fixtures/database/realm.ts";
import { domainTest } from "../../fixtures/database/shapes.ts";
import { CUTOFF, DigestWorld, LONG_AGO, NOW, topicsOf } from "./world.ts";

domainTest("a digest has the liveliest topics and new channels, and is made once", async (db) => {
  const world = await DigestWorld.make(db);
  const { realm } = world;
  const ada = await realm.user("ada", { full_name: "Ada" });
  const ben = await realm.user("ben", { full_name: "Ben & Co" });
  const cleo = await realm.user("cleo", { full_name: "Cleo" });
  const bot = await realm.user("bot", { full_name: "Bot", is_bot: true });
  const { stream, recipient } = await world.channel("R&D", [ada]);
  const fresh = await world.channel("night shift", [], { made: MADE });
  await world.write(ben, recipient, "soup", { content: "Too old", date_sent: LONG_AGO });
  await world.write(bot, recipient, "soup", { content: "Alarm", sending_client_id: realm.client });
  const first = await realm.message(ben, recipient, [], {
    ...{ subject: "soup", content: "Soup, *Ada*?", sending_client_id: world.website },
    rendered_content: "<p>Soup, <em>Ada</em>?</p>",
  });
  await world.write(cleo, recipient, "soup", { content: "Stew!" });
  await world.write(ben, recipient, "soup", { content: "No" });
  await world.write(ben, recipient, "Soup", { content: "Other case" });
  const newest = await world.write(ben, recipient, "", { content: "Without a topic" });
  const made = await world.make([ada]);
  assert.deepEqual(made, { mailed: [ada], earlier: [], quiet: 0, failed: [], warnings: [] });
  const [mail, ...others] = world.published;
  assert(mail);
  assert.deepEqual(others, []);
  const seconds = CUTOFF / 1000;
  assert.deepEqual([mail.queue, mail.id], ["deferred_email_senders", `digest:${ada}:${seconds}`]);
  const { context, ...event } = mail.event;
  assert.deepEqual(event, {
    template_prefix: "zerver/emails/digest",
    to_user_ids: [ada],
    to_emails: null,
    from_name: "Zulip at Example digest",
    from_address: "NO_REPLY",
    language: null,
  });
  const { hot_conversations: [soup], new_channels, unsubscribe_link, ...rest } = context;
  assert.deepEqual(rest, {
    realm_url: "https://acme.zulip.example",
    realm_name: "acme",
    root_domain_url: "https://zulip.example",
    external_url_scheme: "https://",
    external_host: "zulip.example",
    user_name: "Ada",
    corporate_enabled: false,
    new_streams_count: 1,
    new_messages_count: 0,
    show_message_content: true,
  });
  assert.match(
    unsubscribe_link,
    /^https:\/\/acme\.zulip\.example\/accounts\/unsubscribe\/digest\/[a-z2-7]{24}$/,
  );
  const narrow = "https://acme.zulip.example/#narrow/channel";
  assert.deepEqual(new_channels, {
    plain: ["#night shift"],
    html: [`<a href="${narrow}/${fresh.stream}-night-shift">#night shift</a>`],
  });
  assert.deepEqual(soup.participants, ["Ben & Co", "Cleo"]);
  assert.equal(soup.count, 1);
  assert.deepEqual(soup.first_few_messages, {
    header: {
      plain: "#R&D > soup",
      html: `<a href="${narrow}/${stream}-R.26D">#R&amp;D</a> &gt; ` +
        `<a href="${narrow}/${stream}-R.26D/topic/soup/with/${first - 1}">soup</a>`,
    },
    senders: [
      { sender: "Bot", content: [BOT_PIECE] },
      {
        sender: "Ben & Co",
        content: [{
          plain: "Ben & Co:\n> Soup, *Ada*?",
          html: "<p><b>Ben &amp; Co</b>: Soup, <em>Ada</em>?</p>",
        }],
      },
    ],
  });
  assert.deepEqual(topicsOf(context).slice(1), ["#R&D > Soup", "#R&D > general chat"]);
  const audit = await db.selectFrom("zerver_realmauditlog")
    .select(["event_type", "realm_id", "modified_user_id", "acting_user_id", "event_time"])
    .select("event_last_message_id").execute();
  assert.deepEqual(audit, [{
    ...{ event_type: 133, realm_id: realm.id, modified_user_id: ada, acting_user_id: null },
    ...{ event_time: new Date(NOW), event_last_message_id: newest },
  }]);
  // A second delivery, also after 12 hours.
  for (const now of [NOW + 1, NOW + 13 * 3_600_000]) {
    const again = await world.make([ada], { now });
    assert.deepEqual([again?.mailed, again?.earlier], [[], [ada]]);
  }
  assert.equal(world.published.length, 1);
  assert.equal((await db.selectFrom("process_queue_outbox").selectAll().execute()).length, 0);
});

/** A message that the server has not rendered. */
const BOT_PIECE = { plain: "Bot:\n> Alarm", html: "<p><b>Bot</b>: Alarm</p>" };

domainTest(
  "deactivated users, and those who turned digests off, get none, and the others do",
  async (db) => {
    const world = await DigestWorld.make(db);
    const { realm } = world;
    const ada = await realm.user("ada");
    const none = [
      await realm.user("gone", { is_active: false }),
      await realm.user("bot", { is_bot: true }),
      await realm.user("off", { enable_digest_emails: false }),
      await realm.user("owner", { delivery_email: "" }),
      987_654,
    ];
    const { recipient } = await world.channel("kitchen", [ada, ...none.slice(0, -1)]);
    await world.write(ada, recipient, "soup");
    assert.deepEqual((await world.make([...none, ada]))?.mailed, [ada]);
    assert.equal(await world.make(none), undefined);
    assert.equal(await world.make([]), undefined);
    await db.updateTable("zerver_realm").set({ deactivated: true }).execute();
    assert.equal(await world.make([ada]), undefined);
    assert.equal(world.published.length, 1);
  },
);

domainTest("an event with users of two realms is refused", async (db) => {
  const world = await DigestWorld.make(db);
  const other = await TestRealm.make(db, "other");
  const users = [await world.realm.user("ada"), await other.user("ben")];
  await assert.rejects(world.make(users), {
    name: "DigestError",
    message: `The users of the event are of several realms, ${world.realm.id}, ${other.id}: ` +
      "publish an event for each",
  });
});

domainTest(
  "a digest has only channels that the user reads, and is not sent if it has too little",
  async (db) => {
    const world = await DigestWorld.make(db);
    const { realm } = world;
    const ada = await realm.user("ada");
    const ben = await realm.user("ben");
    const read = await world.channel("read", [ada]);
    const muted = await world.channel("muted", [ada, ben]);
    await db.updateTable("zerver_subscription").set({ is_muted: true })
      .where("recipient_id", "=", muted.recipient).execute();
    const joined = await world.channel("joined", [ada, ben]);
    await world.audit(ada, 301, MADE, joined.stream);
    await world.audit(ben, 302, MADE, joined.stream);
    for (const { recipient } of [read, muted, joined]) await world.write(ben, recipient, "soup");
    await world.channel("secret", [], { made: MADE, invite_only: true });
    const made = await world.make([ada, ben]);
    assert.deepEqual([made?.mailed, made?.quiet], [[ada], 1]);
    assert.deepEqual(topicsOf(world.context()), ["#read > soup"]);
    const rows = await db.selectFrom("zerver_realmauditlog").select("modified_user_id")
      .where("event_type", "=", 133).execute();
    assert.deepEqual(rows, [{ modified_user_id: ada }]);
  },
);

domainTest("digests of guests list web-public channels", async (db) => {
  const world = await DigestWorld.make(db);
  const guest = await world.realm.user("guest", { role: 600 });
  const member = await world.realm.user("member");
  await world.channel("public", [], { made: MADE });
  await world.make([guest, member]);
  assert.deepEqual(world.context().new_channels.plain, ["#public"]);
  await world.channel("open", [], { made: MADE, is_web_public: true });
  await world.make([guest]);
  assert.deepEqual(world.context().new_channels.plain, ["#open"]);
});

for (const by of ["user", "realm"] as const) {
  domainTest(`a mail that may not show messages, as the ${by} chose, counts them`, async (db) => {
    const world = await DigestWorld.make(db);
    const { realm } = world;
    const hidden = by === "user" ? { message_content_in_email_notifications: false } : {};
    const ada = await realm.user("ada", hidden);
    const ben = await realm.user("ben", hidden);
    if (by === "realm") {
      await db.updateTable("zerver_realm")
        .set({ message_content_allowed_in_email_notifications: false }).execute();
    }
    const { recipient } = await world.channel("kitchen", [ada, ben]);
    const readers = [ada];
    await world.write(ben, recipient, "soup", { readers, date_sent: LONG_AGO });
    await world.write(ben, recipient, "soup", { readers });
    await world.write(ben, recipient, "stew", { readers });
    await world.write(ben, recipient, "news", { readers, sending_client_id: realm.client });
    const made = await world.make([ada, ben]);
    assert.deepEqual([made?.mailed, made?.quiet], [[ada], 1]);
    const context = world.context();
    assert.deepEqual(context.hot_conversations, []);
    assert.equal("new_channels" in context, false);
    assert.equal(context.new_messages_count, 2);
    assert.equal(context.show_message_content, false);
    assert.equal(context.message_content_disabled_by_user, by === "user");
    assert.equal(context.message_content_disabled_by_realm, by === "realm");
    await world.channel("new", [], { made: MADE });
    await world.make([ben]);
    const { new_messages_count, new_streams_count } = world.context();
    assert.deepEqual([new_messages_count, new_streams_count], [0, 1]);
  });
}

domainTest("a user who got a digest within 12 hours gets none, whatever the event", async (db) => {
  const world = await DigestWorld.make(db);
  const [ada, ben] = [await world.realm.user("ada"), await world.realm.user("ben")];
  await world.channel("new", [], { made: MADE });
  await world.audit(ada, 133, new Date(NOW - 11 * 3_600_000));
  await world.audit(ben, 133, new Date(NOW - 13 * 3_600_000));
  const made = await world.make([ada, ben]);
  assert.deepEqual([made?.mailed, made?.earlier], [[ben], [ada]]);
});

domainTest("a digest that cannot be made keeps no other back, and is made later", async (db) => {
  const world = await DigestWorld.make(db);
  const [ada, ben] = [await world.realm.user("ada"), await world.realm.user("ben")];
  const cleo = await world.realm.user("cleo", { emojiset: "text" });
  const { recipient } = await world.channel("kitchen", [ada, ben, cleo]);
  await world.write(ada, recipient, "soup");
  const show: typeof mailMessages = (messages, place, reader) => {
    if (reader.emojiset === "text") throw new Error("cannot show it");
    return mailMessages(messages, place, reader);
  };
  const made = await world.make([ada, cleo, ben], { maker: { show } });
  assert.deepEqual(made?.mailed, [ada, ben]);
  assert.deepEqual(made?.failed, [{ user: cleo, reason: "cannot show it" }]);
  const again = await world.make([ada, cleo, ben]);
  assert.deepEqual([again?.mailed, again?.earlier, again?.failed], [[cleo], [ada, ben], []]);
  assert.deepEqual(world.published.map(({ event }) => event.to_user_ids), [[ada], [ben], [cleo]]);
});

domainTest("what was moved or deleted after topics were read is not shown", async (db) => {
  const world = await DigestWorld.make(db);
  const { realm } = world;
  const [ada, ben] = [await realm.user("ada"), await realm.user("ben")];
  const { recipient } = await world.channel("kitchen", [ada, ben]);
  const secret = await world.channel("secret");
  const moved = await world.write(ada, recipient, "moved");
  const half = await world.write(ada, recipient, "half", { content: "One" });
  await world.write(ada, recipient, "half", { content: "Two" });
  await world.make([ada]);
  assert.deepEqual(topicsOf(world.context()), ["#kitchen > moved", "#kitchen > half"]);
  await db.updateTable("zerver_message").set({ recipient_id: secret.recipient })
    .where("id", "=", moved).execute();
  await db.updateTable("zerver_message").set({ subject: "renamed" }).where("id", "=", half)
    .execute();
  await world.make([ben]);
  const context = world.context();
  assert.deepEqual(topicsOf(context), ["#kitchen > half"]);
  const [{ first_few_messages: { senders } }] = context.hot_conversations;
  assert.deepEqual(senders[0].content[0].plain, "ada:\n> Two");
});
