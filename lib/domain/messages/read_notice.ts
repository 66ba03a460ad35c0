/**
 * The notice by which the event system tells a user's clients that messages are read.
 *
 * @module
 */

/** The body of the event for the event system. @param messages Ids, in their order. */
export function readNotice(user: number, messages: readonly number[]): Record<string, unknown> {
  const change = { op: "add", operation: "add", flag: "read", messages, all: false };
  return { event: { type: "update_message_flags", ...change }, users: [user] };
}
