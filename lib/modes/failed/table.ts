/**
 * Tables of dead letters and of their groups.
 *
 * @module
 */

import { counted } from "../../errors/counted.ts";
import { failureFacts } from "../../operations/failed/dead_letter.ts";
import type { FailedGroup } from "../../operations/failed/groups.ts";
import type { ListedEvent } from "../../operations/failed/list.ts";

const COLUMNS = ["handle", "failed at", "reason", "id"] as const;
const WIDTH = 80;
/** An id that is longer than the rest of a line is cut; `--json` shows all of it. */
const ID_WIDTH = 26;
const INDENT = "  ";
/** The most lines for the error of an event; `--json` shows all of it. */
const DETAIL_LINES = 4;

/**
 * The events as a table with a head, of at most 80 columns; empty for no events. Below
 * the line of each event, one to four lines say how often it ran, its size and its error.
 */
export function table(events: readonly ListedEvent[]): string[] {
  return withDetails(COLUMNS, events.map(cells), events.map((event) => wrapped(detailsOf(event))));
}

const GROUP_COLUMNS = ["group", "count", "reason", "first failure", "last failure"] as const;

/** The groups as a table; below the line of each, its error and the handle of one event. */
export function groupTable(groups: readonly FailedGroup[]): string[] {
  const rows = groups.map(({ fingerprint, count, reason, first_at, last_at }) => [
    fingerprint,
    String(count),
    cut(reason, 16),
    withoutMs(first_at),
    withoutMs(last_at),
  ]);
  const details = groups.map(({ name, message, sample }) => {
    const error = [name, message].filter(Boolean).join(": ");
    return [...wrapped(error), `${INDENT}such as ${sample}`];
  });
  return withDetails(GROUP_COLUMNS, rows, details);
}

function wrapped(text: string): string[] {
  if (text === "") return [];
  return wrap(printable(text), WIDTH - INDENT.length, DETAIL_LINES).map((line) => INDENT + line);
}

/** A table with a head, and some lines below each of its rows. */
function withDetails(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  details: readonly (readonly string[])[],
): string[] {
  if (rows.length === 0) return [];
  const all = [columns, ...rows].map((row) => row.map(printable));
  const widths = columns.map((_, column) =>
    Math.max(...all.map((row) => row[column]?.length ?? 0))
  );
  const [head = "", ...lines] = all.map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd()
  );
  return [head, ...lines.flatMap((line, index) => [line, ...details[index] ?? []])];
}

function cells({ handle, shown }: ListedEvent): string[] {
  const { reason, failedAt } = failureFacts(shown);
  const id = cut(shown.properties.messageId ?? "", ID_WIDTH);
  return [handle, cut(withoutMs(failedAt), 20), cut(reason, 16), id];
}

function withoutMs(time: string): string {
  return time.replace(/\.\d+Z$/, "Z");
}

function detailsOf({ shown }: ListedEvent): string {
  const { attempts, retried, name, message } = failureFacts(shown);
  const [error] = [name, message].filter(Boolean).join(": ").split("\n", 1);
  const counts = [
    ...(attempts > 0 ? [counted(attempts, "attempt")] : []),
    ...(retried > 0 ? [`put back ${counted(retried, "time")}`] : []),
    counted(shown.bytes, "byte"),
  ];
  return [counts.join(", "), error].filter(Boolean).join("; ");
}

/** A text in at most `most` lines, broken at blanks where it has some; the last one is cut. */
function wrap(text: string, width: number, most: number): string[] {
  if (most === 1 || text.length <= width) return [cut(text, width)];
  const blank = text.lastIndexOf(" ", width);
  const end = blank > 0 ? blank : width;
  return [text.slice(0, end), ...wrap(text.slice(end).trimStart(), width, most - 1)];
}

/** A text of at most `width` characters. */
export function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}

/** Replaces control characters, as an event must not control the terminal. */
export function printable(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, "?");
}
