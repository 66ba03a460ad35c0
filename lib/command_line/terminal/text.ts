/**
 * Texts on a terminal: their width, cut to it, and without what would control it.
 *
 * @module
 */

const SEGMENTER = new Intl.Segmenter("en", { granularity: "grapheme" });
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}]/u;
const ELLIPSIS = "…";

/** The width of a text in columns. */
export function widthOf(text: string): number {
  return segmentsOf(text).reduce((sum, segment) => sum + columnsOf(segment), 0);
}

/** The text with `?` for control characters, also those that change the direction of writing. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?");
}

/** The text, cut in its middle where it is wider than `width`: both ends of a name tell it apart. */
export function cutMiddle(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  const room = Math.max(0, width - 1);
  const segments = segmentsOf(text);
  const head = take(segments, Math.ceil(room / 2));
  const tail = take(segments.toReversed(), Math.floor(room / 2)).toReversed();
  return [...head, ELLIPSIS, ...tail].join("");
}

/** The text, cut at its end where it is wider than `width`. */
export function cutEnd(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  return take(segmentsOf(text), Math.max(0, width - 1)).join("") + ELLIPSIS;
}

function segmentsOf(text: string): string[] {
  return [...SEGMENTER.segment(text)].map(({ segment }) => segment);
}

function columnsOf(segment: string): number {
  return WIDE.test(segment) ? 2 : 1;
}

/** The first segments that are together no wider than `width`. */
function take(segments: readonly string[], width: number): string[] {
  const taken: string[] = [];
  let used = 0;
  for (const segment of segments) {
    used += columnsOf(segment);
    if (used > width) break;
    taken.push(segment);
  }
  return taken;
}
