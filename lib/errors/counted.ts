/**
 * Counts in messages.
 *
 * @module
 */

/**
 * A count and what is counted: `1 event`, `2 events`.
 *
 * @param noun The singular.
 * @param plural @default {the singular and `s`}
 */
export function counted(count: number, noun: string, plural?: string): string {
  return `${count} ${nounFor(count, noun, plural)}`;
}

/** A noun in the number of a count, for messages with a placeholder: `event`, `events`. */
export function nounFor(count: number, noun: string, plural = `${noun}s`): string {
  return count === 1 ? noun : plural;
}
