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
 * Makes what decides whether one of some words names an event: its handle, at least the first 6 digits
 * of that, or its id. However many words there are, a handle is made once for each event.
 *
 * @param words As an operator has typed them.
 */
export function namedBy(words: readonly string[]): (event: StoredEvent) => boolean {
  const ids = new Set(words);
  const handles = new Set(words.filter(isHandle).map((word) => word.toLowerCase()));
  const lengths = new Set([...handles].map(({ length }) => length));
  return (event) => {
    const { messageId } = event.properties;
    if (messageId !== undefined && ids.has(messageId)) return true;
    if (handles.size === 0) return false;
    const handle = handleOf(event);
    return [...lengths].some((length) => handles.has(handle.slice(0, length)));
  };
}

/** Whether a word can be a handle or the beginning of one. */
function isHandle(word: string): boolean {
  return word.length >= LEAST_DIGITS && word.length <= DIGITS && /^[0-9a-f]+$/i.test(word);
}
