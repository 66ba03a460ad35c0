/**
 * JSON whose whole numbers keep their value.
 *
 * `JSON.parse` reads `9007199254740993` as 9007199254740992 and `1e400` as Infinity. Python, which
 * most publishers are written in, writes whole numbers of any size.
 *
 * @module
 */

import { findPath, placeName } from "./place.ts";

/** A JSON text has a number that is too large to be read. The message names its place. */
export class NumberTooLargeError extends Error {
  override readonly name = "NumberTooLargeError";
}

/** The most characters of a whole number: Python's own limit. A million digits take 80 ms. */
const MAX_DIGITS = 4300;

/** A whole number as JSON writes it. One with a fraction or an exponent is a double everywhere. */
const WHOLE = /^-?\d+$/;

/** A long enough exponent. Numbers with fewer than 16 digits and exponents under 100 always fit. */
const EXPONENT = /\d[eE]\+?\d{3}/;

/**
 * A number that a double may not hold, and not its like within a string. Of 16 digits, those that do
 * not begin with 9 are safe, as are times in microseconds.
 */
const LONG_NUMBER =
  /(?:^|[\s,:[-])(?:(?:9\d{15}|\d{17,})(?=[\s,\]}.eE]|$)|\d[\d.]*[eE]\+?\d{3,}(?=[\s,\]}]|$))/;

const DIGITS = 16;

/** What `JSON.parse` passes to its third parameter, which TypeScript does not know yet. */
interface Context {
  /** The text of a value that is no object and no array. */
  readonly source?: string;
}

type Reviver = (key: string, value: unknown, context: Context) => unknown;

/**
 * Parses JSON. A whole number is a bigint where a JavaScript number would have another value, or be
 * written as another one: 9007199254740993, and also 1970670598291982336, which JSON.stringify
 * writes as 1970670598291982300.
 *
 * It costs a tenth of a microsecond more than `JSON.parse`, and several times as much where the text
 * has numbers of 16 digits.
 *
 * @param isLong The result of {@linkcode hasLongNumber}, for a caller that has it.
 * @throws {SyntaxError} When it is not JSON: V8's error.
 * @throws {NumberTooLargeError} For a number such as `1e400`, or of over 4300 digits.
 * @throws {RangeError} When it has such numbers and is nested several thousand levels deep.
 */
export function parseJson(text: string, isLong: boolean = hasLongNumber(text)): unknown {
  return isLong ? parseExactly(text, isChanged) : JSON.parse(text);
}

/**
 * Parses JSON. Every whole number is a bigint.
 *
 * @throws As {@linkcode parseJson}.
 */
export function parseJsonBigints(text: string): unknown {
  return parseExactly(text, () => true);
}

/** Parses; whole numbers for which `isBig` holds are bigints. */
function parseExactly(text: string, isBig: (source: string, number: number) => boolean): unknown {
  let isTooLarge = false;
  const revive: Reviver = (_key, value, { source }) => {
    if (typeof value !== "number" || source === undefined) return value;
    if (source.length <= MAX_DIGITS && WHOLE.test(source)) {
      return isBig(source, value) ? BigInt(source) : value;
    }
    if (Number.isFinite(value)) return value;
    isTooLarge = true;
    return Infinity;
  };
  const value: unknown = JSON.parse(text, revive as (key: string, value: unknown) => unknown);
  if (!isTooLarge) return value;
  const place = placeName(findPath(value, (each) => each === Infinity) ?? []);
  throw new NumberTooLargeError(`The number at ${place} is too large`);
}

/** Whether a number has another value than its text, or is written as another one. */
function isChanged(source: string, number: number): boolean {
  if (Number.isSafeInteger(number)) return false;
  return String(number) !== source || BigInt(number) !== BigInt(source);
}

/**
 * Whether a text may have a number that a JavaScript number does not hold. Nearly all texts are
 * ruled out by two quick looks.
 */
export function hasLongNumber(text: string): boolean {
  return (hasManyDigits(text) || EXPONENT.test(text)) && LONG_NUMBER.test(text);
}

/** Whether there are 16 digits in a row. Reads every 16th character, and those before a digit. */
function hasManyDigits(text: string): boolean {
  for (let end = DIGITS - 1; end < text.length;) {
    let at = end;
    while (at > end - DIGITS && isDigit(text.charCodeAt(at))) at--;
    if (at === end - DIGITS) return true;
    end = at + DIGITS;
  }
  return false;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
