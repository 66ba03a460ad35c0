/**
 * Missed messages by conversation: each has a mail of its own.
 *
 * @module
 */

/** What decides which conversation a message belongs to. */
export interface Conversed {
  readonly id: number;
  readonly senderId: number;
  readonly recipientId: number;
  readonly destination: "user" | "channel" | "group";
  /** U+0007 for a direct message. */
  readonly topic: string;
}

/** A message that a user has missed. */
export interface MissedMessage extends Conversed {
  /** What it is to the user: the bits of `zerver_usermessage.flags`. */
  readonly flags: number;
  /** Why the user gets a mail about it: a {@linkcode Trigger}, or that of a newer server. */
  readonly trigger: string;
  /** The group that was mentioned; null where the user was, by name. */
  readonly groupId: number | null;
}

/** The bits of `zerver_usermessage.flags` for mentions: by name, with a channel, topic or group. */
const MENTIONED = 8 | 16 | 32 | 64;

/**
 * Groups messages by conversation: those that one user sends to another, of a DM group, or of a
 * channel's topic, whatever its case.
 *
 * @returns The conversations in the order of their newest messages, and the messages of each by id.
 */
export function conversationsOf<One extends Conversed>(
  messages: readonly One[],
): (readonly [One, ...One[]])[] {
  const sorted = messages.toSorted((one, other) => one.id - other.id);
  const conversations = [...Map.groupBy(sorted, keyOf).values()];
  return conversations.sort((one, other) => newest(one) - newest(other))
    .flatMap(([first, ...others]) => first ? [[first, ...others] as const] : []);
}

function keyOf({ destination, recipientId, senderId, topic }: Conversed): string {
  if (destination === "user") return `from ${senderId} to ${recipientId}`;
  return `to ${recipientId} ${topic.toLowerCase()}`;
}

function newest(messages: readonly Conversed[]): number {
  return messages.at(-1)?.id ?? 0;
}

/** Whether the mail also shows what was said before: the first message mentions the user. */
export function needsContext([first]: readonly MissedMessage[]): boolean {
  return first?.destination === "channel" && (first.flags & MENTIONED) !== 0;
}
