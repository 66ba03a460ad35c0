/**
 * The events of the queues of mails and pushes that follow from a message.
 *
 * @module
 */

import { type Medium, triggerOf, type UserNotifications } from "./notified.ts";

/** A message of which a user may have to be notified. */
export interface NotifiedMessage {
  readonly messageId: number;
  readonly senderId: number;
  readonly userId: number;
  readonly notifications: UserNotifications;
  /** The group by which the user is mentioned, if it is one. */
  readonly mentionedGroupId: number | null;
  readonly isAway: boolean;
  /** What the user was notified by before. */
  readonly notifiedBy?: readonly Medium[];
  /** What makes a second notice of the same message another one, such as the time of an edit. */
  readonly occasion?: string;
}

/** An event of the queue of mails or of pushes. */
export interface NoticeEvent {
  readonly medium: Medium;
  /** Its `message_id`: the same when the notice is repeated. */
  readonly id: string;
  readonly event: Readonly<Record<string, unknown>>;
}

/** What follows for one user. */
export function noticeEvents(message: NotifiedMessage): NoticeEvent[] {
  const { messageId, userId, senderId, notifications, isAway, notifiedBy = [] } = message;
  const isSender = senderId === userId;
  return (["push", "email"] as const).flatMap((medium) => {
    if (notifiedBy.includes(medium)) return [];
    const trigger = triggerOf(medium, notifications, { isSender, isAway });
    if (trigger === undefined) return [];
    const occasion = message.occasion === undefined ? "" : `:${message.occasion}`;
    const event = {
      user_profile_id: userId,
      message_id: messageId,
      trigger,
      ...(medium === "push" ? { type: "add" } : {}),
      mentioned_user_group_id: message.mentionedGroupId,
    };
    return [{ medium, id: `${medium}:${userId}:${messageId}${occasion}`, event }];
  });
}
