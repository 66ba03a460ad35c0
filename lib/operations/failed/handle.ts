/**
 * Names for dead letters that need nothing written: they work for events of any publisher.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { StoredEvent } from "../../engine/broker/broker.ts";
import { HEADER } from "../../engine/broker/headers.ts";

const DIGITS = 12;
/** The least digits of a handle that name an event. */
export const LEAST_DIGITS = 6;

/**
 * The handle of a dead letter: 12 hex digits, from its id, the time of its failure and its body. It
 * changes when the event fails again.
 */
export function handleOf({ body, properties }: StoredEvent): string {
  const { messageId = "", headers } = properties;
  return createHash("sha256")
    .update(`${messageId}\n${headers?.[HEADER.failedAt] ?? ""}\n`)
    .update(body)
    .digest("hex")
    .slice(0, DIGITS);
}

/**
 * Whether a word names an event: its handle, at least the first 6 digits of that, or its id.
 *
 * @param word As an operator has typed it.
 */
export function isNamedBy(word: string, event: StoredEvent): boolean {
  if (word === event.properties.messageId) return true;
  return isHandle(word) && handleOf(event).startsWith(word.toLowerCase());
}

/** Whether a word can be a handle or the beginning of one. */
function isHandle(word: string): boolean {
  return word.length >= LEAST_DIGITS && word.length <= DIGITS && /^[0-9a-f]+$/i.test(word);
}
