/**
 * Who is notified of a message that was edited: those whom it mentions now, and did not before.
 *
 * If a message no longer mentions a reader, the server that edits it removes the push.
 *
 * @module
 */

import type { MessageAudience, NoticeUser } from "./message_notice.ts";
import { type NoticeEvent, noticeEvents } from "./notice_events.ts";
import { followsChannelOrTopic, userNotifications } from "./notified.ts";

/** An edit that a user made. */
export interface Edit {
  readonly messageId: number;
  /** The one who edited it. */
  readonly editorId: number;
  /** Seconds since 1970: edits of the same second are one. */
  readonly editedAt: number;
  readonly isDirect: boolean;
  readonly audience: MessageAudience;
  /** Those whom it mentioned before, alone or with others. */
  readonly mentionedBefore: ReadonlySet<number>;
}

/**
 * What follows from an edit for one user.
 *
 * Nothing for direct messages, nor for users who were notified of the message when it was sent: those
 * whom it mentioned, and those who are notified of all messages of its channel or topic.
 *
 * @param isAway Whether the user has no client that takes messages, or has not used any for minutes.
 */
export function editNotices(edit: Edit, user: NoticeUser, isAway: boolean): NoticeEvent[] {
  const { messageId, editorId, editedAt, isDirect, audience, mentionedBefore } = edit;
  if (isDirect || mentionedBefore.has(user.id)) return [];
  const notifications = userNotifications(user, audience, isDirect);
  if (followsChannelOrTopic(notifications)) return [];
  return noticeEvents({
    ...{ messageId, notifications, isAway },
    senderId: editorId,
    userId: user.id,
    // The notice does not say through which group an edit mentions a user.
    mentionedGroupId: null,
    occasion: `edit:${editedAt}`,
  });
}
