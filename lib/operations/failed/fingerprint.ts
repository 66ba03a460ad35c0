/**
 * Which dead letters failed for the same cause: those with one fingerprint.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { basename } from "node:path";
import type { FailureFacts } from "./dead_letter.ts";

const DIGITS = 8;
/** Stands for what differs from event to event. */
const SIGN = "#";

/** What differs from event to event, the longest first. */
const VARIABLE: readonly RegExp[] = [
  // Addresses of the web, and mail addresses.
  /\b[a-z][a-z0-9+.-]*:\/\/\S+/gi,
  /[\w.+-]+@[\w-]+(\.[\w-]+)*/g,
  // UUIDs, IPv4 and IPv6 with a port.
  /\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi,
  /\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b/g,
  /\[?(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,5}\]?(:\d+)?/gi,
  // Quoted texts; an apostrophe within a word is none.
  /"(?:[^"\\]|\\.)*"|`[^`]*`|“[^”]*”|(?<!\w)'(?:[^'\\]|\\.)*'(?!\w)/g,
  // Paths, with at least two slashes.
  /(?<![\w/])(?:~|\.{1,2})?(?:\/[\w.@%+-]+){2,}\/?/g,
  // Hex with a prefix, or with digits and letters, and numbers.
  /\b0x[0-9a-f]+\b/gi,
  /\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{6,}\b/gi,
  /[-+]?\d+([.,:]\d+)*/g,
];

/** A line of a stack: ` at name (file:line:column)` or ` at file:line:column`. */
const FRAME = /^\s*at (?:(?:async )?(.*?) \()?((?:file|https?):\/\/[^)]*?|\/[^)]*?):\d+:\d+\)?$/;
/** Code of the program itself and of packages. */
const NOT_WORKERS = /\/lib\/(engine|domain|worker\.ts|database\.ts)|\/node_modules\/|\/npm\//;

/**
 * The fingerprint: 8 hex digits, from the reason, the error's name, the first line of its message
 * without what differs from event to event, and the function and file of a worker that it came from.
 */
export function fingerprintOf(
  { reason, name, message, stack }: Pick<FailureFacts, "reason" | "name" | "message" | "stack">,
): string {
  const parts = [reason, name, normalized(message), originOf(stack)];
  return createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, DIGITS);
}

/** The first line of a message with `#` for numbers, ids, addresses, paths and quoted texts. */
export function normalized(message: string): string {
  const [line = ""] = message.split("\n", 1);
  return VARIABLE.reduce((text, pattern) => text.replace(pattern, SIGN), line).trim();
}

/** The function and the file of the first frame in a worker's code; `""` where there is none. */
export function originOf(stack: string): string {
  for (const line of stack.split("\n")) {
    const [, name = "", file] = FRAME.exec(line) ?? [];
    if (file === undefined || NOT_WORKERS.test(file)) continue;
    return `${name.replace(/ \[as .*\]$/, "")} ${basename(file)}`.trim();
  }
  return "";
}
