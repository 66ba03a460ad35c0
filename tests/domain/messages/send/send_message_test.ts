import assert from "node:assert/strict";
import type { Database } from "../../../../lib/domain/database/database.ts";
import { inTransaction } from "../../../../lib/domain/database/transaction.ts";
import type { NewMessage } from "../../../../lib/domain/messages/send/new_message.ts";
import { sendMessage } from "../../../../lib/domain/messages/send/send_message.ts";
import { MADE, TestRealm } from "../../../fixtures/database/realm.ts";
import { eachDatabaseTest } from "../../database/each_database.ts";

const NOW = new Date("2026-03-02T10:00:00.500Z");

/** A realm with a sender, and users to send to. */
class Send {
  readonly db: Database;
  readonly realm: TestRealm;
  readonly bot: number;
  readonly ada: number;
  readonly ben: number;

  private constructor(db: Database, realm: TestRealm, bot: number, ada: number, ben: number) {
    this.db = db;
    this.realm = realm;
    [this.bot, this.ada, this.ben] = [bot, ada, ben];
  }

  static async make(db: Database): Promise<Send> {
    const realm = await TestRealm.make(db, "acme");
    const bot = await realm.user("bot", { full_name: "Weather", is_bot: true, bot_type: 3 });
    const ada = await realm.user("ada", { full_name: "Ada Lovelace" });
    return new Send(db, realm, bot, ada, await realm.user("ben", { full_name: "Ben" }));
  }

  /** Sends a message. @returns Its id and the notice. */
  async send(to: NewMessage["to"], content: string, more: Partial<NewMessage> = {}) {
    const published: [queue: string, event: unknown][] = [];
    const id = await inTransaction(
      this.db,
      (trx) =>
        sendMessage(trx, { senderId: this.bot, to, content, client: "Tests", ...more }, {
          publish: (queue, event) => void published.push([queue, event]),
          now: NOW,
          externalHost: "zulip.example",
        }),
    );
    const [[queue, notice] = [], ...others] = published;
    assert.equal(queue, "notify_tornado");
    assert.deepEqual(others, []);
    return { id, notice: notice as Notice };
  }

  /** The flags of a message, by user. */
  async flags(message: number): Promise<Record<number, number>> {
    const rows = await this.db.selectFrom("zerver_usermessage").select(["user_profile_id", "flags"])
      .where("message_id", "=", message).execute();
    return Object.fromEntries(rows.map((row) => [row.user_profile_id, row.flags]));
  }
}

interface Notice {
  readonly event: Readonly<Record<string, unknown>> & {
    readonly message_dict: Readonly<Record<string, unknown>>;
  };
  readonly users: readonly Readonly<Record<string, unknown>>[];
}

function sendTest(name: string, fn: (send: Send) => Promise<void>): void {
  eachDatabaseTest(name, async ({ open }) => await fn(await Send.make(await open())));
}

sendTest("a message to a channel is stored for its subscribers, who are notified", async (send) => {
  const { db, bot, ada, ben, realm } = send;
  const { stream, recipient } = await realm.channel("kitchen", [ada, ben, bot]);
  const to = { kind: "channel", streamId: stream, topic: "lunch" } as const;
  const { id, notice } = await send.send(to, "@**Ada Lovelace** see https://a.example");
  const row = await db.selectFrom("zerver_message").selectAll().where("id", "=", id)
    .executeTakeFirstOrThrow();
  assert.equal(row.recipient_id, recipient);
  assert.equal(row.subject, "lunch");
  assert.equal(row.is_channel_message, true);
  assert.equal(row.has_link, true);
  assert.equal(row.date_sent.getTime(), NOW.getTime());
  assert.match(row.rendered_content ?? "", /user-mention" data-user-id="\d+">@Ada Lovelace/);
  assert.deepEqual(await send.flags(id), { [ada]: 8, [ben]: 0, [bot]: 0 });
  const { message_dict, ...event } = notice.event;
  assert.deepEqual(event, {
    type: "message",
    message: id,
    presence_idle_user_ids: [ada],
    online_push_user_ids: [ada, ben, bot].sort((one, other) => one - other),
    dm_mention_push_disabled_user_ids: [],
    dm_mention_email_disabled_user_ids: [],
    stream_push_user_ids: [],
    stream_email_user_ids: [],
    topic_wildcard_mention_user_ids: [],
    stream_wildcard_mention_user_ids: [],
    followed_topic_push_user_ids: [],
    followed_topic_email_user_ids: [],
    topic_wildcard_mention_in_followed_topic_user_ids: [],
    stream_wildcard_mention_in_followed_topic_user_ids: [],
    muted_sender_user_ids: [],
    all_bot_user_ids: [bot],
    push_device_registered_user_ids: [],
    disable_external_notifications: false,
    realm_host: "acme.zulip.example",
    realm_id: realm.id,
    stream_name: "kitchen",
    user_ids_without_access_to_sender: [],
  });
  assert.deepEqual(notice.users, [
    { id: bot, flags: [], mentioned_user_group_id: null },
    { id: ada, flags: ["mentioned"], mentioned_user_group_id: null },
    { id: ben, flags: [], mentioned_user_group_id: null },
  ]);
  assert.deepEqual(message_dict, {
    id,
    sender_id: bot,
    content: "@**Ada Lovelace** see https://a.example",
    rendered_content: row.rendered_content,
    recipient_type_id: stream,
    recipient_type: 2,
    recipient_id: recipient,
    timestamp: Math.floor(NOW.getTime() / 1000),
    client: "Tests",
    subject: "lunch",
    topic_links: [],
    is_me_message: false,
    reactions: [],
    submessages: [],
    sender_full_name: "Weather",
    sender_email: "bot@example.com",
    sender_delivery_email: "bot@example.com",
    sender_realm_id: realm.id,
    sender_realm_str: "acme",
    sender_avatar_source: "G",
    sender_avatar_version: 1,
    sender_email_address_visibility: 1,
    sender_is_mirror_dummy: false,
    sender_recipient_id: message_dict["sender_recipient_id"],
    type: "stream",
    display_recipient: "kitchen",
    stream_id: stream,
  });
  const channel = await db.selectFrom("zerver_stream").select("first_message_id")
    .where("id", "=", stream).executeTakeFirst();
  assert.equal(channel?.first_message_id, id);
});

sendTest("direct messages go to the other user, or to the DM group of all", async (send) => {
  const { db, ada, ben, bot } = send;
  const one = await send.send({ kind: "direct", userIds: [ada] }, "psst");
  const personal = await db.selectFrom("zerver_userprofile").select("recipient_id")
    .where("id", "=", ada).executeTakeFirst();
  assert.equal(one.notice.event.message_dict["recipient_id"], personal?.recipient_id);
  assert.deepEqual(await send.flags(one.id), { [ada]: 2048, [bot]: 2048 });
  assert.deepEqual(one.notice.event["presence_idle_user_ids"], [ada]);
  assert.equal(one.notice.event.message_dict["type"], "private");
  const [first] = one.notice.event.message_dict["display_recipient"] as { email: string }[];
  assert.equal(first?.email, "ada@example.com");
  const group = [ada, ben, bot, ada];
  const all = await send.send({ kind: "direct", userIds: group }, "psst");
  const again = await send.send({ kind: "direct", userIds: group.reverse() }, "psst");
  const recipients = [all, again].map(({ notice }) => notice.event.message_dict["recipient_id"]);
  assert.equal(recipients[0], recipients[1]);
  const members = await db.selectFrom("zerver_subscription").select("user_profile_id")
    .where("recipient_id", "=", Number(recipients[0])).execute();
  assert.equal(members.length, 3);
  assert.equal((await db.selectFrom("zerver_huddle").selectAll().execute()).length, 1);
});

sendTest("a DM group of two is used where there is one", async (send) => {
  const { db, ada, bot } = send;
  await db.updateTable("zerver_userprofile").set({ recipient_id: null }).execute();
  const made = await send.send({ kind: "direct", userIds: [ada] }, "psst");
  const again = await send.send({ kind: "direct", userIds: [bot, ada] }, "psst");
  const [one, other] = [made, again].map(({ notice }) => notice.event.message_dict);
  assert.equal(one?.["recipient_type"], 3);
  assert.equal(one?.["recipient_id"], other?.["recipient_id"]);
});

sendTest("mutes, topics and presence decide who may be notified", async (send) => {
  const { db, ada, ben, bot, realm } = send;
  const { stream, recipient } = await realm.channel("kitchen", [ada, ben]);
  await db.insertInto("zerver_muteduser")
    .values({ user_profile_id: ben, muted_user_id: bot, date_muted: MADE }).execute();
  await db.insertInto("zerver_usertopic").values({
    user_profile_id: ada,
    stream_id: stream,
    recipient_id: recipient,
    topic_name: "LÜNCH",
    last_updated: MADE,
    visibility_policy: 3,
  }).execute();
  await db.insertInto("zerver_userpresence").values({
    user_profile_id: ada,
    realm_id: realm.id,
    last_update_id: 1,
    last_active_time: new Date(NOW.getTime() - 100_000),
  }).execute();
  const to = { kind: "channel", streamId: stream, topic: "lünch" } as const;
  const { id, notice } = await send.send(to, "rain");
  assert.deepEqual(await send.flags(id), { [ada]: 0, [ben]: 1 });
  assert.deepEqual(notice.event["followed_topic_email_user_ids"], [ada]);
  assert.deepEqual(notice.event["muted_sender_user_ids"], [ben]);
  assert.deepEqual(notice.event["presence_idle_user_ids"], []);
});

sendTest("the members of a mentioned group are mentioned", async (send) => {
  const { db, ada, ben, realm } = send;
  const { stream } = await realm.channel("kitchen", [ada, ben]);
  await db.insertInto("zerver_usergroupmembership")
    .values({ user_group_id: realm.group, user_profile_id: ben }).execute();
  const to = { kind: "channel", streamId: stream, topic: "" } as const;
  const { id, notice } = await send.send(to, "@*role:members* and @**Ada Lovelace**");
  assert.deepEqual(await send.flags(id), { [ada]: 8, [ben]: 8 });
  const groups = notice.users.map((
    { id, mentioned_user_group_id },
  ) => [id, mentioned_user_group_id]);
  assert.deepEqual(groups, [[ada, null], [ben, realm.group]]);
});

sendTest("@topic means those who have written in it", async (send) => {
  const { ada, ben, realm } = send;
  const { stream, recipient } = await realm.channel("kitchen", [ada, ben]);
  await realm.message(ada, recipient, [], { subject: "Lünch" });
  await realm.message(ben, recipient, [], { subject: "other" });
  const to = { kind: "channel", streamId: stream, topic: "lünch" } as const;
  const { id, notice } = await send.send(to, "@**topic** rain");
  assert.deepEqual(await send.flags(id), { [ada]: 32, [ben]: 0 });
  assert.deepEqual(notice.event["topic_wildcard_mention_user_ids"], [ada]);
});

sendTest("a widget belongs to the message", async (send) => {
  const widget = { widget_type: "zform", extra_data: { type: "choices" } };
  const to = { kind: "direct", userIds: [send.ada] } as const;
  const { id, notice } = await send.send(to, "rain?", { widget });
  const [row] = await send.db.selectFrom("zerver_submessage").selectAll().execute();
  assert.equal(row?.message_id, id);
  assert.equal(row?.msg_type, "widget");
  assert.deepEqual(JSON.parse(row?.content ?? ""), widget);
  assert.deepEqual(notice.event.message_dict["submessages"], [row]);
});

sendTest(
  "what cannot be sent is refused in Zulip's words, and nothing is written",
  async (send) => {
    const { db, ada, bot, realm } = send;
    const gone = await realm.user("gone", { is_active: false });
    const other = await TestRealm.make(db, "other");
    const [foreign, channel] = [await other.user("eve"), await other.channel("x")];
    const rows: readonly [to: NewMessage["to"], message: RegExp][] = [
      [
        { kind: "channel", streamId: channel.stream, topic: "" },
        /^Channel with ID '\d+' does not e/,
      ],
      [{ kind: "direct", userIds: [] }, /^Message must have recipients!$/],
      [{ kind: "direct", userIds: [foreign] }, /^Invalid user ID$/],
      [{ kind: "direct", userIds: [ada, gone] }, /^'gone@example.com' is no longer using Zulip\.$/],
    ];
    for (const [to, message] of rows) {
      await assert.rejects(send.send(to, "rain"), { name: "SendError", message });
    }
    await assert.rejects(send.send({ kind: "direct", userIds: [ada] }, " "), /must not be empty/);
    const sent = await db.selectFrom("zerver_message").select("id").where("sender_id", "=", bot)
      .execute();
    assert.deepEqual(sent, []);
  },
);

sendTest("who may not mention many users may mention all of a small channel only", async (send) => {
  const { db, bot, realm } = send;
  const users = [];
  for (let i = 0; i < 16; i++) users.push(await realm.user(`user${i}`));
  const small = await realm.channel("small", users.slice(1));
  const large = await realm.channel("large", users);
  const to = (streamId: number) => ({ kind: "channel", streamId, topic: "" }) as const;
  await send.send(to(small.stream), "@**all** rain");
  await assert.rejects(send.send(to(large.stream), "@**all** rain"), {
    message: "You do not have permission to use channel wildcard mentions in this channel.",
  });
  await send.send(to(large.stream), "@_**all** rain");
  await db.insertInto("zerver_usergroupmembership")
    .values({ user_group_id: realm.group, user_profile_id: bot }).execute();
  await send.send(to(large.stream), "@**all** rain");
});

sendTest("devices of every registration count as devices that get pushes", async (sent) => {
  const { db, ada, ben, realm } = sent;
  const cleo = await realm.user("cleo");
  const dan = await realm.user("dan");
  const key = { push_key: new Uint8Array(33), push_key_id: 12, push_token_kind: "fcm" };
  await db.insertInto("zerver_pushdevicetoken")
    .values({ user_id: ada, token: "t", kind: 2, last_updated: MADE }).execute();
  await db.insertInto("zerver_pushdevice").values({
    ...{ user_id: ben, token_kind: "fcm", push_account_id: 5n, bouncer_device_id: 7 },
    push_key: key.push_key,
  }).execute();
  await db.insertInto("zerver_device").values([
    { user_id: cleo, ...key, push_token_id: -9n },
    { user_id: dan, ...key, push_key_id: 13, pending_push_token_id: -8n },
  ]).execute();
  const { notice } = await sent.send({ kind: "direct", userIds: [ada, ben, cleo, dan] }, "Hello");
  assert.deepEqual(notice.event["push_device_registered_user_ids"], [ada, ben, cleo]);
});
