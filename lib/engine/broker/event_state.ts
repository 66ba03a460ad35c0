/**
 * What the headers of an event say about its past.
 *
 * @module
 */

import type { EventProperties } from "./broker.ts";
import { HEADER, PUBLISHED_MS } from "./headers.ts";

const MAX_TIME_MS = 8.64e15;

type Headers = Readonly<Record<string, unknown>>;

/** The state of an event, from the engine's own headers. */
export interface EventState {
  readonly attempts: number;
  readonly crashes: number;
  /** ms since 1970, 0 when it may run now. */
  readonly notBefore: number;
  /**
   * ms since 1970, 0 when unknown. Of a copy whose publisher did not say when: the first failure, which
   * the copies of such an event share.
   */
  readonly publishedAt: number;
  /** ms since 1970, 0 when no operator has put it back. */
  readonly retriedAt: number;
  /**
   * ms since 1970, 0 when it has not failed. Of an event that an operator has put back: when that
   * was, 0 when it has not failed since.
   */
  readonly firstFailedAt: number;
}

const FRESH: EventState = {
  attempts: 0,
  crashes: 0,
  notBefore: 0,
  publishedAt: 0,
  retriedAt: 0,
  firstFailedAt: 0,
};

/**
 * Reads the engine's headers and the time of publishing.
 *
 * @throws {TypeError} When one of the engine's headers is not a number, or a property could not be
 * read; names it.
 */
export function readState(properties: EventProperties): EventState {
  const { headers, timestamp, unreadable } = properties;
  if (unreadable !== undefined) throw new TypeError(unreadable);
  if (headers === undefined && timestamp === undefined) return FRESH;
  const firstFailed = firstFailedAt(headers?.[HEADER.firstFailedAt]);
  const retriedAt = count(headers, HEADER.retriedAt);
  const hasFailedSince = retriedAt === 0 || headers?.[HEADER.reason] !== undefined;
  return {
    attempts: count(headers, HEADER.attempts),
    crashes: count(headers, HEADER.crashes),
    notBefore: count(headers, HEADER.notBefore),
    publishedAt: publishedAt(headers?.[PUBLISHED_MS], timestamp) || firstFailed,
    retriedAt,
    firstFailedAt: hasFailedSince ? Math.max(firstFailed, retriedAt) : 0,
  };
}

function count(headers: Headers | undefined, name: string): number {
  const value = headers?.[name];
  if (value === undefined) return 0;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new TypeError(`The header ${name} is not a whole number from 0`);
}

function publishedAt(ms: unknown, seconds: unknown): number {
  if (isTime(ms)) return ms;
  return isTime(seconds) && isTime(seconds * 1000) ? seconds * 1000 : 0;
}

function firstFailedAt(iso: unknown): number {
  const ms = typeof iso === "string" ? Date.parse(iso) : NaN;
  return isTime(ms) ? ms : 0;
}

/** Whether it can be a time in ms since 1970: a `Date` goes no further. */
function isTime(ms: unknown): ms is number {
  return typeof ms === "number" && ms > 0 && ms <= MAX_TIME_MS;
}
