/**
 * Checks a delivery before any code of a worker sees it: its size, encoding and headers.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Delivery } from "../broker/broker.ts";
import { type EventState, readState } from "../broker/event_state.ts";
import { headerBytes, MAX_ENGINE_HEADER_BYTES } from "../broker/headers.ts";
import { InvalidEvent } from "../settle/invalid_event.ts";

/** The largest event that is taken. */
export interface AcceptLimits {
  /** Bytes of a body. */
  readonly maxEventBytes: number;
  /** Bytes of the table of headers. */
  readonly maxHeaderBytes: number;
}

/** A delivery that may be handed on. */
export interface Accepted {
  readonly body: string;
  /** Bytes of the body. */
  readonly bytes: number;
  readonly state: EventState;
}

/** The encodings that are known, in lower case. */
const ENCODINGS: readonly string[] = ["", "utf-8", "utf8", "identity"];

/**
 * Checks a delivery and decodes its body.
 *
 * @throws {InvalidEvent} When it is too large, not UTF-8, encoded in a way we do not know, or has
 * headers that are too large or not what they should be; says which and where.
 */
export function accept(delivery: Delivery, limits: AcceptLimits): Accepted {
  const { properties } = delivery;
  const body = delivery.body ?? new Uint8Array();
  if (body.length > limits.maxEventBytes) {
    throw new InvalidEvent(
      `The body has ${body.length} bytes, more than ${limits.maxEventBytes} (MAX_EVENT_BYTES)`,
    );
  }
  if (properties.contentEncoding !== undefined) {
    checkEncoding(properties.contentEncoding);
  }
  if (properties.headers !== undefined) {
    checkHeaders(properties.headers, limits.maxHeaderBytes);
  }
  return { body: decode(body), bytes: body.length, state: stateOf(delivery) };
}

function checkEncoding(encoding: string): void {
  if (ENCODINGS.includes(encoding.toLowerCase())) return;
  throw new InvalidEvent(
    `The content encoding is ${JSON.stringify(encoding.slice(0, 100))}: ` +
      `only uncompressed UTF-8 is supported`,
  );
}

function checkHeaders(headers: Readonly<Record<string, unknown>>, maxBytes: number): void {
  if (maxBytes >= SMALL_TABLE_BYTES && areSurelySmall(headers)) return;
  const { publisher, engine } = headerBytes(headers);
  if (publisher > maxBytes) {
    throw new InvalidEvent(
      `The headers have ${publisher} bytes, more than ${maxBytes} (MAX_HEADER_BYTES)`,
    );
  }
  if (engine <= MAX_ENGINE_HEADER_BYTES) return;
  throw new InvalidEvent(
    `The headers x-pq-… have ${engine} bytes, more than ${MAX_ENGINE_HEADER_BYTES}: ` +
      `only the engine sets them`,
  );
}

/** An upper limit for the tables that {@linkcode areSurelySmall}. */
const SMALL_TABLE_BYTES = 16 * (1 + 255 + 5 + 3 * 128);

/** Whether there are only a few numbers and short texts, as nearly always; measuring costs more. */
function areSurelySmall(headers: Readonly<Record<string, unknown>>): boolean {
  let left = 16;
  for (const name in headers) {
    const value = headers[name];
    const isShort = typeof value === "number" || (typeof value === "string" && value.length < 128);
    if (!isShort || left-- === 0) return false;
  }
  return true;
}

function stateOf(delivery: Delivery): EventState {
  try {
    return readState(delivery.properties);
  } catch (error) {
    throw new InvalidEvent((error as Error).message);
  }
}

/**
 * The text of a body that encodes back to the very same bytes. Bytes that are not UTF-8 come out
 * as U+FFFD, so only a text that has one must be looked at again.
 */
function decode(body: Uint8Array): string {
  const buffer = Buffer.isBuffer(body)
    ? body
    : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const text = buffer.toString();
  if (!text.includes("\ufffd") || Buffer.from(text).equals(buffer)) return text;
  throw new InvalidEvent(`The body is not UTF-8: ${notUtf8(buffer, text)}`);
}

function notUtf8(buffer: Buffer, text: string): string {
  const again = Buffer.from(text);
  const at = buffer.findIndex((byte, index) => byte !== again[index]);
  return `byte ${at} is 0x${(buffer[at] ?? 0).toString(16).padStart(2, "0")}`;
}
