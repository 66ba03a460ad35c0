/**
 * The fingerprint of a failure: failures with the same cause have the same one.
 *
 * @module
 */

import type { ErrorData } from "./error_data.ts";

/** Variable parts of a message, each with the sign that stands for it. The order matters. */
const VARIABLE: readonly (readonly [RegExp, string])[] = [
  // An apostrophe within a word quotes nothing.
  [/"(?:[^"\\]|\\.)*"|`[^`]*`|“[^”]*”|(?<!\w)'(?:[^'\\]|\\.)*'(?!\w)/g, "<text>"],
  [/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, "<id>"],
  [/\b[a-z][a-z0-9+.-]{0,20}:\/\/\S+/gi, "<url>"],
  [/(?<![\w.+-])[\w.+-]{1,64}@[\w.-]+\w/g, "<address>"],
  // IPv4 and IPv6, with a port or without.
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g, "<address>"],
  [/(?<![\w:])\[?(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,5}\]?(?::\d+)?/gi, "<address>"],
  [/(?<![\w/])(?:~|\.{0,2})(?:\/[\w.@%+-]+)+\/?/g, "<path>"],
  [/\b(?:0x[0-9a-f]+|(?=[a-f]*[0-9])[0-9a-f]{8,})\b/gi, "<hex>"],
  [/(?:(?<!\w)[-+])?\d+(?:[.,:]\d+)*/g, "<number>"],
];

/** Code of the program itself and of packages. */
const NOT_WORKERS = /\/lib\/(?:engine|domain|worker\.ts|database\.ts)|\/node_modules\/|\/npm\//;

/** The most characters of a message that count. */
const MOST = 500;

/** What a failure is known by. */
export interface Failure {
  /** Why the event was given up, such as `error` or `timeout`. */
  readonly reason: string;
  readonly error: Pick<ErrorData, "name" | "message" | "stack">;
}

/**
 * 8 hex digits over the reason, the error's name, the first line of its message without what differs
 * from event to event, and the function and file of the first frame in a worker's code.
 */
export function fingerprint({ reason, error }: Failure): string {
  return hash([reason, error.name, pattern(error.message), frameOf(error.stack)].join("\n"));
}

/** The first line of a message, with signs for numbers, ids, quoted texts, addresses and paths. */
export function pattern(message: string): string {
  let text = (message.split("\n", 1)[0] ?? "").slice(0, MOST);
  for (const [variable, sign] of VARIABLE) text = text.replace(variable, sign);
  return text;
}

/** The function and file of the first frame that is not of the program, a package or the runtime. */
function frameOf(stack: string | undefined): string {
  for (const line of stack?.split("\n") ?? []) {
    const [, called = "", file] =
      /^\s+at (?:(.+?) \()?(?:async )?([^():]*(?::\/\/)?[^():]+):\d+:\d+\)?$/
        .exec(line) ?? [];
    if (file === undefined || /^(?:ext|node|deno):/.test(file)) continue;
    if (NOT_WORKERS.test(file)) continue;
    return `${called.replace(/^async | \[as .*\]$/g, "")} ${file.slice(file.lastIndexOf("/") + 1)}`;
  }
  return "";
}

/** FNV-1a, 32 bits. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    value = Math.imul(value ^ byte, 0x01000193);
  }
  return (value >>> 0).toString(16).padStart(8, "0");
}
