/**
 * What a queued message knows of its user for the server alone, in the form of Zulip's files: for
 * which reasons the user is to be notified, and by what that was done.
 *
 * @module
 */

import { z } from "zod";
import type { RealtimeEvent } from "./event.ts";
import { type Medium, REASONS, type UserNotifications } from "./notified.ts";

/** What a queued message knows of its user. */
export interface InternalData {
  readonly notifications: UserNotifications;
  /** The group by which the user is mentioned, if it is one. */
  readonly mentionedGroupId: number | null;
  /** What the user was notified by. */
  readonly notifiedBy: readonly Medium[];
}

const MEDIA: readonly Medium[] = ["push", "email"];

/** Names of servers before Zulip 8, by today's. */
const LEGACY: Readonly<Record<string, string>> = {
  dm_push_notify: "pm_push_notify",
  dm_email_notify: "pm_email_notify",
  stream_wildcard_mention_push_notify: "wildcard_mention_push_notify",
  stream_wildcard_mention_email_notify: "wildcard_mention_email_notify",
};

const NAMES: readonly string[] = [
  ...REASONS.flatMap((reason) => MEDIA.map((medium) => `${reason}_${medium}_notify`)),
  "online_push_enabled",
  "sender_is_muted",
  "disable_external_notifications",
];

const stored = z.record(z.string(), z.unknown()).catch({});

/** What a queued event says of its user; what it does not say is false. */
export function internalData(event: RealtimeEvent): InternalData {
  const data = stored.parse(event.internal_data);
  const isSet = (name: string) => (data[name] ?? data[LEGACY[name] ?? name]) === true;
  const groupId = data.mentioned_user_group_id;
  return {
    notifications: Object.fromEntries(
      NAMES.map((name) => [name, isSet(name)]),
    ) as unknown as UserNotifications,
    mentionedGroupId: typeof groupId === "number" ? groupId : null,
    notifiedBy: MEDIA.filter((medium) => data[`${medium}_notified`] === true),
  };
}

/** The value of `internal_data` of an event. */
export function toInternalData(data: InternalData): Readonly<Record<string, unknown>> {
  return {
    ...data.notifications,
    mentioned_user_group_id: data.mentionedGroupId,
    ...Object.fromEntries(data.notifiedBy.map((medium) => [`${medium}_notified`, true])),
  };
}
