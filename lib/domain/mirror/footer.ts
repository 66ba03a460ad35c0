/**
 * The end of a mail that is not what it says: a signature, a mailing list's lines. Pure.
 *
 * @module
 */

const DASHES = /^\s*--\s*$/;
const RULE = /^_{40,}\s*$/;
/** A mailing list's footer has so many lines at most. */
const LIST_LINES = 6;

/**
 * The text without its footer: all from a line `--` on, if there is exactly one such line; or the last
 * lines below a line of underscores, if they are a mailing list's.
 */
export function withoutFooter(text: string): string {
  const lines = text.split("\n");
  const own = lines.slice(0, footerStart(lines));
  return own.length === lines.length ? text : own.join("\n").trim();
}

function footerStart(lines: readonly string[]): number {
  const dashes = lines.flatMap((line, at) => DASHES.test(line) ? [at] : []);
  const [first] = dashes;
  if (first !== undefined && dashes.length === 1) return first;
  const rule = lines.findLastIndex((line) => RULE.test(line));
  const below = lines.slice(rule + 1).filter((line) => line.trim() !== "");
  const isLists = rule >= 0 && below.length <= LIST_LINES &&
    below.some((line) => /mailing list|listinfo|unsubscribe/i.test(line));
  return isLists ? rule : lines.length;
}
