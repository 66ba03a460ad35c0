/**
 * Counts in messages.
 *
 * @module
 */

/**
 * A count and what is counted: `1 event`, `2 events`.
 *
 * @param noun The singular of a noun whose plural ends in `s`.
 */
export function counted(count: number, noun: string): string {
  return `${count} ${nounFor(count, noun)}`;
}

/** A noun in the number of a count, for messages with a placeholder: `event`, `events`. */
export function nounFor(count: number, noun: string): string {
  return count === 1 ? noun : `${noun}s`;
}
