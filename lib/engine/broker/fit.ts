/**
 * Properties cut to the size that a connection can carry: all of them travel in one frame.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { EventProperties } from "./broker.ts";
import { HEADER } from "./headers.ts";
import { boundedText, tableBytes, withoutLargest } from "./header_table.ts";

/** Bytes of a content header beside its properties: frame, class, weight, size, flags and mode. */
const FIXED_BYTES = 8 + 14 + 1;
/** Bytes that are left of an error's text. */
const LEAST_TEXT_BYTES = 64;
/** Bytes that the names of dropped headers may take. */
const MAX_NAMES_BYTES = 256;

/**
 * The properties, cut to a frame: first the stack and the message of an error, then the publisher's
 * headers, the largest first, whose names are kept in a header.
 *
 * @param frameMax The most bytes of a frame.
 */
export function fitted(properties: EventProperties, frameMax: number): EventProperties {
  const excess = frameBytes(properties) - frameMax;
  if (excess <= 0 || properties.headers === undefined) return properties;
  const most = tableBytes(properties.headers) - excess;
  return {
    ...properties,
    headers: withoutLargest(withShortTexts(properties.headers, most), most, MAX_NAMES_BYTES),
  };
}

function frameBytes({ headers, timestamp, priority, ...texts }: EventProperties): number {
  const textBytes = Object.values(texts).reduce<number>(
    (sum, text) => sum + (typeof text === "string" ? 1 + Buffer.byteLength(text) : 0),
    0,
  );
  return FIXED_BYTES + textBytes + (headers === undefined ? 0 : tableBytes(headers)) +
    (timestamp === undefined ? 0 : 8) + (priority === undefined ? 0 : 1);
}

type Headers = Readonly<Record<string, unknown>>;

function withShortTexts(headers: Headers, maxBytes: number): Headers {
  let cut = headers;
  for (const name of [HEADER.errorStack, HEADER.errorMessage]) {
    const excess = tableBytes(cut) - maxBytes;
    const text = cut[name];
    if (excess <= 0 || typeof text !== "string") continue;
    const bytes = Math.max(LEAST_TEXT_BYTES, Buffer.byteLength(text) - excess);
    cut = { ...cut, [name]: boundedText(text, bytes) };
  }
  return cut;
}
