/**
 * Text that every database can store.
 *
 * @module
 */

/**
 * The text without NUL characters, which PostgreSQL does not store, and with U+FFFD in place of
 * unpaired surrogates, which have no encoding.
 */
export function storableText(text: string): string {
  const whole = text.includes("\0") ? text.replaceAll("\0", "") : text;
  return whole.toWellFormed();
}

/** The first half of a code point that takes two code units. */
const HIGH_SURROGATE = /[\ud800-\udbff]/;

/** The first `length` code points, which is how a `varchar(length)` counts. */
export function firstCodePoints(text: string, length: number): string {
  if (text.length <= length) return text;
  const head = text.slice(0, length);
  if (!HIGH_SURROGATE.test(head)) return head;
  return Array.from(text.slice(0, 2 * length)).slice(0, length).join("");
}
