/**
 * Events from a stream of bytes: one JSON object a line.
 *
 * @module
 */

import { NumberTooLargeError, parseJson } from "../../json/parse_json.ts";

/** One line that is not empty. */
export interface Line {
  /** Counted from 1, empty ones included. */
  readonly number: number;
  /** Without blanks at its ends. */
  readonly text: string;
  /** Bytes of the stream up to the end of this line. */
  readonly offset: number;
}

/** A line that is no event. */
export class LineError extends Error {
  override readonly name = "LineError";
}

const NEWLINE = 10;

/**
 * The lines that are not empty.
 *
 * @param maxBytes The longest a line may be.
 * @throws {LineError} For a line that is longer, or not UTF-8; the message has its number.
 */
export async function* readLines(
  input: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Line> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let number = 0;
  let offset = 0;
  for await (const bytes of splitLines(input, maxBytes)) {
    number += 1;
    offset += bytes.length + 1;
    if (bytes.length > maxBytes) throw tooLong(number, maxBytes);
    const text = decode(decoder, bytes, number).trim();
    if (text !== "") yield { number, text, offset };
  }
}

/**
 * Parses an event.
 *
 * @throws {LineError} When it is not a JSON object; the message says why, and shows none of it.
 */
export function parseEvent(text: string): Record<string, unknown> {
  let event: unknown;
  try {
    event = parseJson(text);
  } catch (error) {
    if (error instanceof NumberTooLargeError) throw new LineError(`not an event: ${error.message}`);
    throw new LineError(`not JSON: ${reason(error)}`);
  }
  if (isObject(event)) return event;
  throw new LineError(`not a JSON object: an event looks like {"user_profile_id": 1}`);
}

/** Whole lines; one that is too long is handed out before it has ended. */
async function* splitLines(
  input: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of input) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      yield joined([...parts, chunk.subarray(start, end)]);
      [parts, length, start] = [[], 0, end + 1];
    }
    parts.push(chunk.slice(start));
    length += chunk.length - start;
    if (length > maxBytes) break;
  }
  if (length > 0) yield joined(parts);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  if (first && parts.length === 1) return first;
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function decode(decoder: TextDecoder, bytes: Uint8Array, number: number): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new LineError(`line ${number}: not UTF-8: convert the file, as with iconv -t UTF-8`);
  }
}

function tooLong(number: number, maxBytes: number): LineError {
  return new LineError(
    `line ${number}: longer than ${maxBytes} bytes: MAX_EVENT_BYTES sets how long an event may be`,
  );
}

/** The parser's message without the piece of the text that it shows. */
function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/, (\.\.\.)?".*$/s, "");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
