/**
 * Lists of words in messages. `Intl.ListFormat` would write the same, and costs every start of the
 * program 5 ms.
 *
 * @module
 */

/** Words to choose from: `a`, `a or b`, `a, b or c`. */
export function alternatives(words: Iterable<string>): string {
  return listed(words, "or");
}

/** Words that belong together: `a`, `a and b`, `a, b and c`. */
export function enumeration(words: Iterable<string>): string {
  return listed(words, "and");
}

function listed(words: Iterable<string>, conjunction: string): string {
  const all = [...words];
  const last = all.pop() ?? "";
  return all.length === 0 ? last : `${all.join(", ")} ${conjunction} ${last}`;
}
