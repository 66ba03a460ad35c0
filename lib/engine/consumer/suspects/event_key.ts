/**
 * The names by which the journal knows events.
 *
 * @module
 */

import type { Entry } from "../entry.ts";

/** An event as the journal knows it: its `message_id`, or a fingerprint of its body. */
export type EventKey = string;

/** The key of an event. */
export function keyOf({ messageId, body }: Pick<Entry, "messageId" | "body">): EventKey {
  return messageId || fingerprint(body);
}

/**
 * The key of an event without `message_id`: its length and 64 bits of hash (two times FNV-1a) over
 * its beginning and end. Two events with the same body share it.
 */
export function fingerprint(body: string): EventKey {
  const low = hashOf(body.slice(0, HASHED), 0x811c9dc5);
  const high = hashOf(body.length > HASHED ? body.slice(-HASHED) : body, 0x01234567);
  return `#${body.length.toString(36)}-${low.toString(36)}-${high.toString(36)}`;
}

/** Characters at either end of a body that are hashed. */
const HASHED = 64 * 1024;

function hashOf(text: string, seed: number): number {
  let hash = seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
