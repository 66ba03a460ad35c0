/**
 * Removes from the text of a mail what it quotes: the mail that it answers, with the lines that
 * introduce that. Pure.
 *
 * @module
 */

import {
  FORWARD_LINE,
  FROM_LINE,
  HEADER_LINE,
  OPENER,
  ORIGINAL_LINE,
  WROTE_WORD,
} from "./quotation_words.ts";

/** Begins a line where the HTML of a mail says that a quotation begins. */
export const QUOTATION_MARK = "\u{E000}";

const QUOTED = /^\s{0,3}[>＞]/;
/** Lines that only separate. */
const RULE = /^[\s>]*[-_=–—*]{3,}\s*$/;
const COLON = /[:：][\s*_\u00a0]*$/;
const ADDRESS = /[^\s<>()[\]:;,"]+@[^\s<>()[\]:;,"]+/;
const DATE = /(?:^|\D)(?:(?:19|20)\d\d|\d{1,2}[./-]\d{1,2}[./-]\d{2})(?:\D|$)/;
const CLOCK = /(?:^|\D)\d{1,2}(?:[:.hH]|[時时点시]\s?)\d{2}(?:\D|$)/;
/** A line that introduces a quotation is broken into so many at most. */
const INTRODUCTION_LINES = 4;
const INTRODUCTION_LENGTH = 400;
/** In how many lines headers stand that introduce a quotation. */
const HEADER_LINES = 7;
/** So many quoted lines are the mail that is answered, although nothing introduces them. */
const LONE_QUOTATION = 3;

/** Where a quotation is introduced: the first line, and the one after the last. */
interface Introduction {
  readonly start: number;
  readonly end: number;
}

/**
 * The text without its quotation. It stays as it is where nothing else would be left, where the
 * author has written between quoted lines, and where the mail was forwarded.
 *
 * @param isReply Whether the mail answers another: then quoted lines that nothing introduces are
 * that one.
 * @returns Without {@linkcode QUOTATION_MARK}s.
 */
export function withoutQuotations(text: string, isReply: boolean): string {
  const all = text.replaceAll("\r\n", "\n");
  const kept = ownLines(all.split("\n"), isReply);
  const own = kept && clean(kept);
  return own === undefined || own === "" ? withoutMarks(all) : own;
}

/** The text with what it quotes, without {@linkcode QUOTATION_MARK}s. */
export function withoutMarks(text: string): string {
  return text.replaceAll(QUOTATION_MARK, "");
}

function clean(lines: readonly string[]): string {
  return withoutMarks(lines.join("\n")).replace(/^(?:[^\S\n]*\n)+/, "").trimEnd();
}

/** The lines of the author; `undefined`: all. */
function ownLines(lines: readonly string[], isReply: boolean): string[] | undefined {
  const introduction = introductionIn(lines);
  if (isForwarded(lines, introduction?.end ?? lines.length)) return undefined;
  if (!introduction) return isReply ? withoutLoneQuotation(lines) : undefined;
  const { end } = introduction;
  const start = withSeparator(lines, introduction.start);
  const first = fullFrom(lines, end);
  if (!isQuoted(lines[first])) return lines.slice(0, start);
  const last = lines.findLastIndex(isQuoted);
  if (isInterleaved(lines.slice(first, last))) return undefined;
  return [...lines.slice(0, start), ...lines.slice(last + 1)];
}

/** Whether the author has written between quoted lines. */
function isInterleaved(lines: readonly string[]): boolean {
  return lines.some((line) => !isBlank(line) && !isQuoted(line) && !isLinkRest(line));
}

/** Long links are broken by programs that quote them. */
function isLinkRest(line: string): boolean {
  return /^\s*<?[!-~]{20,}>?\s*$/.test(line);
}

/** Whether a line above the quotation, or at its beginning, says that it was forwarded. */
function isForwarded(lines: readonly string[], end: number): boolean {
  return lines.slice(0, fullFrom(lines, end) + 1).some((line) => {
    return isShort(line) && FORWARD_LINE.test(withoutMarks(line));
  });
}

/** Quoted lines at the end, or at the beginning, that nothing introduces. */
function withoutLoneQuotation(lines: readonly string[]): string[] | undefined {
  const full = lines.flatMap((line, at) => isBlank(line) ? [] : [at]);
  const quoted = full.filter((at) => isQuoted(lines[at]));
  const [first = 0, last = -1] = [quoted[0], quoted.at(-1)];
  if (quoted.length < LONE_QUOTATION || isInterleaved(lines.slice(first, last))) return undefined;
  if (last === full.at(-1)) return lines.slice(0, first);
  return first === full[0] ? lines.slice(last + 1) : undefined;
}

/** The start, with the line of dashes above it. */
function withSeparator(lines: readonly string[], start: number): number {
  const above = isBlank(lines[start - 1] ?? "") ? start - 2 : start - 1;
  return RULE.test(lines[above] ?? "") ? above : start;
}

function introductionIn(lines: readonly string[]): Introduction | undefined {
  for (const [at, line] of lines.entries()) {
    if (line.includes(QUOTATION_MARK)) return markedAt(lines, at);
    if (isBlank(line) || isQuoted(line)) continue;
    if (isShort(line) && ORIGINAL_LINE.test(line)) {
      return { start: at, end: endOfOriginal(lines, at) };
    }
    const found = headersAt(lines, at) ?? sentenceAt(lines, at);
    if (found) return found;
  }
  return undefined;
}

/** With the sentence that stands between the mark and the quotation. */
function markedAt(lines: readonly string[], start: number): Introduction {
  if (isQuoted(withoutMarks(lines[start] ?? ""))) return { start, end: start };
  let quoted = start;
  for (let count = 0; count <= INTRODUCTION_LINES; count++) {
    quoted = fullFrom(lines, quoted);
    if (isQuoted(lines[quoted])) return { start, end: quoted };
    quoted++;
  }
  return { start, end: start };
}

/** With the headers or the sentence that follow it. */
function endOfOriginal(lines: readonly string[], start: number): number {
  const next = fullFrom(lines, start + 1);
  return (headersAt(lines, next) ?? introductionNear(lines, next))?.end ?? start + 1;
}

function introductionNear(lines: readonly string[], start: number): Introduction | undefined {
  for (let at = start; at < start + INTRODUCTION_LINES && at < lines.length; at++) {
    const found = sentenceAt(lines, at);
    if (found) return found;
  }
  return undefined;
}

/** Headers, such as Outlook's `From:`, `Sent:`, `To:`, `Subject:`. */
function headersAt(lines: readonly string[], start: number): Introduction | undefined {
  if (!HEADER_LINE.test(lines[start] ?? "")) return undefined;
  const some = lines.slice(start, start + HEADER_LINES);
  const blank = some.findIndex(isBlank);
  const end = start + (blank < 0 ? some.length : blank);
  const headers = lines.slice(start, end).filter((line) => HEADER_LINE.test(line));
  const isIntroduction = headers.length >= 3 && headers.some((line) => FROM_LINE.test(line));
  return isIntroduction ? { start, end } : undefined;
}

/** A sentence such as `On Monday, Ada wrote:` that ends in this line. */
function sentenceAt(lines: readonly string[], last: number): Introduction | undefined {
  const { [last]: line = "" } = lines;
  if (!isShort(line) || !COLON.test(line)) return undefined;
  const sentence = (start: number) => lines.slice(start, last + 1).join(" ");
  for (let start = last; start > last - INTRODUCTION_LINES; start--) {
    const line = lines[start];
    if (line === undefined || isBlank(line) || isQuoted(line)) break;
    if (sureness(sentence(start)) < SURE) continue;
    return { start: fromOpener(lines, start, last), end: last + 1 };
  }
  const next = lines[fullFrom(lines, last + 1)];
  const isIntroduction = isQuoted(next) && sureness(sentence(last)) >= LIKELY;
  return isIntroduction ? { start: fromOpener(lines, last, last), end: last + 1 } : undefined;
}

/** A sentence that introduces a quotation, whatever follows. */
const SURE = 3;
/** A sentence that introduces a quotation if quoted lines follow. */
const LIKELY = 2;

/** How much a sentence says of who wrote something, and when. */
function sureness(sentence: string): number {
  if (sentence.length > INTRODUCTION_LENGTH) return 0;
  const marks = [DATE, CLOCK, ADDRESS].filter((mark) => mark.test(sentence)).length;
  return WROTE_WORD.test(sentence) ? Math.max(LIKELY, marks + 1) : marks;
}

/** The sentence may have begun in the lines above. */
function fromOpener(lines: readonly string[], start: number, last: number): number {
  for (let at = start - 1; at > last - INTRODUCTION_LINES && at >= 0; at--) {
    const line = lines[at] ?? "";
    if (isBlank(line) || isQuoted(line)) break;
    if (isShort(line) && OPENER.test(line) && /\d/.test(line) && !COLON.test(line)) return at;
  }
  return start;
}

/** The first line from there on that is not blank; where there is none, after the last. */
function fullFrom(lines: readonly string[], start: number): number {
  let at = start;
  while (at < lines.length && isBlank(lines[at] ?? "")) at++;
  return at;
}

/** Whether a line can be one that programs write. Patterns take their time with others. */
function isShort(line: string): boolean {
  return line.length <= INTRODUCTION_LENGTH;
}

function isBlank(line: string): boolean {
  return withoutMarks(line).trim() === "";
}

function isQuoted(line: string | undefined): boolean {
  return line !== undefined && QUOTED.test(withoutMarks(line));
}
