/**
 * The two formats of a log line: JSON for machines, Zulip's text for people.
 *
 * @module
 */

import type { LogLevel, LogRecord } from "@logtape/logtape";
import { redactText } from "../errors/redact.ts";
import { redactValue } from "../errors/redact_value.ts";
import { firstFrame } from "../system/frames.ts";

/** The context of a line, apart from its properties, which may have the same names. */
export interface LineContext {
  /** The queue it is about. */
  readonly queue?: string | undefined;
  /** The number given by `--worker_num`. */
  readonly worker_num?: number | undefined;
  /** The `message_id` of the event it is about. */
  readonly event?: string | undefined;
  /** Which run of the event it was, from 1. */
  readonly attempt?: number | undefined;
}

/** The parts of a log record of this program. */
export interface LineParts {
  /** The queue and event that the line is about. */
  readonly context: LineContext;
  /** The properties; a worker may pass any value. */
  readonly properties: object;
}

/** The property of a log record that holds its {@linkcode LineParts}. */
export const LINE_PARTS = "process_queue.line";

/** The most characters of a message that are kept. */
const MAX_MESSAGE = 16_384;
const RESERVED: readonly string[] = ["time", "level", "logger", "message"];
/** Zulip's log_level_abbrevs, padded to four characters as in its ZulipFormatter. */
const ABBREVIATIONS: Partial<Record<LogLevel, string>> = {
  debug: "DEBG",
  info: "INFO",
  warning: "WARN",
  error: "ERR ",
};
const COLORS: Partial<Record<LogLevel, number>> = {
  debug: 90,
  info: 32,
  warning: 33,
  error: 31,
};

/** The parts of a record: its message with all names filled in, and the rest, redacted. */
interface Line {
  readonly message: string;
  readonly context: LineContext;
  readonly properties: Record<string, unknown>;
}

/**
 * One line of JSON: `time` (ISO 8601, UTC, ms), `level`, `logger`, `message`, then `queue`,
 * `worker_num`, `event`, `attempt` where they are known, then the record's own properties. A property
 * with the name of one of those gets a `_` after its name.
 */
export function jsonLine(record: LogRecord): string {
  const { message, context, properties } = takeApart(record);
  const fields: Record<string, unknown> = {
    time: new Date(record.timestamp).toISOString(),
    level: record.level,
    logger: record.category.join("."),
    message,
    ...context,
  };
  for (const [name, value] of Object.entries(properties)) {
    fields[
      Object.hasOwn(fields, name) || RESERVED.includes(name) ? `${name}_` : name
    ] = value;
  }
  return JSON.stringify(fields) + "\n";
}

/**
 * A line as Zulip writes it, in local time: `2023-12-15 20:57:14.206 INFO [process_queue] text`.
 * Properties that are not in the text follow it as `name=value`. An error that is not in the text
 * follows with its stack on further lines, which are indented so that none looks like another record.
 * Control characters are escaped.
 *
 * @param isColored Whether the level is coloured for a terminal.
 */
export function textLine(record: LogRecord, isColored: boolean): string {
  const line = takeApart(record);
  const level = ABBREVIATIONS[record.level] ??
    record.level.slice(0, 4).toUpperCase().padEnd(4);
  const shownLevel = isColored ? `\x1b[${COLORS[record.level] ?? 35}m${level}\x1b[0m` : level;
  const head = `${localTime(record.timestamp)} ${shownLevel} [${record.category.join(".")}]`;
  const { error, ...others } = notInMessage(record, line);
  const pairs = Object.entries(others).filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${pairValue(value)}`);
  const text = `${line.message}${pairs.join("")}${error === undefined ? "" : errorLines(error)}`;
  return `${head} ${escapeControls(text)}\n`;
}

function takeApart(record: LogRecord): Line {
  const { context, properties: own } = partsOf(record);
  const known: Record<string, unknown> = { ...context };
  const properties: Record<string, unknown> = Object.fromEntries(
    Object.entries(redactValue(own) ?? {}).filter(([name, value]) => value !== known[name]),
  );
  const template = typeof record.rawMessage === "string"
    ? record.rawMessage
    : record.message.map(inWords).join("");
  const message = template.replace(
    /\{(\w+)\}/g,
    (placeholder, name: string) => {
      if (Object.hasOwn(properties, name)) return inWords(properties[name]);
      return Object.hasOwn(known, name) ? inWords(known[name]) : placeholder;
    },
  );
  return {
    message: redactText(message.slice(0, MAX_MESSAGE)),
    context,
    properties,
  };
}

function partsOf(record: LogRecord): LineParts {
  const parts = record.properties[LINE_PARTS] as LineParts | undefined;
  return parts ?? { context: {}, properties: record.properties };
}

/** The context and properties that are not in the message. */
function notInMessage(record: LogRecord, line: Line): Record<string, unknown> {
  const { queue, worker_num, ...event } = line.context;
  const others: Record<string, unknown> = { ...event, ...line.properties };
  if (queue !== undefined && !line.message.includes(queue)) {
    others["queue"] = queue;
  }
  if (worker_num !== undefined && worker_num !== 0) {
    others["worker_num"] = worker_num;
  }
  const frame = frameOf(others["error"]);
  for (const name of Object.keys(others)) {
    if (record.rawMessage.includes(`{${name}}`)) delete others[name];
  }
  // The message names the error, but not the place where it was thrown.
  return others["error"] === undefined && frame !== undefined ? { ...others, at: frame } : others;
}

function frameOf(error: unknown): string | undefined {
  return isError(error) ? firstFrame(error.stack) : undefined;
}

function inWords(value: unknown): string {
  if (typeof value === "string") return value;
  return isError(value) ? `${value.name}: ${value.message}` : JSON.stringify(value) ?? "undefined";
}

function pairValue(value: unknown): string {
  return typeof value === "string" && /^[\w.:/@+*-]+$/.test(value) ? value : JSON.stringify(value);
}

function errorLines(error: unknown): string {
  if (!isError(error)) return ` error=${pairValue(error)}`;
  return `\n${error.stack ?? inWords(error)}`;
}

function isError(
  value: unknown,
): value is { name: string; message: string; stack?: string } {
  return typeof value === "object" && value !== null &&
    "name" in value && typeof value.name === "string" &&
    "message" in value && typeof value.message === "string";
}

function escapeControls(text: string): string {
  return text.replace(/\p{Cc}/gu, (control) => {
    if (control === "\n") return "\n  ";
    if (control === "\t") return control;
    return `\\x${control.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}

function localTime(timestamp: number): string {
  const time = new Date(timestamp);
  const two = (value: number) => String(value).padStart(2, "0");
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  return `${date} ${clock}.${String(time.getMilliseconds()).padStart(3, "0")}`;
}
