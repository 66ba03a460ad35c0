/**
 * Characters that nobody sees.
 *
 * @module
 */

/** Formats such as the byte order mark, controls, separators, and blanks that are not a space. */
const INVISIBLE = /[\p{Cf}\p{Cc}\p{Zl}\p{Zp}\p{Zs}]/gu;
const SEEN: ReadonlySet<string> = new Set([" ", "\n", "\t"]);

/** A message with `U+FEFF` in place of the byte order mark, and so on for each invisible character. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (character) => SEEN.has(character) ? character : name(character));
}

function name(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}
