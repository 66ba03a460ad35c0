/**
 * What follows when a user has no queue left that takes messages: messages that came while the user
 * seemed to be there, and that no client has confirmed, are judged again.
 *
 * For each user whom a sweep finds away, the caller asks {@linkcode noticesAtDeath} about the queues
 * that the sweep names, publishes the notices, and rewrites *all* queues of the user that live on by
 * {@linkcode asNotified}: the client of any of them may come back, and be away again before it has
 * confirmed a message.
 *
 * @module
 */

import type { QueuedEvent } from "./event.ts";
import { type InternalData, internalData, toInternalData } from "./internal_data.ts";
import { type NoticeEvent, noticeEvents } from "./notice_events.ts";
import type { Medium } from "./notified.ts";

/** A message in one or more queues of a user. */
interface Unseen {
  readonly senderId: number;
  readonly data: InternalData;
}

/**
 * What a user who has just gone away is notified of: each message once, though it may be in several
 * queues, and by nothing that was used before.
 *
 * @param queues The events of all queues that made the user be away, as
 * {@linkcode ClientQueue.events} gives them.
 */
export function noticesAtDeath(
  userId: number,
  queues: Iterable<readonly QueuedEvent[]>,
): NoticeEvent[] {
  return [...unseen(queues)].flatMap(([messageId, { senderId, data }]) =>
    noticeEvents({
      ...{ messageId, senderId, userId, isAway: true },
      notifications: data.notifications,
      mentionedGroupId: data.mentionedGroupId,
      notifiedBy: data.notifiedBy,
    })
  );
}

/**
 * Makes of an event what queues that live on have to keep of it, as their user was notified.
 *
 * @param notices Of one user, as {@linkcode noticesAtDeath} gives them.
 */
export function asNotified(notices: readonly NoticeEvent[]): (event: QueuedEvent) => QueuedEvent {
  const byMessage = Map.groupBy(notices, ({ event }) => event.message_id);
  return (event) => {
    const media = byMessage.get(messageOf(event)?.id)?.map(({ medium }) => medium);
    if (!media) return event;
    const data = internalData(event);
    const notifiedBy: Medium[] = [...new Set([...data.notifiedBy, ...media])];
    return { ...event, internal_data: toInternalData({ ...data, notifiedBy }) };
  };
}

function unseen(queues: Iterable<readonly QueuedEvent[]>): ReadonlyMap<number, Unseen> {
  const found = new Map<number, Unseen>();
  for (const event of [...queues].flat()) {
    const message = messageOf(event);
    if (!message) continue;
    const data = internalData(event);
    const before = found.get(message.id)?.data.notifiedBy ?? [];
    const notifiedBy = [...before, ...data.notifiedBy];
    found.set(message.id, { senderId: message.sender_id, data: { ...data, notifiedBy } });
  }
  return found;
}

function messageOf({ type, message }: QueuedEvent) {
  return type === "message" ? message as { id: number; sender_id: number } : undefined;
}
