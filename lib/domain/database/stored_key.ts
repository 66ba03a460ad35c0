/**
 * Keys that an index of every database takes.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { storableText } from "./text.ts";

/** The most UTF-16 units of a key: an index of PostgreSQL takes about 2,700 bytes. */
const MAX_KEY_LENGTH = 500;

/** A key as it is stored: one that is too long for an index by its SHA-256. */
export function storedKey(key: string): string {
  const stored = storableText(key);
  if (stored.length <= MAX_KEY_LENGTH) return stored;
  return `sha256:${createHash("sha256").update(stored).digest("hex")}`;
}
