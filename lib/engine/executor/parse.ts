/**
 * Turns a body into the event that a worker takes. This runs code of the worker, its schema, so it
 * belongs to the executor.
 *
 * @module
 */

import type { z } from "zod";
import { visible } from "../../errors/visible.ts";
import { hasLongNumber, NumberTooLargeError, parseJson } from "../../json/parse_json.ts";
import { InvalidEvent } from "../settle/invalid_event.ts";
import { validate } from "./validate.ts";

/** An event that fits, with the attempt that its body claims. */
export interface Parsed {
  readonly event: unknown;
  /** 1 for the first run; more when the body's `failed_tries` says so, as Zulip's retries do. */
  readonly attempt: number;
}

const TOO_DEEP_FOR_NUMBERS =
  "The body is nested too deep for a number of 16 digits or more (MAX_EVENT_DEPTH)";

/**
 * Parses and validates a body.
 *
 * @param body The text of the body.
 * @param schema The worker's schema.
 * @param maxDepth How deep arrays and objects may be nested.
 * @throws {InvalidEvent} When it is not JSON, too deep, or does not fit; says which and where.
 */
export function parseEvent(body: string, schema: z.ZodType, maxDepth: number): Parsed {
  if (body.length > 2 * maxDepth) checkDepth(body, maxDepth);
  const isLong = hasLongNumber(body);
  const value = parse(body, isLong);
  const failedTries = (value as { failed_tries?: unknown } | null)?.failed_tries;
  const attempt = failedTries === undefined ? 1 : triesOf(failedTries) + 1;
  const claimed = failedTries === undefined ? value : withoutTries(value);
  return { event: validate(claimed, schema, { text: body, isLong }), attempt };
}

function parse(body: string, isLong: boolean): unknown {
  try {
    return parseJson(body, isLong);
  } catch (error) {
    if (error instanceof NumberTooLargeError) {
      throw new InvalidEvent(error.message, "A number of the body is too large");
    }
    if (error instanceof RangeError) {
      throw new InvalidEvent(TOO_DEEP_FOR_NUMBERS, TOO_DEEP_FOR_NUMBERS);
    }
    const message = `The body is not JSON: ${visible(withoutQuote(error))}`;
    throw new InvalidEvent(message, "The body is not JSON");
  }
}

function withoutTries(value: unknown): unknown {
  const { failed_tries: _, ...event } = value as Record<string, unknown>;
  return event;
}

/** V8's message without the piece of the body that it quotes. */
function withoutQuote(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/, (\.\.\.)?"[^]*?"?(\.\.\. )?is not valid JSON/, "");
}

function triesOf(value: unknown): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  const message =
    `The body's failed_tries must be a whole number from 0, and is of type ${typeof value}`;
  throw new InvalidEvent(message, message);
}

/** Throws when brackets outside strings are nested too deep; a body without many is not scanned. */
function checkDepth(body: string, maxDepth: number): void {
  let depth = 0;
  for (let i = 0; i < body.length; i++) {
    const code = body.charCodeAt(i);
    if (code === 0x22) i = endOfString(body, i);
    else if (code === 0x5b || code === 0x7b) depth++;
    else if (code === 0x5d || code === 0x7d) depth--;
    if (depth > maxDepth) {
      const message = `The body is nested more than ${maxDepth} deep (MAX_EVENT_DEPTH)`;
      throw new InvalidEvent(message, message);
    }
  }
}

function endOfString(body: string, start: number): number {
  let i = start + 1;
  while (i < body.length) {
    const code = body.charCodeAt(i);
    if (code === 0x22) return i;
    i += code === 0x5c ? 2 : 1;
  }
  return i;
}
