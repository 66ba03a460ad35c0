/**
 * A scan of dead letters: their groups, and light rows of the newest to show and to page through,
 * without asking the broker again.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { HEADER } from "../../engine/broker/headers.ts";
import type { StoredEvent } from "../../engine/broker/broker.ts";
import { failureFacts } from "./dead_letter.ts";
import { type FailedGroup, Grouping } from "./groups.ts";
import { listed } from "./list.ts";
import type { View } from "./view.ts";

/** A dead letter in a list. Times are ISO 8601, unknown is `null` or `""`. */
export interface FailedRow {
  readonly handle: string;
  readonly id: string | null;
  readonly fingerprint: string;
  readonly failed_at: string | null;
  readonly first_failed_at: string | null;
  readonly reason: string;
  readonly name: string;
  readonly message: string;
  readonly attempts: number;
  readonly retried: number;
  readonly bytes: number;
  /** The beginning of the body, without secrets. */
  readonly body_start: string;
}

/** Which rows are wanted. */
export interface RowQuery {
  readonly group?: string | undefined;
  readonly reason?: string | undefined;
  /** A part of the error, the body's start, the handle or the id, in any case. */
  readonly error?: string | undefined;
  /** Seconds since the failure. */
  readonly older_than?: number | undefined;
  readonly newer_than?: number | undefined;
  /** The handle of the row before. */
  readonly after?: string | undefined;
  readonly limit: number;
  readonly order: "newest" | "oldest";
}

/** A page of a scan. */
export interface FailedPage {
  readonly queue: string;
  readonly scanned_at: string;
  readonly scanned: number;
  readonly of: number;
  readonly complete: boolean;
  readonly oldest_at: string | null;
  readonly newest_at: string | null;
  /** All groups, the largest first. */
  readonly groups: readonly FailedGroup[];
  /** Events of further groups. */
  readonly others: number;
  /** By fingerprint: the failures of the last 30 minutes, one number a minute, the last is now. */
  readonly trend: Readonly<Record<string, readonly number[]>>;
  readonly reasons: Readonly<Record<string, number>>;
  /** How many of the rows are meant. */
  readonly matched: number;
  /** How many rows are kept. */
  readonly kept: number;
  readonly events: readonly FailedRow[];
  /** Where the next page begins; `null`: there is none. */
  readonly next: string | null;
}

/** How far a scan came. */
export interface ScanExtent {
  readonly scanned: number;
  readonly of: number;
  readonly complete: boolean;
}

/** The most rows that are kept: the newest. */
const MOST_ROWS = 10_000;
/** The most characters of texts of all rows. */
const MOST_CHARACTERS = 16_000_000;
const MOST_BODY = 1000;
const MOST_MESSAGE = 500;
/** The most characters of a reason, a name and a time: other programs may write any. */
const MOST_WORD = 200;
/** The most reasons, and groups with a trend. */
const MOST_KINDS = 1000;
const MINUTE_MS = 60_000;
const TREND_MINUTES = 30;

/** What a scan has found. */
export class Scan {
  /** The queue of the events. */
  readonly queue: string;
  readonly #view: View;
  readonly #grouping: Grouping;
  readonly #reasons = new Map<string, number>();
  readonly #trend = new Map<string, number[]>();
  readonly #startedAt: number;
  #rows: FailedRow[] = [];
  #characters = 0;
  #extent: ScanExtent = { scanned: 0, of: 0, complete: false };
  #oldest: string | null = null;
  #newest: string | null = null;

  /** @param view Hides secrets. @param now ms since 1970 */
  constructor(queue: string, view: View, now: number) {
    this.queue = queue;
    this.#view = view;
    this.#grouping = new Grouping(view);
    this.#startedAt = now;
  }

  /** Adds an event; they come the oldest first. */
  add(event: StoredEvent): void {
    const row = rowOf(event, this.#view);
    this.#grouping.add(event);
    this.#count(row.reason);
    this.#noteTime(row);
    this.#rows.push(row);
    this.#characters += lengthOf(row);
    if (this.#isFull) this.#dropOldest();
  }

  /** Notes how far it came. */
  end(extent: ScanExtent): void {
    this.#extent = extent;
  }

  /** How far it came, and how many groups there are. */
  get result(): ScanExtent & { readonly groups: number } {
    return { ...this.#extent, groups: this.#grouping.result().groups.length };
  }

  /**
   * Some rows.
   *
   * @param now ms since 1970
   * @returns `undefined` where `after` names no row.
   */
  page(query: RowQuery, now: number): FailedPage | undefined {
    const ordered = query.order === "newest" ? this.#rows.toReversed() : this.#rows;
    const found = ordered.filter(rowMatcher(query, now));
    const start = query.after === undefined ? 0 : positionAfter(found, query.after);
    if (start === undefined) return undefined;
    const events = found.slice(start, start + query.limit);
    const isLast = start + events.length >= found.length;
    return {
      queue: this.queue,
      scanned_at: new Date(this.#startedAt).toISOString(),
      ...this.#extent,
      oldest_at: this.#oldest,
      newest_at: this.#newest,
      ...this.#grouping.result(),
      trend: Object.fromEntries(this.#trend),
      reasons: Object.fromEntries(this.#reasons),
      matched: found.length,
      kept: this.#rows.length,
      events,
      next: isLast ? null : events.at(-1)?.handle ?? null,
    };
  }

  /** The rows beside an event, the newest first, and how many are in its group. */
  beside(handle: string) {
    const at = this.#rows.findIndex((row) => row.handle === handle);
    const { fingerprint } = this.#rows[at] ?? {};
    const group = this.#grouping.result().groups.find((one) => one.fingerprint === fingerprint);
    return {
      previous: at < 0 ? null : this.#rows[at + 1]?.handle ?? null,
      next: at < 0 ? null : this.#rows[at - 1]?.handle ?? null,
      group_count: group?.count ?? null,
    };
  }

  get #isFull(): boolean {
    return this.#rows.length > MOST_ROWS || this.#characters > MOST_CHARACTERS;
  }

  /** A tenth at once, as each time copies the others. */
  #dropOldest(): void {
    const dropped = this.#rows.splice(0, Math.max(1, this.#rows.length / 10));
    for (const row of dropped) this.#characters -= lengthOf(row);
  }

  /** Events of other programs may have any number of reasons. */
  #count(reason: string): void {
    const name = this.#reasons.size < MOST_KINDS || this.#reasons.has(reason) ? reason : "";
    this.#reasons.set(name, (this.#reasons.get(name) ?? 0) + 1);
  }

  #noteTime({ failed_at: at, fingerprint }: FailedRow): void {
    if (at === null) return;
    if (this.#oldest === null || at < this.#oldest) this.#oldest = at;
    if (this.#newest === null || at > this.#newest) this.#newest = at;
    const minutes = Math.floor((this.#startedAt - Date.parse(at)) / MINUTE_MS);
    if (!(minutes < TREND_MINUTES)) return;
    const known = this.#trend.get(fingerprint);
    if (!known && this.#trend.size >= MOST_KINDS) return;
    const counts = known ?? Array<number>(TREND_MINUTES).fill(0);
    const index = TREND_MINUTES - 1 - Math.max(0, minutes);
    counts[index] = (counts[index] ?? 0) + 1;
    this.#trend.set(fingerprint, counts);
  }
}

/** A dead letter as a row. */
export function rowOf(event: StoredEvent, view: View): FailedRow {
  const { handle, fingerprint, shown } = listed(event, view);
  const { reason, name, message, attempts, retried } = failureFacts(shown);
  const headers = shown.properties.headers ?? {};
  return {
    handle,
    id: shown.properties.messageId ?? null,
    fingerprint,
    failed_at: textOf(headers[HEADER.failedAt]),
    first_failed_at: textOf(headers[HEADER.firstFailedAt]),
    reason: startOf(reason, MOST_WORD),
    name: startOf(name, MOST_WORD),
    message: startOf(message, MOST_MESSAGE),
    attempts,
    retried,
    bytes: shown.bytes,
    body_start: "body" in shown.body ? startOf(shown.body.body, MOST_BODY) : "",
  };
}

/** The start of a text, as a copy: a part of a string keeps all of it in memory. */
function startOf(text: string, most: number): string {
  if (text.length <= most) return text;
  return Buffer.from(`${text.slice(0, most - 1)}…`).toString();
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? startOf(value, MOST_WORD) : null;
}

function lengthOf({ body_start, message }: FailedRow): number {
  return body_start.length + message.length;
}

function rowMatcher(query: RowQuery, now: number): (row: FailedRow) => boolean {
  const { group, reason, older_than = -Infinity, newer_than = Infinity } = query;
  const text = query.error?.toLowerCase();
  const isTimed = query.older_than !== undefined || query.newer_than !== undefined;
  return (row) => {
    if (group !== undefined && row.fingerprint !== group) return false;
    if (reason !== undefined && row.reason !== reason) return false;
    if (text !== undefined && !searchedIn(row).toLowerCase().includes(text)) return false;
    if (!isTimed) return true;
    const seconds = (now - Date.parse(row.failed_at ?? "")) / 1000;
    return seconds >= older_than && seconds <= newer_than;
  };
}

/** Decides whether a dead letter's row has a text, as a search in the list does. */
export function containing(text: string, view: View): (event: StoredEvent) => boolean {
  const wanted = text.toLowerCase();
  return (event) => searchedIn(rowOf(event, view)).toLowerCase().includes(wanted);
}

function searchedIn({ name, message, body_start, handle, id }: FailedRow): string {
  return `${name}: ${message}\n${body_start}\n${handle}\n${id ?? ""}`;
}

function positionAfter(rows: readonly FailedRow[], handle: string): number | undefined {
  const at = rows.findIndex((row) => row.handle === handle);
  return at < 0 ? undefined : at + 1;
}
