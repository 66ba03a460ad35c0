/**
 * How many bytes headers take on the wire.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/** A table nested deeper cannot be encoded without using up the stack. */
const MAX_TABLE_DEPTH = 500;
/** The size of what is nested too deep: more than any table may have. */
const TOO_DEEP_BYTES = 2 ** 30;

/** An upper bound of the bytes that a table of headers takes; exact for texts. */
export function tableBytes(headers: Readonly<Record<string, unknown>>, depth = 0): number {
  let bytes = 4;
  for (const [name, value] of Object.entries(headers)) {
    bytes += 1 + Buffer.byteLength(name) + valueBytes(value, depth);
  }
  return bytes;
}

function valueBytes(value: unknown, depth: number): number {
  if (typeof value === "string") return 5 + Buffer.byteLength(value);
  if (value instanceof Uint8Array) return 5 + value.length;
  if (typeof value !== "object" || value === null) return 9;
  if (depth === MAX_TABLE_DEPTH) return TOO_DEEP_BYTES;
  if (!Array.isArray(value)) return 1 + tableBytes({ ...value }, depth + 1);
  return 5 + value.reduce((sum, item) => sum + valueBytes(item, depth + 1), 0);
}

/** The text, cut to at most `maxBytes` of UTF-8 without breaking a character. */
export function boundedText(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return bytes.toString();
  let end = maxBytes - 3;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString("utf8", 0, end) + "…";
}
