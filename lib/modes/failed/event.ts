/**
 * A dead letter, as people and programs see it.
 *
 * @module
 */

import type { EventProperties } from "../../engine/broker/broker.ts";
import { HEADER } from "../../engine/broker/headers.ts";
import { counted } from "../../errors/counted.ts";
import type { ShownEvent } from "./view.ts";

const COLUMNS = ["id", "failed at", "reason"] as const;
const WIDTH = 80;
/** The length of a UUID. A longer id is cut; `--json` shows all of it. */
const ID_WIDTH = 36;
const INDENT = "  ";
/** The most lines for the error of an event; `--json` shows all of it. */
const DETAIL_LINES = 4;

/**
 * The events as a table with a head, of at most 80 columns; empty for no events. Below
 * the line of each event, one to four lines say how often it ran, its size and its error.
 */
export function table(events: readonly ShownEvent[]): string[] {
  if (events.length === 0) return [];
  const rows = [COLUMNS, ...events.map(cells)].map((row) => row.map(printable));
  const widths = COLUMNS.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0))
  );
  const [head = "", ...lines] = rows.map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd()
  );
  const details = events.map((event) =>
    wrap(printable(detailsOf(event)), WIDTH - INDENT.length, DETAIL_LINES)
      .map((line) => INDENT + line)
  );
  return [head, ...lines.flatMap((line, index) => [line, ...details[index] ?? []])];
}

/** The event as one line of JSON, with all its properties and headers. */
export function jsonLine({ bytes, body, properties }: ShownEvent): string {
  const { headers = {}, ...rest } = properties;
  return JSON.stringify({
    id: properties.messageId ?? null,
    failed_at: headers[HEADER.failedAt] ?? null,
    reason: headers[HEADER.reason] ?? null,
    attempts: headers[HEADER.attempts] ?? null,
    bytes,
    properties: plain(rest),
    headers: plain(headers),
    ...body,
  });
}

function cells({ properties }: ShownEvent): string[] {
  const { headers, messageId = "" } = properties;
  const failedAt = textOf(headers, HEADER.failedAt).replace(/\.\d+Z$/, "Z");
  return [cut(messageId, ID_WIDTH), cut(failedAt, 20), cut(textOf(headers, HEADER.reason), 16)];
}

function detailsOf({ bytes, properties: { headers } }: ShownEvent): string {
  const attempts = Number(textOf(headers, HEADER.attempts));
  const [name, message] = [HEADER.errorName, HEADER.errorMessage].map((each) =>
    textOf(headers, each)
  );
  const [error] = [name, message].filter(Boolean).join(": ").split("\n", 1);
  const counts = [
    ...(attempts > 0 ? [counted(attempts, "attempt")] : []),
    counted(bytes, "byte"),
  ];
  return [counts.join(", "), error].filter(Boolean).join("; ");
}

function textOf(headers: EventProperties["headers"], name: string): string {
  return headers?.[name] === undefined ? "" : String(headers[name]);
}

/** A text in at most `most` lines, broken at blanks where it has some; the last one is cut. */
function wrap(text: string, width: number, most: number): string[] {
  if (most === 1 || text.length <= width) return [cut(text, width)];
  const blank = text.lastIndexOf(" ", width);
  const end = blank > 0 ? blank : width;
  return [text.slice(0, end), ...wrap(text.slice(end).trimStart(), width, most - 1)];
}

function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}

/** Replaces control characters, as an event must not control the terminal. */
function printable(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, "?");
}

/** The same in what JSON has: bytes as base64, large numbers as text. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return new Uint8Array(value).toBase64();
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
}
