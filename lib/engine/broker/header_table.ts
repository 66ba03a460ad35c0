/**
 * How many bytes headers take on the wire, and how they are made to take fewer.
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

/** The header that names those of the publisher that were dropped. */
export const DROPPED_HEADERS = "x-pq-dropped-headers";
/** The bytes of that header without its value. */
const NAME_BYTES = 1 + DROPPED_HEADERS.length + 5;

/**
 * The headers without the publisher's largest, as many as are too much, whose names are kept in
 * {@linkcode DROPPED_HEADERS}.
 *
 * @param maxBytes What the table may take.
 * @param maxNamesBytes What the names of dropped headers may take.
 */
export function withoutLargest(
  headers: Readonly<Record<string, unknown>>,
  maxBytes: number,
  maxNamesBytes: number,
): Record<string, unknown> {
  if (tableBytes(headers) <= maxBytes) return headers;
  const { [DROPPED_HEADERS]: before, ...kept }: Record<string, unknown> = headers;
  const names: unknown[] = before === undefined ? [] : [before];
  let bytes = tableBytes(kept);
  let namesBytes = Buffer.byteLength(String(before ?? ""));
  for (const field of publishersLargestFirst(kept)) {
    if (bytes + NAME_BYTES + Math.min(namesBytes, maxNamesBytes) <= maxBytes) break;
    delete kept[field.name];
    names.push(field.name);
    bytes -= field.bytes;
    namesBytes += 1 + Buffer.byteLength(field.name);
  }
  return { ...kept, [DROPPED_HEADERS]: boundedText(names.join(" "), maxNamesBytes) };
}

function publishersLargestFirst(
  headers: Readonly<Record<string, unknown>>,
): { readonly name: string; readonly bytes: number }[] {
  return Object.keys(headers).filter((name) => !name.startsWith("x-pq-"))
    .map((name) => ({ name, bytes: tableBytes({ [name]: headers[name] }) - 4 }))
    .sort((a, b) => b.bytes - a.bytes);
}
