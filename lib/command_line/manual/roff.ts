/**
 * Text in the language of manual pages, roff with the macros of man(7).
 *
 * @module
 */

/** A text on a line of its own, which is printed as it is. Line breaks become blanks. */
export function textLine(text: string): string {
  const escaped = escapedText(text.replace(/\s+/g, " ").trim());
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}

/** A call of a macro, with quotes around each of its arguments. */
export function macro(name: string, ...values: readonly string[]): string {
  const quoted = values.map((value) => ` "${escapedText(value).replaceAll('"', "\\(dq")}"`);
  return `.${name}${quoted.join("")}`;
}

/** A term and what it means, indented. */
export function entry(term: string, ...paragraphs: readonly string[]): string[] {
  const [first = "", ...more] = paragraphs;
  const rest = more.flatMap((paragraph) => [".IP", textLine(paragraph)]);
  return [".TP", macro("B", term), textLine(first), ...rest];
}

function escapedText(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-")
    .replace(/[^\0-\x7f]/gu, (character) => `\\[u${codeOf(character)}]`);
}

/** The code of a character, in at least four digits. */
function codeOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
}
