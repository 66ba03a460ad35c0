import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { EventClient } from "../../../lib/domain/realtime/client.ts";
import {
  isEcho,
  messageVariants,
  wideMessage,
} from "../../../lib/domain/realtime/message_for_client.ts";
import { eventClient, wideMessageOf } from "../../fixtures/realtime/clients.ts";

const AROUND = {
  realmHost: "zulip.example.com:9991",
  strangers: new Set<number>(),
  isPrivateChannel: false,
};

function shown(
  client: EventClient,
  message: Record<string, unknown> = {},
  around: Partial<typeof AROUND> = {},
): Record<string, unknown> {
  return messageVariants(wideMessage.parse(wideMessageOf(message)), { ...AROUND, ...around })(
    client,
  );
}

Deno.test("a client gets a message as HTML or Markdown, without what is for the server alone", () => {
  const rest = {
    id: 77,
    sender_id: 9,
    sender_full_name: "Ann",
    sender_email: "ann@example.com",
    sender_realm_str: "",
    recipient_id: 30,
    type: "stream",
    stream_id: 3,
    display_recipient: "Design",
    subject: "colours",
    topic_links: [],
    client: "website",
    timestamp: 1_700_000_000,
    is_me_message: false,
    reactions: [],
    submessages: [],
    avatar_url: null,
  };
  assert.deepEqual(shown(eventClient({ clientGravatar: true })), {
    ...rest,
    content: "<p><strong>hello</strong></p>",
    content_type: "text/html",
  });
  assert.deepEqual(shown(eventClient({ clientGravatar: true, applyMarkdown: false })), {
    ...rest,
    content: "**hello**",
    content_type: "text/x-markdown",
  });
});

Deno.test("the address of the sender's picture is given unless the client can compute it", () => {
  const hash = createHash("md5").update("ann@example.com").digest("hex");
  const gravatar = `https://secure.gravatar.com/avatar/${hash}?d=identicon&version=2`;
  const uploaded = "/avatar/9?version=2";
  const hidden = { sender_email_address_visibility: 4, sender_email: "user9@example.com" };
  const rows: [clientGravatar: boolean, message: Record<string, unknown>, expected: unknown][] = [
    [true, {}, null],
    [false, {}, gravatar],
    [true, hidden, gravatar],
    [false, hidden, gravatar],
    [true, { sender_avatar_source: "U" }, uploaded],
    [false, { sender_avatar_source: "U" }, uploaded],
    // Of older servers.
    [true, { sender_email_address_visibility: undefined }, null],
    [false, { sender_delivery_email: undefined }, gravatar],
  ];
  for (const [clientGravatar, message, expected] of rows) {
    const { avatar_url } = shown(eventClient({ clientGravatar }), message);
    assert.equal(avatar_url, expected, `${clientGravatar} ${JSON.stringify(message)}`);
  }
});

Deno.test("a user who may not know the sender sees neither name, address nor picture", () => {
  const strangers = new Set([5]);
  const hidden = shown(eventClient({ clientGravatar: true }), {}, { strangers });
  const { sender_full_name, sender_email, avatar_url } = hidden;
  assert.deepEqual({ sender_full_name, sender_email, avatar_url }, {
    sender_full_name: "Unknown user",
    sender_email: "user9@zulip.example.com",
    avatar_url: "/static/images/unknown-user-avatar.png",
  });
  assert.doesNotMatch(JSON.stringify(hidden), /ann/i);
  assert.equal(shown(eventClient({ userId: 6 }), {}, { strangers }).sender_full_name, "Ann");
});

Deno.test("the empty topic of a channel has a name for clients that do not know it", () => {
  const knows = eventClient({ can: ["empty_topic_name"] });
  assert.equal(shown(eventClient(), { subject: "" }).subject, "general chat");
  assert.equal(shown(knows, { subject: "" }).subject, "");
  assert.equal(shown(eventClient(), { subject: "", type: "private" }).subject, "");
});

Deno.test("a direct message to the client's user is filed under its sender", () => {
  const direct = { type: "private", recipient_id: 50 };
  assert.equal(shown(eventClient({ userRecipientId: 50 }), direct).recipient_id, 90);
  assert.equal(shown(eventClient({ userRecipientId: 51 }), direct).recipient_id, 50);
  assert.equal(shown(eventClient(), direct).recipient_id, 50);
});

Deno.test("mirrors see which channels are private, and do not get what they sent", () => {
  const mirror = eventClient({ clientName: "zephyr_mirror" });
  const isPrivateChannel = true;
  assert.equal(shown(mirror, {}, { isPrivateChannel }).invite_only_stream, true);
  assert.equal("invite_only_stream" in shown(mirror), false);
  assert.equal("invite_only_stream" in shown(eventClient(), {}, { isPrivateChannel }), false);
  const rows: [sentBy: string, client: string, boolean][] = [
    ["zephyr_mirror", "zephyr_mirror", true],
    ["Zephyr_mirror", "zephyr_Mirror", true],
    ["zephyr_mirror", "irc_mirror", false],
    ["website", "website", false],
  ];
  for (const [sentBy, clientName, expected] of rows) {
    assert.equal(isEcho({ client: sentBy }, eventClient({ clientName })), expected, sentBy);
  }
});

Deno.test("clients with the same options share one object", () => {
  const shownTo = messageVariants(wideMessage.parse(wideMessageOf()), AROUND);
  assert.equal(shownTo(eventClient()), shownTo(eventClient({ userId: 6 })));
  assert.notEqual(shownTo(eventClient()), shownTo(eventClient({ applyMarkdown: false })));
});
