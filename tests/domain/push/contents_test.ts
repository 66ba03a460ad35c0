import assert from "node:assert/strict";
import {
  messageContents,
  type PushContents,
  removalContents,
  type ShownMessage,
  testContents,
} from "../../../lib/domain/push/contents.ts";
import { direct, MESSAGE, REALM, textIn } from "./messages.ts";

const BASE = {
  realm_uri: REALM.url,
  realm_url: REALM.url,
  realm_name: "Acme",
  user_id: 7,
};
const SENDER = { sender_id: 9, sender_email: "ben@zulip.example" };
const CHANNEL = { recipient_type: "stream", stream: "kitchen", stream_id: 5, topic: "lunch" };
const TIME = 1_772_366_400;

function contents(more: Partial<ShownMessage>, language = "en"): PushContents {
  return messageContents({ ...MESSAGE, ...more }, textIn(language));
}

Deno.test("a push about a message of a channel", () => {
  assert.deepEqual(contents({}), {
    isRemoval: false,
    apns: {
      alert: { title: "#kitchen > lunch", subtitle: "Ben & Co:", body: "Soup?" },
      sound: "default",
      badge: 0,
    },
    zulip: { ...BASE, ...SENDER, ...CHANNEL, message_ids: [4711] },
    fcm: {
      ...{ server: "zulip.example", realm_id: 2 },
      ...{ ...BASE, ...SENDER, ...CHANNEL },
      event: "message",
      zulip_message_id: 4711,
      time: TIME,
      content: "Soup?",
      sender_full_name: "Ben & Co",
      sender_avatar_url: "https://acme.zulip.example/avatar/9?version=1",
    },
    secret: {
      ...{ realm_url: REALM.url, realm_name: "Acme", user_id: 7, sender_id: 9 },
      ...{ recipient_type: "channel", channel_name: "kitchen", channel_id: 5, topic: "lunch" },
      ...{ type: "message", message_id: 4711, time: TIME, content: "Soup?" },
      sender_full_name: "Ben & Co",
      sender_avatar_url: "https://acme.zulip.example/avatar/9?version=1",
    },
  });
});

Deno.test("a push about a direct message says neither channel nor users", () => {
  const { apns, zulip, secret } = contents({ place: direct(7, 9), trigger: "direct_message" });
  assert.deepEqual(apns["alert"], { title: "Ben & Co", subtitle: "", body: "Soup?" });
  assert.deepEqual(zulip, { ...BASE, ...SENDER, recipient_type: "private", message_ids: [4711] });
  assert.deepEqual(secret["recipient_user_ids"], [7, 9]);
  assert.equal(secret["recipient_type"], "direct");
});

Deno.test("a push about a message of a DM group names all", () => {
  const { apns, fcm, secret } = contents({ place: direct(7, 9, 12), trigger: "direct_message" });
  assert.deepEqual(apns["alert"], { title: "N7, N9, N12", subtitle: "Ben & Co:", body: "Soup?" });
  assert.equal(fcm["pm_users"], "7,9,12");
  assert.deepEqual(secret["recipient_user_ids"], [7, 9, 12]);
  assert.equal("pm_users" in secret, false);
});

const GROUP = { id: 3, name: "cooks" };

const ALERTS: readonly [
  what: string,
  more: Partial<ShownMessage>,
  language: string,
  alert: Partial<Record<"title" | "subtitle" | "body", string>>,
][] = [
  ["a mention by name", { trigger: "mentioned" }, "en", { subtitle: "Ben & Co mentioned you:" }],
  ["a mention of a group", { trigger: "mentioned", group: GROUP }, "en", {
    subtitle: "Ben & Co mentioned @cooks:",
  }],
  ...[
    "topic_wildcard_mentioned",
    "stream_wildcard_mentioned",
    "topic_wildcard_mentioned_in_followed_topic",
    "stream_wildcard_mentioned_in_followed_topic",
  ].map((trigger) =>
    [trigger, { trigger }, "en", { subtitle: "Ben & Co mentioned everyone:" }] as const
  ).map(([what, more, language, alert]): typeof ALERTS[number] => [what, more, language, alert]),
  ["a followed topic", { trigger: "followed_topic_push_notify" }, "en", { subtitle: "Ben & Co:" }],
  ["a mention in a direct message", { trigger: "mentioned", place: direct(7, 9) }, "en", {
    title: "Ben & Co",
    subtitle: "Ben & Co mentioned you:",
  }],
  [
    "a message without a topic",
    {
      place: { kind: "channel", id: 5, name: "kitchen", topic: "" },
    },
    "en",
    { title: "#kitchen > general chat" },
  ],
  [
    "a message without a topic, in German",
    {
      place: { kind: "channel", id: 5, name: "kitchen", topic: "" },
    },
    "de",
    { title: "#kitchen > Allgemeiner Chat" },
  ],
  ["a mention, in German", { trigger: "mentioned" }, "de", {
    subtitle: "Ben & Co hat dich erwähnt:",
  }],
  ["a mention, in a language without a catalogue", { trigger: "mentioned" }, "eo", {
    subtitle: "Ben & Co mentioned you:",
  }],
  ["a text that may be encrypted only", { hidesText: true }, "en", { body: "New message" }],
];

for (const [what, more, language, expected] of ALERTS) {
  Deno.test(`what a push says of ${what}`, () => {
    const { alert } = contents(more, language).apns as unknown as { alert: object };
    assert.deepEqual({ ...alert, ...expected }, alert);
  });
}

Deno.test("a push names the group that was mentioned", () => {
  const { zulip, fcm, secret } = contents({ trigger: "mentioned", group: GROUP });
  for (const values of [zulip, fcm, secret]) {
    assert.equal(values["mentioned_user_group_id"], 3);
    assert.equal(values["mentioned_user_group_name"], "cooks");
  }
});

Deno.test("a text that may be encrypted only is only in what is encrypted", () => {
  const { apns, fcm, secret } = contents({ hidesText: true });
  assert.doesNotMatch(JSON.stringify([apns, fcm]), /Soup/);
  assert.equal(secret["content"], "Soup?");
});

Deno.test("a removal names messages, of many the newest 200", () => {
  const { isRemoval, apns, zulip, fcm, secret } = removalContents(REALM, 7, [4, 11]);
  assert.equal(isRemoval, true);
  assert.deepEqual(apns, { badge: 0 });
  const values = { event: "remove", zulip_message_ids: "4,11" };
  assert.deepEqual(fcm, { server: "zulip.example", realm_id: 2, ...BASE, ...values });
  assert.deepEqual(zulip, fcm);
  assert.deepEqual(secret, {
    ...{ realm_url: REALM.url, realm_name: "Acme", user_id: 7 },
    ...{ type: "remove", message_ids: [4, 11] },
  });
  const many = removalContents(REALM, 7, Array.from({ length: 201 }, (_, at) => at + 1));
  const newest = Array.from({ length: 200 }, (_, at) => at + 2);
  assert.deepEqual(many.secret["message_ids"], newest);
  assert.equal(many.fcm["zulip_message_ids"], newest.join(","));
});

Deno.test("a test is of its own kind", () => {
  const { apns, fcm, secret } = testContents(REALM, 7, 1_500, textIn("en"));
  assert.deepEqual(apns["alert"], {
    title: "Acme",
    subtitle: "Test notification",
    body: "This is a test notification from Acme (https://acme.zulip.example).",
  });
  assert.equal(fcm["event"], "test");
  assert.equal(secret["type"], "test");
  assert.equal(secret["time"], 1);
});
