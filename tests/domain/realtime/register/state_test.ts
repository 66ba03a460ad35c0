import assert from "node:assert/strict";
import type { Database } from "../../../../lib/domain/database/database.ts";
import { newRow } from "../../../../lib/domain/database/rows.ts";
import { seesChannel } from "../../../../lib/domain/realtime/register/channels.ts";
import { readRegistration } from "../../../../lib/domain/realtime/register/parameters.ts";
import { seesAddress } from "../../../../lib/domain/realtime/register/people.ts";
import { legacy, modern } from "../../../../lib/domain/realtime/register/presences.ts";
import { readState, unsupportedTypes } from "../../../../lib/domain/realtime/register/state.ts";
import { byConversation } from "../../../../lib/domain/realtime/register/unread_messages.ts";
import { EVENT_SCHEMAS } from "../../../../lib/domain/realtime/event_types/event_types.ts";
import { userWithId } from "../../../../lib/domain/users/api_login.ts";
import { domainTest } from "../../../fixtures/database/shapes.ts";
import { MADE, TestRealm } from "../../../fixtures/database/realm.ts";

const NOW = MADE.getTime() + 60_000;

// deno-lint-ignore no-explicit-any -- the tests say what they expect
type State = any;

async function stateOf(db: Database, id: number, form: Record<string, string>): Promise<State> {
  const read = readRegistration(new Map(Object.entries(form)));
  const user = await userWithId(db, id);
  assert(read.kind === "registration" && user);
  return await readState({ db, user, registration: read.registration, now: NOW });
}

function fetching(...types: string[]) {
  return { fetch_event_types: JSON.stringify(types) };
}

domainTest(
  "the state is what the user may know, in the form of the events that change it",
  async (db) => {
    const realm = await TestRealm.make(db);
    const ada = await realm.user("ada", { full_name: "Ada" });
    const ben = await realm.user("ben", { email_address_visibility: 3 });
    const guest = await realm.user("guest", { role: 600 });
    const hidden = await realm.user("hidden", { is_active: false });
    const kitchen = await realm.channel("kitchen", [ada, guest]);
    const secret = await realm.channel("secret", [ben]);
    const old = await realm.channel("old", [ada]);
    await db.updateTable("zerver_stream").set({ invite_only: true }).where("id", "=", secret.stream)
      .execute();
    await db.updateTable("zerver_stream").set({ deactivated: true }).where("id", "=", old.stream)
      .execute();
    await db.updateTable("zerver_subscription").set({ email_notifications: true, is_muted: true })
      .where("user_profile_id", "=", ada).where("recipient_id", "=", kitchen.recipient).execute();
    await db.insertInto("zerver_usertopic").values(newRow("zerver_usertopic", {
      ...{ user_profile_id: ada, stream_id: kitchen.stream, recipient_id: kitchen.recipient },
      ...{ topic_name: "", last_updated: MADE, visibility_policy: 3 },
    })).execute();
    await db.insertInto("zerver_muteduser").values({
      ...{ user_profile_id: ada, muted_user_id: ben, date_muted: MADE },
    }).execute();
    await db.insertInto("zerver_userpresence").values(newRow("zerver_userpresence", {
      ...{ user_profile_id: ben, realm_id: realm.id, last_update_id: 7 },
      ...{ last_active_time: MADE, last_connected_time: MADE },
    })).execute();
    const loud = await realm.message(ben, kitchen.recipient, [ada], { subject: "" });
    const group = await realm.directGroup([ada, ben, guest]);
    const direct = await realm.message(ben, group, [ada]);

    const state = await stateOf(db, ada, {});
    assert.equal(state.max_message_id, direct);
    const names = (list: State[]) => list.map(({ name, full_name }) => name ?? full_name).sort();
    assert.deepEqual(names(state.streams), ["kitchen"]);
    assert.deepEqual(names(state.realm_users), ["Ada", "ben", "guest"]);
    assert.deepEqual(names(state.realm_non_active_users), ["hidden"]);
    assert.deepEqual([state.user_id, state.is_guest, state.is_admin], [ada, false, false]);
    const bens = state.realm_users.find(({ user_id }: State) => user_id === ben);
    assert.deepEqual([bens.email, bens.delivery_email], ["ben@example.com", null]);
    const date = new Date(MADE).toISOString().slice(0, 19);
    assert.equal(bens.date_joined, `${date}+00:00`);
    const [channel] = state.subscriptions;
    assert.deepEqual(
      [channel.stream_id, channel.is_muted, channel.in_home_view, channel.email_notifications],
      [kitchen.stream, true, false, true],
    );
    assert.deepEqual([channel.push_notifications, channel.can_send_message_group], [
      false,
      realm.group,
    ]);
    assert.equal("subscribers" in channel, false);
    assert.deepEqual(state.user_topics, [{
      ...{ stream_id: kitchen.stream, topic_name: "general chat", visibility_policy: 3 },
      last_updated: Math.floor(MADE.getTime() / 1000),
    }]);
    assert.deepEqual(state.muted_users.map(({ id }: State) => id), [ben]);
    assert.deepEqual(Object.keys(state.presences), ["ben@example.com"]);
    assert.equal(state.presence_last_update_id, 7);
    assert.deepEqual(state.unread_msgs, {
      pms: [],
      streams: [{ stream_id: kitchen.stream, topic: "general chat", unread_message_ids: [loud] }],
      huddles: [{
        user_ids_string: [ada, ben, guest].sort((a, b) => a - b).join(","),
        unread_message_ids: [direct],
      }],
      mentions: [],
      count: 2,
      old_unreads_missing: false,
    });
    for (
      const [type, event] of [
        ["realm_user add", { person: bens }],
        ["stream create", { streams: state.streams }],
        ["subscription add", { subscriptions: state.subscriptions }],
        ["muted_users", { muted_users: state.muted_users }],
        ["user_topic", state.user_topics[0]],
      ] as const
    ) {
      const { error } = EVENT_SCHEMAS[type]?.safeParse(event) ?? {};
      assert.equal(error, undefined, `${type}: ${error}`);
    }

    const today = await stateOf(db, ada, {
      ...fetching("presence", "subscription"),
      ...{ include_subscribers: "true", slim_presence: "true" },
      client_capabilities: '{"archived_channels":true,"notification_settings_null":true}',
    });
    assert.deepEqual(Object.keys(today.presences), [String(ben)]);
    assert.deepEqual(names(today.subscriptions), ["kitchen", "old"]);
    const [open] = today.subscriptions;
    assert.deepEqual([open.subscribers, open.push_notifications], [
      [ada, guest].sort((a, b) => a - b),
      null,
    ]);
    assert.equal("streams" in today, false);

    const guests = await stateOf(db, guest, fetching("stream", "realm_user", "subscription"));
    assert.deepEqual(names(guests.streams), ["kitchen"]);
    assert.deepEqual(guests.never_subscribed, []);
    const known = (list: State[]) => list.map(({ user_id }) => user_id).sort((a, b) => a - b);
    assert.deepEqual(known(guests.realm_users), [ada, ben, guest].sort((a, b) => a - b));
    assert.deepEqual(names(guests.realm_non_active_users), ["Unknown user"]);
    assert.equal(guests.realm_non_active_users[0].user_id, hidden);
    const admin = await realm.user("admin", { role: 200 });
    const admins = await stateOf(db, admin, fetching("stream"));
    assert.deepEqual(names(admins.streams), ["kitchen", "secret"]);
  },
);

Deno.test("who sees which channel", () => {
  const channel = {
    ...{ isGuest: false, isAdministrator: false, isPrivate: false, isWebPublic: false },
    isSubscribed: false,
  };
  const rows: [more: Partial<typeof channel>, sees: boolean][] = [
    [{}, true],
    [{ isPrivate: true }, false],
    [{ isPrivate: true, isSubscribed: true }, true],
    [{ isPrivate: true, isAdministrator: true }, true],
    [{ isGuest: true }, false],
    [{ isGuest: true, isSubscribed: true }, true],
    [{ isGuest: true, isWebPublic: true }, true],
  ];
  for (const [more, sees] of rows) {
    assert.equal(seesChannel({ ...channel, ...more }), sees, JSON.stringify(more));
  }
});

Deno.test("who sees the address of whom", () => {
  const rows: [visibility: number, roles: number[]][] = [
    [1, [100, 200, 300, 400, 600]],
    [2, [100, 200, 300, 400]],
    [5, [100, 200, 300]],
    [3, [100, 200]],
    [4, []],
    [9, []],
  ];
  for (const [visibility, expected] of rows) {
    const roles = [100, 200, 300, 400, 600].filter((role) => seesAddress(role, visibility));
    assert.deepEqual(roles, expected, String(visibility));
  }
});

Deno.test("unread messages are by conversation, whoever began it, and muted ones are not counted", () => {
  const message = { flags: 0, topic: "\u0007", recipientId: 0 };
  const unread = [
    { ...message, id: 1, senderId: 7, type: 1, typeId: 5 },
    { ...message, id: 2, senderId: 5, type: 1, typeId: 7 },
    { ...message, id: 3, senderId: 5, type: 1, typeId: 5 },
    { ...message, id: 4, senderId: 7, type: 3, typeId: 1, recipientId: 30 },
    { ...message, id: 5, senderId: 7, type: 3, typeId: 2, recipientId: 31, flags: 8 },
    { ...message, id: 6, senderId: 7, type: 2, typeId: 3, topic: "A" },
    { ...message, id: 7, senderId: 7, type: 2, typeId: 3, topic: "a" },
    { ...message, id: 8, senderId: 7, type: 2, typeId: 4, topic: "" },
  ];
  const found = byConversation(unread, {
    userId: 5,
    members: new Map([[30, [5, 7]], [31, [5, 7, 8]]]),
    isMuted: (stream) => stream === 4,
    isTopicNamed: true,
  });
  assert.deepEqual(found, {
    pms: [
      { other_user_id: 7, sender_id: 7, unread_message_ids: [1, 2, 4] },
      { other_user_id: 5, sender_id: 5, unread_message_ids: [3] },
    ],
    streams: [
      { stream_id: 3, topic: "A", unread_message_ids: [6, 7] },
      { stream_id: 4, topic: "", unread_message_ids: [8] },
    ],
    huddles: [{ user_ids_string: "5,7,8", unread_message_ids: [5] }],
    mentions: [5],
    count: 7,
    old_unreads_missing: false,
  });
});

Deno.test("presences in both forms", () => {
  const times = { last_active_time: MADE, last_connected_time: new Date(MADE.getTime() + 5000) };
  const active = Math.floor(MADE.getTime() / 1000);
  assert.deepEqual(modern(times), { active_timestamp: active, idle_timestamp: active + 5 });
  const status = (now: number) => {
    const { aggregated: { status, timestamp } } = legacy(times, now);
    return [status, timestamp];
  };
  assert.deepEqual(status(MADE.getTime() + 139_000), ["active", active]);
  assert.deepEqual(status(MADE.getTime() + 141_000), ["idle", active + 5]);
  const never = { last_active_time: null, last_connected_time: null };
  assert.deepEqual(modern(never), { active_timestamp: 0, idle_timestamp: 0 });
});

Deno.test("types whose state is not given are named", () => {
  assert.deepEqual(unsupportedTypes(null), []);
  assert.deepEqual(unsupportedTypes(["message", "stream", "drafts"]), ["drafts"]);
});
