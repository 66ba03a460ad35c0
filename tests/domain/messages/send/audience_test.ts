import assert from "node:assert/strict";
import {
  flagNames,
  flagsOf,
  type MessageFacts,
  type MessageReader,
  type NoticeIds,
  noticeIds,
  tellable,
  withRows,
} from "../../../../lib/domain/messages/send/audience.ts";

const READER: MessageReader = {
  id: 7,
  isBot: false,
  isIdle: false,
  hasMutedSender: false,
  topicPolicy: 0,
  isChannelMuted: false,
  offline: { email: true, push: true },
  onlinePush: false,
  channel: {
    email: { own: null, all: false },
    push: { own: null, all: false },
    wildcard: { own: null, all: true },
  },
  followed: { email: true, push: true, wildcard: true },
};

const NONE = { users: new Set<number>(), channel: false, topic: false };
const FACTS: MessageFacts = {
  isChannel: true,
  senderId: 1,
  mentions: NONE,
  participants: new Set(),
};

const MENTIONED = { ...FACTS, mentions: { ...NONE, users: new Set([7]) } };
const ALL = { ...FACTS, mentions: { ...NONE, channel: true } };
const TOPIC = { ...FACTS, mentions: { ...NONE, topic: true }, participants: new Set([7]) };
const DIRECT = { ...FACTS, isChannel: false };

const FLAGS: readonly [
  reader: Partial<MessageReader>,
  facts: MessageFacts,
  flags: number,
  names: readonly string[],
][] = [
  [{}, FACTS, 0, []],
  [{}, DIRECT, 2048, []],
  [{ hasMutedSender: true }, FACTS, 1, ["read"]],
  [{}, MENTIONED, 8, ["mentioned"]],
  [{}, ALL, 16, ["stream_wildcard_mentioned", "wildcard_mentioned"]],
  [{}, TOPIC, 32, ["topic_wildcard_mentioned", "wildcard_mentioned"]],
  [{ id: 8 }, TOPIC, 0, []],
  [{}, { ...ALL, isChannel: false }, 2048, []],
];

Deno.test("what a message is to a reader, in the database and for clients", () => {
  for (const [reader, facts, flags, names] of FLAGS) {
    const found = flagsOf({ ...READER, ...reader }, facts);
    assert.equal(found, flags);
    assert.deepEqual(flagNames(found), names);
  }
});

type Lists = Partial<Record<keyof NoticeIds, boolean>>;
const BOTH = (email: boolean, push = email) => ({ email, push });
const WITH_OWN = (own: boolean) => ({
  email: { own, all: !own },
  push: { own, all: !own },
  wildcard: { own, all: !own },
});

/** Which lists have the reader, of those that are named. */
const LISTS: readonly [
  what: string,
  reader: Partial<MessageReader>,
  facts: MessageFacts,
  lists: Lists,
][] = [
  ["nothing", {}, FACTS, { stream_email_user_ids: false, all_bot_user_ids: false }],
  ["a bot", { isBot: true }, FACTS, { all_bot_user_ids: true }],
  ["a muted sender", { hasMutedSender: true }, FACTS, { muted_sender_user_ids: true }],
  ["pushes when there", { onlinePush: true }, FACTS, { online_push_user_ids: true }],
  ["no offline mail", { offline: BOTH(false, true) }, FACTS, {
    dm_mention_email_disabled_user_ids: true,
    dm_mention_push_disabled_user_ids: false,
  }],
  ["the channel's own yes", { channel: WITH_OWN(true) }, FACTS, {
    stream_email_user_ids: true,
    stream_push_user_ids: true,
  }],
  ["the channel's own no", { channel: WITH_OWN(false) }, ALL, {
    stream_email_user_ids: false,
    stream_wildcard_mention_user_ids: false,
  }],
  ["a muted channel", { channel: WITH_OWN(true), isChannelMuted: true }, ALL, {
    stream_email_user_ids: false,
    // A choice for this very channel holds also where it is muted.
    stream_wildcard_mention_user_ids: true,
  }],
  ["a muted channel without a choice", { isChannelMuted: true }, ALL, {
    stream_wildcard_mention_user_ids: false,
  }],
  [
    "an unmuted topic of it",
    { channel: WITH_OWN(true), isChannelMuted: true, topicPolicy: 2 },
    FACTS,
    { stream_email_user_ids: true },
  ],
  ["a muted topic", { channel: WITH_OWN(true), topicPolicy: 1 }, ALL, {
    stream_email_user_ids: false,
    stream_wildcard_mention_user_ids: false,
  }],
  ["a followed topic", { topicPolicy: 3 }, FACTS, {
    followed_topic_email_user_ids: true,
    followed_topic_push_user_ids: true,
    stream_wildcard_mention_in_followed_topic_user_ids: false,
  }],
  ["a followed topic of a muted channel", { topicPolicy: 3, isChannelMuted: true }, ALL, {
    followed_topic_email_user_ids: true,
    stream_wildcard_mention_in_followed_topic_user_ids: true,
  }],
  ["@all", {}, ALL, {
    stream_wildcard_mention_user_ids: true,
    topic_wildcard_mention_user_ids: false,
  }],
  ["@topic", {}, TOPIC, {
    topic_wildcard_mention_user_ids: true,
    stream_wildcard_mention_user_ids: false,
  }],
  ["@topic, not in it", { id: 8 }, TOPIC, { topic_wildcard_mention_user_ids: false }],
  ["direct", { topicPolicy: 3, channel: WITH_OWN(true) }, DIRECT, {
    stream_email_user_ids: false,
    followed_topic_email_user_ids: false,
  }],
];

Deno.test("which lists of a notice a reader is in", () => {
  for (const [what, more, facts, lists] of LISTS) {
    const reader = { ...READER, ...more };
    const ids = noticeIds([reader], facts);
    for (const [list, isIn] of Object.entries(lists)) {
      assert.equal(ids[list as keyof NoticeIds].includes(reader.id), isIn, `${what}: ${list}`);
    }
  }
});

const NOTIFIED: readonly [what: string, reader: Partial<MessageReader>, MessageFacts, boolean][] = [
  ["a channel", {}, FACTS, false],
  ["a mention", {}, MENTIONED, true],
  ["a mention without mails and pushes", { offline: BOTH(false) }, MENTIONED, false],
  ["@all", {}, ALL, true],
  ["direct", {}, DIRECT, true],
  ["pushes when there, of nothing", { onlinePush: true }, FACTS, false],
  ["the sender", { id: 1 }, DIRECT, false],
  ["a bot", { isBot: true }, DIRECT, false],
  ["a muted sender", { hasMutedSender: true }, DIRECT, false],
];

Deno.test("whose presence matters", () => {
  for (const [what, more, facts, isNotified] of NOTIFIED) {
    const readers = [{ ...READER, ...more }];
    const notified = tellable(readers, facts, noticeIds(readers, facts));
    assert.equal(notified.length > 0, isNotified, what);
  }
});

const ROWS: readonly [what: string, reader: Partial<MessageReader>, MessageFacts, boolean][] = [
  ["who is there", {}, FACTS, true],
  ["a user who is away for long", { isIdle: true }, FACTS, false],
  ["and is mentioned", { isIdle: true }, MENTIONED, true],
  ["and gets mails of the channel", { isIdle: true, channel: WITH_OWN(true) }, FACTS, true],
  ["and follows", { isIdle: true, topicPolicy: 3 }, FACTS, true],
  ["and is written to", { isIdle: true }, DIRECT, true],
];

Deno.test("a user who was away for long gets the rows of channels on coming back", () => {
  for (const [what, more, facts, hasRow] of ROWS) {
    const readers = [{ ...READER, ...more }];
    assert.equal(withRows(readers, facts, noticeIds(readers, facts)).length > 0, hasRow, what);
  }
});
