/**
 * A dead letter, as people and programs see it.
 *
 * @module
 */

import type { StoredEvent } from "../../engine/broker/broker.ts";
import { HEADER } from "../../engine/broker/headers.ts";

const COLUMNS = ["id", "failed at", "reason", "attempts", "error", "bytes"] as const;
const ERROR_WIDTH = 80;

/** The events as lines of a table with a head; empty for no events. */
export function table(events: readonly StoredEvent[]): string[] {
  if (events.length === 0) return [];
  const rows = [COLUMNS, ...events.map(cells)].map((row) => row.map(printable));
  const widths = COLUMNS.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0))
  );
  return rows.map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd()
  );
}

/** The event as one line of JSON, with all its properties and headers. */
export function jsonLine({ body, properties }: StoredEvent): string {
  const { headers = {}, ...rest } = properties;
  return JSON.stringify({
    id: properties.messageId ?? null,
    failed_at: headers[HEADER.failedAt] ?? null,
    reason: headers[HEADER.reason] ?? null,
    attempts: headers[HEADER.attempts] ?? null,
    bytes: body.length,
    properties: plain(rest),
    headers: plain(headers),
    ...bodyFields(body),
  });
}

function cells({ body, properties }: StoredEvent): string[] {
  const { headers = {}, messageId } = properties;
  const text = (name: string) => headers[name] === undefined ? "" : String(headers[name]);
  const error = [text(HEADER.errorName), text(HEADER.errorMessage)].filter(Boolean).join(": ");
  return [
    messageId ?? "",
    text(HEADER.failedAt),
    text(HEADER.reason),
    text(HEADER.attempts),
    shortened(error),
    String(body.length),
  ];
}

function shortened(text: string): string {
  const [line = ""] = text.split("\n", 1);
  return line.length > ERROR_WIDTH ? `${line.slice(0, ERROR_WIDTH - 1)}…` : line;
}

/** Replaces control characters, as an event must not control the terminal. */
function printable(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, "?");
}

function bodyFields(body: Uint8Array): { body: string } | { body_base64: string } {
  try {
    return { body: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body) };
  } catch {
    return { body_base64: new Uint8Array(body).toBase64() };
  }
}

/** The same in what JSON has: bytes as base64, large numbers as text. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return new Uint8Array(value).toBase64();
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
}
