import assert from "node:assert/strict";
import { messageAudience, noticeUser } from "../../../lib/domain/realtime/message_notice.ts";
import { noticeEvents } from "../../../lib/domain/realtime/notice_events.ts";
import { userNotifications } from "../../../lib/domain/realtime/notified.ts";

/** The user of the tests, and the one who sent the message. */
const [ME, SENDER] = [5, 9];

type Keys = Record<string, unknown>;
interface Case {
  readonly keys?: Keys;
  readonly flags?: string[];
  readonly isDirect?: boolean;
  readonly isAway?: boolean;
  readonly user?: number;
}

/** `push TRIGGER` and `email TRIGGER` of what a message with these keys leads to. */
function notified(
  { keys = {}, flags = [], isDirect = false, isAway = true, user = ME }: Case,
): string[] {
  const audience = messageAudience.parse(keys);
  const notifications = userNotifications({ id: user, flags }, audience, isDirect);
  return noticeEvents({
    messageId: 1,
    senderId: SENDER,
    userId: user,
    notifications,
    mentionedGroupId: null,
    isAway,
  }).map(({ medium, event }) => `${medium} ${event.trigger}`);
}

Deno.test("a user who is away is notified for the first reason that applies", () => {
  const both = (trigger: string) => [`push ${trigger}`, `email ${trigger}`];
  const list = (name: string): Keys => ({ [`${name}_user_ids`]: [ME] });
  const mentioned = ["mentioned", "topic_wildcard_mentioned", "stream_wildcard_mentioned"];
  const rows: [what: string, Case, string[]][] = [
    ["nothing", {}, []],
    ["a direct message", { isDirect: true }, both("direct_message")],
    [
      "a direct message that mentions",
      { isDirect: true, flags: mentioned },
      both("direct_message"),
    ],
    ["a mention", { flags: ["mentioned"] }, both("mentioned")],
    ["@topic without the setting", { flags: ["topic_wildcard_mentioned"] }, []],
    ["the setting without @topic", { keys: list("topic_wildcard_mention") }, []],
    [
      "@topic",
      { keys: list("topic_wildcard_mention"), flags: ["topic_wildcard_mentioned"] },
      both(
        "topic_wildcard_mentioned",
      ),
    ],
    [
      "@all",
      { keys: list("stream_wildcard_mention"), flags: ["stream_wildcard_mentioned"] },
      both(
        "stream_wildcard_mentioned",
      ),
    ],
    [
      "@all by its older name",
      { keys: list("wildcard_mention"), flags: ["stream_wildcard_mentioned"] },
      both(
        "stream_wildcard_mentioned",
      ),
    ],
    ["@topic in a followed topic", {
      keys: {
        ...list("topic_wildcard_mention"),
        ...list("topic_wildcard_mention_in_followed_topic"),
      },
      flags: ["topic_wildcard_mentioned"],
    }, both("topic_wildcard_mentioned_in_followed_topic")],
    ["@all in a followed topic", {
      keys: {
        ...list("topic_wildcard_mention"),
        ...list("stream_wildcard_mention_in_followed_topic"),
      },
      flags: mentioned.slice(1),
    }, both("stream_wildcard_mentioned_in_followed_topic")],
    ["a mention besides all of them", {
      keys: list("topic_wildcard_mention_in_followed_topic"),
      flags: mentioned,
    }, both("mentioned")],
    ["a followed topic", { keys: { ...list("followed_topic_email"), ...list("stream_email") } }, [
      "email followed_topic_email_notify",
    ]],
    ["a channel", { keys: { ...list("stream_push"), ...list("stream_email") } }, [
      "push stream_push_notify",
      "email stream_email_notify",
    ]],
  ];
  for (const [what, given, expected] of rows) assert.deepEqual(notified(given), expected, what);
});

Deno.test("settings, clients and devices decide whether a user is notified", () => {
  const direct = { isDirect: true };
  const list = (...names: string[]): Keys =>
    Object.fromEntries(names.map((name) => [`${name}_user_ids`, [ME]]));
  const rows: [what: string, Case, string[]][] = [
    ["mails off", { ...direct, keys: list("dm_mention_email_disabled") }, ["push direct_message"]],
    ["pushes off", { ...direct, keys: list("dm_mention_push_disabled") }, ["email direct_message"]],
    ["both off, by their older names", {
      ...direct,
      keys: list("pm_mention_email_disabled", "pm_mention_push_disabled"),
    }, []],
    ["mails off, @all", {
      keys: list("dm_mention_email_disabled", "stream_wildcard_mention"),
      flags: ["stream_wildcard_mentioned"],
    }, ["push stream_wildcard_mentioned"]],
    ["mails off, a channel with mails", {
      keys: list("dm_mention_email_disabled", "stream_email"),
    }, ["email stream_email_notify"]],
    ["here", { ...direct, isAway: false }, []],
    ["here, with pushes at any time", { ...direct, isAway: false, keys: list("online_push") }, [
      "push direct_message",
    ]],
    ["no device", { ...direct, keys: { push_device_registered_user_ids: [] } }, [
      "email direct_message",
    ]],
    ["no device, with pushes at any time", {
      ...direct,
      isAway: false,
      keys: { ...list("online_push"), push_device_registered_user_ids: [] },
    }, []],
    ["a device", { ...direct, keys: list("push_device_registered") }, [
      "push direct_message",
      "email direct_message",
    ]],
    ["a bot", { ...direct, keys: list("all_bot") }, []],
    ["a muted sender", { ...direct, keys: list("muted_sender") }, []],
    [
      "a message that tells nobody",
      { ...direct, keys: { disable_external_notifications: true } },
      [],
    ],
    ["the sender", { ...direct, user: SENDER }, []],
  ];
  for (const [what, given, expected] of rows) assert.deepEqual(notified(given), expected, what);
});

Deno.test("what follows from a message names it, and is the same when it is repeated", () => {
  const audience = messageAudience.parse({});
  const message = {
    messageId: 77,
    senderId: SENDER,
    userId: ME,
    notifications: userNotifications({ id: ME, flags: ["mentioned"] }, audience, false),
    mentionedGroupId: 3,
    isAway: true,
  };
  const event = {
    user_profile_id: ME,
    message_id: 77,
    trigger: "mentioned",
    mentioned_user_group_id: 3,
  };
  assert.deepEqual(noticeEvents(message), [
    { medium: "push", id: "push:5:77", event: { ...event, type: "add" } },
    { medium: "email", id: "email:5:77", event },
  ]);
  assert.deepEqual(
    noticeEvents({ ...message, notifiedBy: ["push"], occasion: "edit:12" }).map(({ id }) => id),
    ["email:5:77:edit:12"],
  );
});

Deno.test("users of a notice are ids, or objects with flags", () => {
  const none = { flags: [], mentioned_user_group_id: null };
  assert.deepEqual(noticeUser.parse(7), { id: 7, ...none });
  assert.deepEqual(noticeUser.parse({ id: 7 }), { id: 7, ...none });
  assert.deepEqual(noticeUser.parse({ id: 7, flags: ["read"], mentioned_user_group_id: 2 }), {
    id: 7,
    flags: ["read"],
    mentioned_user_group_id: 2,
  });
  assert.throws(() => noticeUser.parse("7"));
});
