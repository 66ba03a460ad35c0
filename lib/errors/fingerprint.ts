/**
 * The fingerprint of a failure: failures with the same cause have the same one.
 *
 * @module
 */

import type { ErrorData } from "./error_data.ts";

/** Variable parts of a message. */
interface Variable {
  readonly pattern: RegExp;
  /** What stands for it. */
  readonly sign: string;
  /** Characters without any of which a text has none: to look for them costs a tenth. */
  readonly marks: readonly string[];
}

/** The order matters. */
const VARIABLES: readonly Variable[] = [
  {
    // An apostrophe within a word quotes nothing.
    pattern: /"(?:[^"\\]|\\.)*"|`[^`]*`|“[^”]*”|(?<!\w)'(?:[^'\\]|\\.)*'(?!\w)/g,
    sign: "<text>",
    marks: ['"', "`", "“", "'"],
  },
  {
    pattern: /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi,
    sign: "<id>",
    marks: ["-"],
  },
  { pattern: /\b[a-z][a-z0-9+.-]{0,20}:\/\/\S+/gi, sign: "<url>", marks: ["://"] },
  { pattern: /(?<![\w.+-])[\w.+-]{1,64}@[\w.-]+\w/g, sign: "<address>", marks: ["@"] },
  // IPv4 and IPv6, with a port or without.
  { pattern: /\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g, sign: "<address>", marks: ["."] },
  {
    pattern: /(?<![\w:])\[?(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,5}\]?(?::\d+)?/gi,
    sign: "<address>",
    marks: [":"],
  },
  { pattern: /(?<![\w/])(?:~|\.{0,2})(?:\/[\w.@%+-]+)+\/?/g, sign: "<path>", marks: ["/"] },
  { pattern: /\b(?:0x[0-9a-f]+|(?=[a-f]*[0-9])[0-9a-f]{8,})\b/gi, sign: "<hex>", marks: [] },
  { pattern: /(?:(?<!\w)[-+])?\d+(?:[.,:]\d+)*/g, sign: "<number>", marks: [] },
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
  for (const { pattern, sign, marks } of VARIABLES) {
    if (marks.length === 0 || marks.some((mark) => text.includes(mark))) {
      text = text.replace(pattern, sign);
    }
  }
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

/** FNV-1a, 32 bits, over UTF-8. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x80) return hex(hashBytes(value, text.slice(i)));
    value = Math.imul(value ^ code, 0x01000193);
  }
  return hex(value);
}

function hashBytes(start: number, text: string): number {
  return new TextEncoder().encode(text)
    .reduce((value, byte) => Math.imul(value ^ byte, 0x01000193), start);
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, "0");
}
