/**
 * Missed messages for tests.
 *
 * @module
 */

import type { MissedMessage } from "../../../../lib/domain/messages/missed/conversations.ts";

/** The topic of direct messages. */
export const DIRECT = "\u0007";

/** A missed message, in the topic `lunch` of the channel with the recipient 50 unless said. */
export function missed(id: number, more: Partial<MissedMessage> = {}): MissedMessage {
  const place = { recipientId: 50, destination: "channel", topic: "lunch" } as const;
  const reason = { flags: 0, trigger: "stream_email_notify", groupId: null };
  return { id, senderId: 9, ...place, ...reason, ...more };
}

/** A direct message to the reader. */
export function direct(id: number, senderId: number): MissedMessage {
  const place = { recipientId: 40, destination: "user", topic: DIRECT } as const;
  return missed(id, { ...place, senderId, trigger: "direct_message" });
}

/** A message of a DM group. */
export function ofGroup(id: number, senderId: number, recipientId = 60): MissedMessage {
  const place = { recipientId, destination: "group", topic: DIRECT } as const;
  return missed(id, { ...place, senderId, trigger: "direct_message" });
}
