/**
 * Who gets a mail or a push about a message.
 *
 * @module
 */

import type { MessageAudience, NoticeUser } from "./message_notice.ts";

/** The ways to notify a user who is away. */
export type Medium = "email" | "push";

/** The reasons, each with how it begins in the names of {@linkcode UserNotifications}. */
export const REASONS = [
  "dm",
  "mention",
  "topic_wildcard_mention",
  "stream_wildcard_mention",
  "topic_wildcard_mention_in_followed_topic",
  "stream_wildcard_mention_in_followed_topic",
  "followed_topic",
  "stream",
] as const;
type Reason = typeof REASONS[number];

/**
 * For which reasons a user is to be notified of a message. It is kept with the message in the
 * queues of the user's clients, under the names that Zulip's files have.
 */
export type UserNotifications =
  & Readonly<Record<`${Reason}_${Medium}_notify`, boolean>>
  & {
    readonly online_push_enabled: boolean;
    readonly sender_is_muted: boolean;
    readonly disable_external_notifications: boolean;
  };

/** The names of the events' triggers, the first that holds being the one; `*` is the medium. */
const TRIGGERS: readonly (readonly [Reason, string])[] = [
  ["dm", "direct_message"],
  ["mention", "mentioned"],
  ["topic_wildcard_mention_in_followed_topic", "topic_wildcard_mentioned_in_followed_topic"],
  ["stream_wildcard_mention_in_followed_topic", "stream_wildcard_mentioned_in_followed_topic"],
  ["topic_wildcard_mention", "topic_wildcard_mentioned"],
  ["stream_wildcard_mention", "stream_wildcard_mentioned"],
  ["followed_topic", "followed_topic_*_notify"],
  ["stream", "stream_*_notify"],
];

/** A reason that holds for users in a list, where the message has a flag for them. */
interface ListedReason {
  readonly reason: Reason;
  readonly list: (medium: Medium) => keyof MessageAudience;
  /** Where it is missing, the list alone decides. */
  readonly flag?: string;
}

const TOPIC = "topic_wildcard_mentioned";
const STREAM = "stream_wildcard_mentioned";

const LISTED: readonly ListedReason[] = [
  ...([
    ["topic_wildcard_mention", TOPIC],
    ["stream_wildcard_mention", STREAM],
    ["topic_wildcard_mention_in_followed_topic", TOPIC],
    ["stream_wildcard_mention_in_followed_topic", STREAM],
  ] as const).map(([reason, flag]) => ({
    reason,
    flag,
    list: () => `${reason}_user_ids` as const,
  })),
  { reason: "followed_topic", list: (medium) => `followed_topic_${medium}_user_ids` },
  { reason: "stream", list: (medium) => `stream_${medium}_user_ids` },
];

/** The listed reasons of each medium by the names of their fields: messages have thousands of users. */
const FIELDS = Object.fromEntries((["email", "push"] as const).map((medium) => [
  medium,
  LISTED.map(({ reason, list, flag }) => ({
    ...{ name: `${reason}_${medium}_notify`, list: list(medium), flag },
  })),
])) as Record<Medium, { name: string; list: keyof MessageAudience; flag: string | undefined }[]>;

/** For which reasons a user is to be notified of a message. */
export function userNotifications(
  user: Pick<NoticeUser, "id" | "flags">,
  audience: MessageAudience,
  isDirect: boolean,
): UserNotifications {
  const found: Record<string, boolean> = {};
  addReasons(found, "email", user, audience, isDirect);
  addReasons(found, "push", user, audience, isDirect);
  found.online_push_enabled = canPush(user.id, audience) &&
    audience.online_push_user_ids.has(user.id);
  found.sender_is_muted = audience.muted_sender_user_ids.has(user.id);
  found.disable_external_notifications = audience.disable_external_notifications;
  return found as unknown as UserNotifications;
}

/**
 * Why a user is notified now; `undefined` if not.
 *
 * @param isAway Whether the user has no client that takes messages, or has not used any for minutes.
 * Mails go only to those who are away, pushes also to those who get them at any time.
 */
export function triggerOf(
  medium: Medium,
  notifications: UserNotifications,
  { isSender, isAway }: { readonly isSender: boolean; readonly isAway: boolean },
): string | undefined {
  const { sender_is_muted, disable_external_notifications, online_push_enabled } = notifications;
  if (isSender || sender_is_muted || disable_external_notifications) return undefined;
  if (!isAway && !(medium === "push" && online_push_enabled)) return undefined;
  const found = TRIGGERS.find(([reason]) => notifications[`${reason}_${medium}_notify`]);
  return found?.[1].replace("*", medium);
}

/** Whether the user was notified of the message when it was sent, if it is about a channel. */
export function followsChannelOrTopic(notifications: UserNotifications): boolean {
  const { stream_email_notify, stream_push_notify } = notifications;
  const { followed_topic_email_notify, followed_topic_push_notify } = notifications;
  return stream_email_notify || stream_push_notify || followed_topic_email_notify ||
    followed_topic_push_notify;
}

function addReasons(
  found: Record<string, boolean>,
  medium: Medium,
  { id, flags }: Pick<NoticeUser, "id" | "flags">,
  audience: MessageAudience,
  isDirect: boolean,
): void {
  const isPossible = !audience.all_bot_user_ids.has(id) &&
    (medium === "email" || canPush(id, audience));
  const isEnabled = isPossible && !audience[`dm_mention_${medium}_disabled_user_ids`].has(id);
  found[`dm_${medium}_notify`] = isEnabled && isDirect;
  found[`mention_${medium}_notify`] = isEnabled && flags.includes("mentioned");
  for (const { name, list, flag } of FIELDS[medium]) {
    const isListed = (audience[list] as ReadonlySet<number>).has(id);
    found[name] = isListed && (flag === undefined ? isPossible : isEnabled && flags.includes(flag));
  }
}

function canPush(
  id: number,
  { push_device_registered_user_ids: registered, all_bot_user_ids }: MessageAudience,
): boolean {
  return !all_bot_user_ids.has(id) && (registered?.has(id) ?? true);
}
