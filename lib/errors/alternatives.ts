/**
 * Choices in messages.
 *
 * @module
 */

const LIST = new Intl.ListFormat("en-GB", { type: "disjunction" });

/** Words to choose from: `a`, `a or b`, `a, b or c`. */
export function alternatives(words: Iterable<string>): string {
  return LIST.format(words);
}
