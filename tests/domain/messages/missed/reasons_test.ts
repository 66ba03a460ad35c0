import assert from "node:assert/strict";
import {
  bringsBack,
  mentionedGroups,
  type Reasoned,
  reasonsOf,
} from "../../../../lib/domain/messages/missed/reasons.ts";
import { isMention, presentTrigger } from "../../../../lib/domain/messages/missed/triggers.ts";

/** Messages with these triggers; a number is a mention of that group. */
function told(...triggers: (string | number)[]): Reasoned[] {
  return triggers.map((one) =>
    typeof one === "number"
      ? { trigger: "mentioned", groupId: one }
      : { trigger: one, groupId: null }
  );
}

Deno.test("triggers of old servers have their present names, and new ones are kept", () => {
  const names = ["private_message", "wildcard_mentioned", "followed_topic_wildcard_mentioned"];
  assert.deepEqual([...names, "mentioned", "novel"].map(presentTrigger), [
    "direct_message",
    "stream_wildcard_mentioned",
    "stream_wildcard_mentioned_in_followed_topic",
    "mentioned",
    "novel",
  ]);
});

Deno.test("five triggers mention the user", () => {
  const mentions = [
    "mentioned",
    "topic_wildcard_mentioned",
    "stream_wildcard_mentioned",
    "topic_wildcard_mentioned_in_followed_topic",
    "stream_wildcard_mentioned_in_followed_topic",
  ];
  const others = ["direct_message", "stream_email_notify", "followed_topic_email_notify", "novel"];
  assert.deepEqual([...mentions, ...others].filter(isMention), mentions);
});

const REASONS: readonly (readonly [Reasoned[], trueKeys: string[]])[] = [
  [told("direct_message"), []],
  [told("novel"), []],
  [told("mentioned"), ["mention", "personal_mentioned"]],
  [told(5), ["mention"]],
  [told(5, "mentioned"), ["mention", "personal_mentioned"]],
  [told("topic_wildcard_mentioned"), ["mention", "topic_wildcard_mentioned"]],
  [told("stream_wildcard_mentioned"), ["mention", "stream_wildcard_mentioned"]],
  [told("topic_wildcard_mentioned_in_followed_topic"), [
    "mention",
    "topic_wildcard_mentioned_in_followed_topic",
  ]],
  [told("stream_wildcard_mentioned_in_followed_topic"), [
    "mention",
    "stream_wildcard_mentioned_in_followed_topic",
  ]],
  [told("stream_email_notify"), ["stream_email_notify"]],
  [told("followed_topic_email_notify", "stream_email_notify"), [
    "followed_topic_email_notify",
    "stream_email_notify",
  ]],
];

for (const [messages, keys] of REASONS) {
  const triggers = messages.map(({ trigger, groupId }) => groupId ? `group ${groupId}` : trigger);
  Deno.test(`a mail for ${triggers.join(" and ")} says ${keys.join(", ") || "no reason"}`, () => {
    const entries = Object.entries(reasonsOf(messages)).filter(([, is]) => is);
    assert.deepEqual(entries.map(([key]) => key).sort(), keys.toSorted());
  });
}

Deno.test("mentioned groups are named once, and not where the user was mentioned by name", () => {
  assert.deepEqual(mentionedGroups(told(7, 5, 7)), [7, 5]);
  assert.deepEqual(mentionedGroups(told(7, "mentioned")), []);
  assert.deepEqual(mentionedGroups(told("direct_message")), []);
  assert.deepEqual(mentionedGroups([{ trigger: "stream_email_notify", groupId: 5 }]), []);
});

const BACK: readonly (readonly [messages: Reasoned[], members: number | undefined, is: boolean])[] =
  [
    [told("mentioned"), undefined, true],
    [told("topic_wildcard_mentioned"), undefined, true],
    [told("topic_wildcard_mentioned_in_followed_topic"), undefined, true],
    [told("stream_wildcard_mentioned"), undefined, false],
    [told("stream_wildcard_mentioned_in_followed_topic"), undefined, false],
    [told("stream_email_notify"), undefined, false],
    [told(5), 11, true],
    [told(5), 12, false],
    [told(5), undefined, false],
  ];

Deno.test("a user away for long comes back for what is meant for the user or for few", () => {
  const facts = { isIdle: true, isDirect: false, mostMembers: 11 };
  for (const [messages, groupMembers, expected] of BACK) {
    const reasons = reasonsOf(messages);
    const label = JSON.stringify([messages, groupMembers]);
    assert.equal(bringsBack({ ...facts, reasons, groupMembers }), expected, label);
    assert.equal(bringsBack({ ...facts, isIdle: false, reasons, groupMembers }), false, label);
  }
  const none = reasonsOf(told("direct_message"));
  assert(bringsBack({ ...facts, isDirect: true, reasons: none, groupMembers: undefined }));
});
