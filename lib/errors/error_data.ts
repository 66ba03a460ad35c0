/**
 * Errors as plain data.
 *
 * @module
 */

import { type Hide, HIDE_NOTHING } from "./hide.ts";
import { redactText } from "./redact.ts";
import { redactValue } from "./redact_value.ts";

/** An error as plain data, so that it can cross threads and processes. Bounded and redacted. */
export interface ErrorData {
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
  readonly code?: string | undefined;
  /** The events whose handler did not await the promise that was rejected. */
  readonly events?: readonly string[];
  /** The tags that the handler set by `ctx.report`. */
  readonly tags?: Readonly<Record<string, string>>;
  /** The breadcrumbs that the handler left by `ctx.report`. */
  readonly breadcrumbs?: readonly string[];
}

/** The most characters of a name or code that are kept. */
const MAX_NAME = 200;
/** The most bytes of a message, in UTF-8, that are kept. */
const MAX_MESSAGE = 4096;
/** The most bytes kept of a stack's first line, and of its frames with its causes. */
const MAX_STACK_PART = 4096;
/** The most causes, and members of an AggregateError, that are shown. */
const MAX_CAUSES = 5;

const UNREADABLE = "[unreadable]";
const FIRST_FRAME = "\n    at ";

const encoder = new TextEncoder();
const scratch = new Uint8Array(MAX_MESSAGE);

/**
 * Describes anything that was thrown: name (at most 200 characters), message (4 KB), stack (8 KB,
 * with its causes) and code, if it is a string or a number. All are redacted as by
 * {@linkcode redactText}, and without colours.
 *
 * An error without a name of its own gets the name of its class. The messages of an AggregateError's
 * members are added to its own. A value that is no error becomes the message. Never throws, whatever
 * the value's getters do.
 *
 * @param hide Replaces secrets before anything is cut.
 */
export function errorData(error: unknown, hide: Hide = HIDE_NOTHING): ErrorData {
  if (!isObject(error)) {
    return { name: "Error", message: shown(primitiveMessage(error), MAX_MESSAGE, hide) };
  }
  const data: { name: string; message: string; stack?: string; code?: string } = {
    name: shown(nameOf(error), MAX_NAME, hide),
    message: shown(messageOf(error, hide), MAX_MESSAGE, hide),
  };
  const stack = stackOf(error, hide);
  if (stack !== undefined) data.stack = stack;
  const code = read(error, "code");
  if (typeof code === "string" || typeof code === "number") {
    data.code = shown(String(code), MAX_NAME, hide);
  }
  return data;
}

/** The error with secrets replaced in all its texts. */
export function hiddenError(error: ErrorData, hide: Hide): ErrorData {
  const { name, message, stack, code, tags, breadcrumbs } = error;
  return {
    ...error,
    name: hide(name),
    message: hide(message),
    ...(stack === undefined ? {} : { stack: hide(stack) }),
    ...(code === undefined ? {} : { code: hide(code) }),
    ...(tags === undefined ? {} : { tags: hiddenTags(tags, hide) }),
    ...(breadcrumbs === undefined ? {} : { breadcrumbs: breadcrumbs.map(hide) }),
  };
}

function hiddenTags(tags: Readonly<Record<string, string>>, hide: Hide): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tags).map(([name, value]) => [hide(name), hide(value)]),
  );
}

/** An error with the name, message and stack of the data, but neither the class nor the code. */
export function errorFrom({ name, message, stack }: ErrorData): Error {
  const error = new Error(message);
  error.name = name;
  if (stack !== undefined) error.stack = stack;
  return error;
}

function primitiveMessage(value: unknown): string {
  if (value === "") return "an empty string was thrown";
  return typeof value === "string" ? value : `${String(value)} was thrown`;
}

function nameOf(error: object): string {
  const name = read(error, "name");
  if (isText(name) && name !== "Error") return name;
  const className = read(read(error, "constructor"), "name");
  return isText(className) && className !== "Object" ? className : "Error";
}

function messageOf(error: object, hide: Hide): string {
  const message = read(error, "message");
  const members = memberMessages(error, hide);
  if (members !== "") {
    return isText(message) ? `${message} (${members})` : members;
  }
  if (typeof message === "string") return message;
  return safely(() => JSON.stringify(redactValue(error))) ?? UNREADABLE;
}

function memberMessages(error: object, hide: Hide): string {
  const errors = read(error, "errors");
  if (!safely(() => Array.isArray(errors))) return "";
  const list = safely(() => (errors as unknown[]).slice(0, MAX_CAUSES)) ?? [];
  return list.map((member) => isObject(member) ? oneLine(member, hide) : primitiveMessage(member))
    .join("; ");
}

function oneLine(error: object, hide: Hide): string {
  const message = read(error, "message");
  const text = typeof message === "string" ? hide(message).slice(0, 500) : UNREADABLE;
  return `${nameOf(error)}: ${text}`;
}

/** Bounds the first line and the frames separately, so that a long message leaves the frames. */
function stackOf(error: object, hide: Hide): string | undefined {
  const given = read(error, "stack");
  if (typeof given !== "string") return undefined;
  const stack = hide(given);
  const at = stack.indexOf(FIRST_FRAME);
  const head = at === -1 ? stack : stack.slice(0, at);
  const frames = at === -1 ? "" : stack.slice(at);
  return shown(head, MAX_STACK_PART, hide) +
    shown(frames + causesOf(error, hide), MAX_STACK_PART, hide);
}

function causesOf(error: object, hide: Hide): string {
  let text = "";
  let cause = read(error, "cause");
  for (let depth = 0; cause !== undefined && depth < MAX_CAUSES; depth++) {
    const stack = read(cause, "stack");
    text += "\nCaused by: " +
      (isText(stack) ? stack : isObject(cause) ? oneLine(cause, hide) : primitiveMessage(cause));
    cause = read(cause, "cause");
  }
  return text;
}

/** The text, redacted and cut to `bytes`. A huge text is cut first, so that it costs little. */
function shown(text: string, bytes: number, hide: Hide): string {
  return cut(redactText(withoutColours(hide(text).slice(0, 4 * bytes))), bytes);
}

/** The text without colours, which Deno uses in errors about modules everywhere. */
function withoutColours(text: string): string {
  // deno-lint-ignore no-control-regex -- colours start with the escape character
  return text.replaceAll(/\x1b\[[0-9;]*m/g, "");
}

function cut(text: string, bytes: number): string {
  const start = text.slice(0, bytes);
  const { read: fitting } = encoder.encodeInto(
    start,
    scratch.subarray(0, bytes),
  );
  if (fitting === text.length) return text;
  const { read: kept } = encoder.encodeInto(
    start,
    scratch.subarray(0, bytes - 3),
  );
  return start.slice(0, kept) + "…";
}

function read(value: unknown, key: string): unknown {
  if (!isObject(value)) return undefined;
  return safely(() => (value as Record<string, unknown>)[key]);
}

function safely<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) ||
    typeof value === "function";
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
