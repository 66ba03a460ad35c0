import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { botEvent } from "../../../../lib/domain/bots/bot_event.ts";
import { signature, webhookRequest } from "../../../../lib/domain/bots/outgoing/webhook_request.ts";
import { botMessageUrl } from "../../../../lib/domain/bots/outgoing/message_url.ts";

const BOT = {
  id: 9,
  name: "Weather",
  email: "weather-bot@example.com",
  realmId: 2,
  realm: "acme",
  ownerId: 3,
  isActive: true,
  services: [],
};
const SERVICE = { id: 1, name: "s", url: "https://x.example/", token: "t0ken", interface: 1 };
const PLACE = { realmPage: "https://acme.zulip.example", realmHost: "acme.zulip.example" };

const MESSAGE = {
  id: 77,
  sender_id: 4,
  content: "@**Weather** rain?",
  rendered_content: "<p>rain?</p>",
  recipient_id: 12,
  recipient_type: 2,
  recipient_type_id: 5,
  timestamp: 1_795_986_000,
  client: "website",
  subject: "lunch & more",
  topic_links: [],
  is_me_message: false,
  reactions: [],
  submessages: [],
  sender_full_name: "Ada Lovelace",
  sender_email: "user4@zulip.example",
  sender_delivery_email: "Ada@example.com",
  sender_realm_id: 2,
  sender_realm_str: "acme",
  sender_avatar_source: "G",
  sender_avatar_version: 3,
  sender_email_address_visibility: 1,
  sender_is_mirror_dummy: false,
  sender_recipient_id: 44,
  invite_only_stream: true,
  type: "stream",
  stream_id: 5,
  display_recipient: "kitchen",
};

const USERS = [
  { id: 9, email: "weather-bot@example.com", full_name: "Weather", is_mirror_dummy: false },
  { id: 4, email: "user4@zulip.example", full_name: "Ada Lovelace", is_mirror_dummy: false },
];

function eventOf(message: Record<string, unknown> = {}, trigger = "mention") {
  const { stream_id: _, ...rest } = MESSAGE;
  const all = message["type"] === "private" ? { ...rest, ...message } : { ...MESSAGE, ...message };
  return botEvent.parse({ user_profile_id: 9, trigger, message: all });
}

const DIRECT = { type: "private", display_recipient: USERS, subject: "\u0007" };

function generic(message: Record<string, unknown> = {}, trigger = "mention") {
  const event = eventOf(message, trigger);
  const request = webhookRequest({ event, bot: BOT, service: SERVICE, ...PLACE });
  assert(request);
  return { ...request, json: JSON.parse(request.body) };
}

Deno.test("a generic service gets the message without what the server keeps to itself", () => {
  const { headers, json } = generic();
  assert.equal(headers["Content-Type"], "application/json");
  assert.match(headers["User-Agent"] ?? "", /^ZulipOutgoingWebhook\/\d/);
  const { message, ...others } = json;
  assert.deepEqual(others, {
    data: "@**Weather** rain?",
    bot_email: "weather-bot@example.com",
    bot_full_name: "Weather",
    token: "t0ken",
    trigger: "mention",
  });
  assert.deepEqual(message, {
    id: 77,
    sender_id: 4,
    content: "@**Weather** rain?",
    rendered_content: "<p>rain?</p>",
    content_type: "text/x-markdown",
    recipient_id: 12,
    timestamp: 1_795_986_000,
    client: "website",
    subject: "lunch & more",
    topic_links: [],
    is_me_message: false,
    reactions: [],
    submessages: [],
    sender_full_name: "Ada Lovelace",
    sender_email: "user4@zulip.example",
    sender_realm_str: "acme",
    // With the MD5 of ada@example.com.
    avatar_url:
      "https://secure.gravatar.com/avatar/3e3417d7ef77d5932a6734b916515ed5?d=identicon&version=3",
    type: "stream",
    stream_id: 5,
    display_recipient: "kitchen",
  });
});

const AVATARS: readonly [message: Record<string, unknown>, url: RegExp][] = [
  [{ sender_avatar_source: "U" }, /^https:\/\/acme\.zulip\.example\/avatar\/4\?version=3$/],
  [{ avatar_url: "https://x.example/a.png" }, /^https:\/\/x\.example\/a\.png$/],
  [
    { avatar_url: null },
    /^https:\/\/secure\.gravatar\.com\/avatar\/3e3417d7ef77d5932a6734b916515ed5\?/,
  ],
];

Deno.test("the sender always has a picture", () => {
  for (const [message, url] of AVATARS) assert.match(generic(message).json.message.avatar_url, url);
});

Deno.test("a direct message has its users and no channel, and the present name of its trigger", () => {
  const { json } = generic(DIRECT, "private_message");
  assert.equal(json.trigger, "direct_message");
  assert.equal("stream_id" in json.message, false);
  assert.deepEqual(json.message.display_recipient, USERS);
});

Deno.test("an empty topic stays empty, and what is not known is passed on", () => {
  const { json } = generic({ subject: "", edit_history: [{ user_id: 4 }], novel: 1 });
  assert.equal(json.message.subject, "");
  assert.deepEqual(json.message.edit_history, [{ user_id: 4 }]);
  assert.equal(json.message.novel, 1);
});

Deno.test("a service of a kind that is not known is generic", () => {
  const service = { ...SERVICE, interface: 7 };
  const request = webhookRequest({ event: eventOf(), bot: BOT, service, ...PLACE });
  assert.equal(JSON.parse(request?.body ?? "").token, "t0ken");
});

Deno.test("Slack's format is a form, with its fields in Zulip's order", () => {
  const service = { ...SERVICE, interface: 2 };
  const request = webhookRequest({ event: eventOf(), bot: BOT, service, ...PLACE });
  assert(request);
  assert.equal(request.headers["Content-Type"], "application/x-www-form-urlencoded");
  assert.deepEqual([...new URLSearchParams(request.body)], [
    ["token", "t0ken"],
    ["team_id", "T2"],
    ["team_domain", "acme.zulip.example"],
    ["channel_id", "C5"],
    ["channel_name", "kitchen"],
    ["thread_ts", "1795986000"],
    ["timestamp", "1795986000"],
    ["user_id", "U4"],
    ["user_name", "Ada Lovelace"],
    ["text", "@**Weather** rain?"],
    ["trigger_word", "mention"],
    ["service_id", "9"],
  ]);
});

Deno.test("Slack's format has no direct messages", () => {
  const service = { ...SERVICE, interface: 2 };
  const event = eventOf(DIRECT, "direct_message");
  assert.equal(webhookRequest({ event, bot: BOT, service, ...PLACE }), undefined);
});

Deno.test("a signature covers time and body", () => {
  const { "Process-Queue-Signature": header = "" } = signature(
    '{"a":1}',
    "s3cret",
    1_795_986_000_999,
  );
  const expected = createHmac("sha256", "s3cret").update('1795986000.{"a":1}').digest("hex");
  assert.equal(header, `t=1795986000,v1=${expected}`);
});

Deno.test("users see the message that a bot was called for", () => {
  const { realmPage } = PLACE;
  assert.equal(
    botMessageUrl(realmPage, eventOf().message),
    "https://acme.zulip.example/#narrow/channel/5-kitchen/topic/lunch.20.26.20more/near/77",
  );
  assert.equal(
    botMessageUrl(realmPage, eventOf(DIRECT).message),
    "https://acme.zulip.example/#narrow/dm/4,9-dm/near/77",
  );
});

Deno.test("an event with a channel id that no server can have is invalid", () => {
  assert.throws(() => eventOf({ stream_id: 2 ** 31 }), /stream_id/);
  assert.equal(eventOf({ stream_id: 2 ** 31 - 1 }).message.place.kind, "channel");
});
