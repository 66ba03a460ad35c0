/**
 * What a sender tells the event system about a new or an edited message: the event, and for each
 * reason to notify somebody the users for whom it holds.
 *
 * @module
 */

import { z } from "zod";

/** A list of users; absent for nobody. */
const ids = z.array(z.int()).transform((list): ReadonlySet<number> => new Set(list));
const users = ids.default(new Set<number>());

/** The lists of users that `message` and `update_message` share. */
const audience = {
  presence_idle_user_ids: users,
  online_push_user_ids: users,
  dm_mention_push_disabled_user_ids: users,
  dm_mention_email_disabled_user_ids: users,
  stream_push_user_ids: users,
  stream_email_user_ids: users,
  followed_topic_push_user_ids: users,
  followed_topic_email_user_ids: users,
  topic_wildcard_mention_user_ids: users,
  stream_wildcard_mention_user_ids: users,
  topic_wildcard_mention_in_followed_topic_user_ids: users,
  stream_wildcard_mention_in_followed_topic_user_ids: users,
  muted_sender_user_ids: users,
  all_bot_user_ids: users,
  /** Absent in notices of older servers: then everybody may have a device. */
  push_device_registered_user_ids: ids.optional(),
  disable_external_notifications: z.boolean().default(false),
};

/** Names that older servers use, and today's. */
const RENAMED: readonly (readonly [old: string, now: string])[] = [
  ["pm_mention_push_disabled_user_ids", "dm_mention_push_disabled_user_ids"],
  ["pm_mention_email_disabled_user_ids", "dm_mention_email_disabled_user_ids"],
  ["wildcard_mention_user_ids", "stream_wildcard_mention_user_ids"],
  ["push_notify_user_ids", "online_push_user_ids"],
];

/** The lists of users of a message, by today's names. */
export type MessageAudience = z.infer<typeof messageAudience>;

/** Reads the lists of users of a `message` or `update_message`; its other keys are left out. */
export const messageAudience = z.preprocess(withTodaysNames, z.object(audience));

/** The keys of such an event that no client sees. */
export const AUDIENCE_KEYS: ReadonlySet<string> = new Set([
  ...Object.keys(audience),
  ...RENAMED.map(([old]) => old),
  "prior_mention_user_ids",
]);

/** One of the users that a notice is for. */
export type NoticeUser = z.infer<typeof noticeUser>;

/** Reads a user of a notice: an object for messages, only an id for other events. */
export const noticeUser = z.union([
  z.int().transform((id) => ({ id, flags: [] as string[], mentioned_user_group_id: null })),
  z.object({
    id: z.int(),
    flags: z.array(z.string()).default([]),
    mentioned_user_group_id: z.int().nullish().transform((id) => id ?? null),
  }),
]);

function withTodaysNames(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const event: Record<string, unknown> = { ...value };
  for (const [old, now] of RENAMED) event[now] ??= event[old];
  return event;
}
