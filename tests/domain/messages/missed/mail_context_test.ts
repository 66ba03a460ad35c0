import assert from "node:assert/strict";
import { withSharedKeys } from "../../../../lib/domain/mail/templates/shared_keys.ts";
import { MailTemplates } from "../../../../lib/domain/mail/templates/mail_templates.ts";
import {
  missedContext,
  type MissedMail,
  type Place,
} from "../../../../lib/domain/messages/missed/mail_context.ts";
import { groupName, notifierName } from "../../../../lib/domain/messages/missed/words.ts";
import { direct, missed, ofGroup } from "./missed.ts";

const TEMPLATES = new MailTemplates();
const text = (key: string, args: Readonly<Record<string, unknown>>) =>
  TEMPLATES.text("en", key, args);

const REALM_URL = "https://acme.zulip.example";
const NAMES = new Map([[7, "Ola Dahl"], [8, "Ines Falk"], [9, "Tomás Rey"], [10, "Bo"]]);
const [OLA, INES, TOMAS, BO] = [...NAMES].map(([id, name]) => ({ id, name }));
assert(OLA && INES && TOMAS && BO);

const DM: Place = { kind: "direct", other: TOMAS };
const CHANNEL: Place = { kind: "channel", id: 3, name: "kitchen", topic: "lunch" };
const SHOWN = {
  senders: [{ sender: "Tomás Rey", content: [{ plain: "> Soup?", html: "<p>Soup?</p>" }] }],
};

function context(place: Place, more: Partial<MissedMail> = {}): Record<string, unknown> {
  const first = place.kind === "channel"
    ? missed(21)
    : place.kind === "group"
    ? ofGroup(21, 9)
    : direct(21, 9);
  const mail: MissedMail = {
    ...{ realmName: "Acme", realmUrl: REALM_URL, externalHost: "zulip.example" },
    ...{ scheme: "https://", readerName: "Maya", unsubscribeLink: `${REALM_URL}/u` },
    ...{ namesRealm: false, showsContent: { byUser: true, byRealm: true }, takesReplies: true },
    ...{ messages: [first], names: NAMES, groupName: undefined, shown: SHOWN },
    ...more,
    place,
  };
  return missedContext(mail, text);
}

function rendered(...args: Parameters<typeof context>) {
  const site = { externalHost: "zulip.example", scheme: "https://" };
  const shared = { ...site, administrator: "admin@zulip.example", physicalAddress: "" };
  return TEMPLATES.render("missed_message", "en", withSharedKeys(context(...args), shared));
}

const SUBJECTS: readonly (readonly [subject: string, ...Parameters<typeof context>])[] = [
  ["DMs with Tomás Rey", DM],
  ["Group DMs with Tomás Rey and Bo", { kind: "group", others: [TOMAS, BO] }],
  ["Group DMs with Tomás Rey, Bo, and Ola Dahl", { kind: "group", others: [TOMAS, BO, OLA] }],
  ["Group DMs with Tomás Rey, Bo, and 3 others", {
    kind: "group",
    others: [TOMAS, BO, OLA, INES, OLA],
  }],
  ["#kitchen > lunch", CHANNEL],
  ["[resolved] #kitchen > lunch", { ...CHANNEL, topic: "✔ lunch" }],
  ["#kitchen > general chat", { ...CHANNEL, topic: "" }],
  ["[resolved] #kitchen > general chat", { ...CHANNEL, topic: "✔ " }],
  ["#kitchen > lunch [Acme]", CHANNEL, { namesRealm: true }],
  ["New messages", CHANNEL, { showsContent: { byUser: false, byRealm: true } }],
  ["New messages [Acme]", DM, {
    showsContent: { byUser: true, byRealm: false },
    namesRealm: true,
  }],
];

for (const [subject, ...args] of SUBJECTS) {
  Deno.test(`a mail about missed messages has the subject ${subject}`, () => {
    assert.equal(rendered(...args).subject, subject);
  });
}

Deno.test("a mail whose content is hidden names nobody, shows nothing and takes no answer", () => {
  const { text, html } = rendered(DM, { showsContent: { byUser: false, byRealm: true } });
  for (const part of [text, html]) {
    // The link has the sender's name, as that of Zulip has.
    assert.doesNotMatch(part.replaceAll(/\S*#narrow\S*/g, ""), /Tom|Soup|Reply to this email/);
    assert.match(part, /your settings keep message content out of emails/);
  }
  const keys = context(DM, { showsContent: { byUser: false, byRealm: false } });
  assert.deepEqual(
    [keys["message_content_disabled_by_user"], keys["message_content_disabled_by_realm"]],
    [true, true],
  );
});

Deno.test("a mail without a gateway says that answers are not read", () => {
  const { text } = rendered(DM, { takesReplies: false });
  assert.match(text, /This server is not set up to receive email/);
  assert.match(text, /> Soup\?/);
});

const URLS: readonly (readonly [what: string, url: string, ...Parameters<typeof context>])[] = [
  ["a direct message", "dm/9-Tom.C3.A1s-Rey", DM],
  ["a DM group", "dm/8,9-group", { kind: "group", others: [TOMAS, INES] }],
  ["a channel", "channel/3-kitchen/topic/lunch/with/21", CHANNEL],
  ["a mention", "channel/3-kitchen/topic/lunch/near/22", CHANNEL, {
    messages: [missed(21), missed(22, { trigger: "mentioned" })],
  }],
];
for (const [what, url, ...args] of URLS) {
  Deno.test(`a mail about ${what} links to ${url}`, () => {
    assert.equal(context(...args)["narrow_url"], `${REALM_URL}/#narrow/${url}`);
  });
}

Deno.test("those who mention the user are said to write, else all", () => {
  const some = [
    missed(21, { senderId: 9 }),
    missed(22, { senderId: 8, trigger: "topic_wildcard_mentioned" }),
    missed(23, { senderId: 8, trigger: "mentioned" }),
    missed(24, { senderId: 404, trigger: "mentioned" }),
  ];
  assert.equal(context(CHANNEL, { messages: some })["sender_str"], "Ines Falk");
  const told = some.map((one) => ({ ...one, trigger: "stream_email_notify" }));
  assert.equal(context(CHANNEL, { messages: told })["sender_str"], "Tomás Rey, Ines Falk");
});

Deno.test("a mail names the mentioned group, and how many messages there are", () => {
  const messages = [missed(21, { trigger: "mentioned", groupId: 5 }), missed(22)];
  const keys = context(CHANNEL, { messages, groupName: "cooks" });
  assert.equal(keys["message_count"], 2);
  const { text } = rendered(CHANNEL, { messages, groupName: "cooks" });
  assert.match(text, /@cooks was mentioned/);
});

/** Reasons, the strongest first, with what the mail says of them. */
const REASONS: readonly (readonly [trigger: string, groupId: number | null, says: RegExp])[] = [
  ["mentioned", null, /you were mentioned by name/],
  ["mentioned", 5, /@cooks was mentioned/],
  ["topic_wildcard_mentioned_in_followed_topic", null, /in a topic that you follow was mentioned/],
  ["stream_wildcard_mentioned_in_followed_topic", null, /mentioned, in a topic that you follow/],
  ["topic_wildcard_mentioned", null, /everyone in the topic was mentioned/],
  ["stream_wildcard_mentioned", null, /everyone in the channel was mentioned\./],
  ["followed_topic_email_notify", null, /emails about the topics that you follow/],
  ["stream_email_notify", null, /emails about #kitchen/],
];

Deno.test("of several reasons, a mail gives the one that is the most about its reader", () => {
  for (const [at, [, , says]] of REASONS.entries()) {
    const weaker = REASONS.slice(at).toReversed();
    const messages = weaker.map(([trigger, groupId], id) => missed(id, { trigger, groupId }));
    const groupName = at === 1 ? "cooks" : undefined;
    const { text } = rendered(CHANNEL, { messages, groupName });
    assert.match(text, says);
    assert.equal(text.match(/You received this email/g)?.length, 1);
  }
  assert.doesNotMatch(rendered(DM).text, /You received this email/);
});

Deno.test("a DM group with one other is named after it", () => {
  assert.equal(groupName(["Bo"], text), "Bo");
});

Deno.test("mails about missed messages come from the server's notifications", () => {
  assert.equal(notifierName("zulip.example", text), "zulip.example notifications");
});
