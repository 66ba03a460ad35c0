/**
 * What the engine writes beside an event when it stores it again: in a retry queue, among the
 * failed, or back in its own queue. The publisher's own properties and headers stay, but for
 * those with which the broker would do something.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { FailureReason, Settlement } from "../settle/outcome.ts";
import type { EventProperties, StoredEvent } from "./broker.ts";

/** Names of the headers the engine sets. Times are ISO 8601, counts are numbers. */
export const HEADER = {
  /** How many attempts are used up. */
  attempts: "x-pq-attempts",
  /** How many times the event ended its thread or process. */
  crashes: "x-pq-crashes",
  /** ms since 1970 before which it must not run. */
  notBefore: "x-pq-not-before",
  /** When it first failed. */
  firstFailedAt: "x-pq-first-failed-at",
  /** When it last failed. */
  failedAt: "x-pq-failed-at",
  /** Why: a {@linkcode FailureReason} or `retry-later`. */
  reason: "x-pq-reason",
  errorName: "x-pq-error-name",
  errorMessage: "x-pq-error-message",
  errorStack: "x-pq-error-stack",
  /** The host and version that gave it up, and the queue it came from. */
  host: "x-pq-host",
  version: "x-pq-version",
  queue: "x-pq-queue",
  /** Publisher's headers that had to go because all together were too large. */
  droppedHeaders: "x-pq-dropped-headers",
} as const;

/** Bytes that the publisher's headers may take beside ours; amqplib refuses a table over 64 KB. */
export const MAX_PUBLISHER_HEADER_BYTES = 44 * 1024;
/** Bytes that the engine's own headers take at the most. */
export const MAX_ENGINE_HEADER_BYTES = 16 * 1024;

const ORIGINAL = "x-original-";
const PUBLISHED_MS = "timestamp_in_ms";
const MAX_MESSAGE_BYTES = 4 * 1024;
const MAX_STACK_BYTES = 8 * 1024;
const MAX_SHORT_BYTES = 256;

/** Set by the broker at each delivery or dead-lettering; never a publisher's. */
const BROKERS_OWN =
  /^(x-delivery-count|x-acquired-count|x-(first|last)-death-(exchange|queue|reason))$/;

type Headers = Record<string, unknown>;

/** What the engine's own headers say of an event. */
export interface EventState {
  readonly attempts: number;
  readonly crashes: number;
  /** ms since 1970, 0 when it may run now. */
  readonly notBefore: number;
  /** ms since 1970, 0 when the publisher did not say. */
  readonly publishedAt: number;
}

const FRESH: EventState = { attempts: 0, crashes: 0, notBefore: 0, publishedAt: 0 };

/**
 * Reads the engine's headers and the time of publishing.
 *
 * @throws {TypeError} When one of the engine's headers is not a number, which names it.
 */
export function readState(properties: EventProperties): EventState {
  const { headers, timestamp } = properties;
  if (headers === undefined && timestamp === undefined) return FRESH;
  return {
    attempts: count(headers, HEADER.attempts),
    crashes: count(headers, HEADER.crashes),
    notBefore: count(headers, HEADER.notBefore),
    publishedAt: publishedAt(headers?.[PUBLISHED_MS], timestamp),
  };
}

function count(headers: Readonly<Headers> | undefined, name: string): number {
  const value = headers?.[name];
  if (value === undefined) return 0;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new TypeError(`The header ${name} is not a whole number from 0`);
}

function publishedAt(ms: unknown, seconds: unknown): number {
  if (typeof ms === "number" && ms > 0) return ms;
  return typeof seconds === "number" && seconds > 0 ? seconds * 1000 : 0;
}

/** The properties of an event published now: an id, the time, and the content type. */
export function newEventProperties(now: number = Date.now()): EventProperties {
  return {
    messageId: crypto.randomUUID(),
    timestamp: Math.floor(now / 1000),
    contentType: "application/json",
    headers: { [PUBLISHED_MS]: now },
  };
}

/** The properties of a copy that waits to be run again. */
export function retryProperties(
  properties: EventProperties,
  settlement: Extract<Settlement, { kind: "retry" }>,
  when: { readonly now: number; readonly notBefore?: number; readonly expiration?: string },
): EventProperties {
  const { expiration: _, userId: __, ...rest } = properties;
  return {
    ...rest,
    ...(when.expiration === undefined ? {} : { expiration: when.expiration }),
    headers: {
      ...publishersHeaders(properties),
      ...failureTimes(properties.headers, when.now),
      [HEADER.attempts]: settlement.attempts,
      ...(settlement.crashes > 0 ? { [HEADER.crashes]: settlement.crashes } : {}),
      ...(when.notBefore === undefined ? {} : { [HEADER.notBefore]: when.notBefore }),
      [HEADER.reason]: settlement.reason,
      [HEADER.errorMessage]: boundedText(settlement.error.message, MAX_MESSAGE_BYTES),
    },
  };
}

/** The properties of a copy that only waits further: nothing has failed since the last. */
export function waitingProperties(
  properties: EventProperties,
  when: { readonly notBefore?: number; readonly expiration?: string },
): EventProperties {
  const { expiration: _, userId: __, ...rest } = properties;
  return {
    ...rest,
    ...(when.expiration === undefined ? {} : { expiration: when.expiration }),
    headers: {
      ...publishersHeaders(properties),
      ...enginesHeaders(properties),
      [HEADER.notBefore]: when.notBefore ?? 0,
    },
  };
}

/** Who gave an event up. */
export interface Origin {
  readonly queue: string;
  readonly host: string;
  readonly version: string;
}

/** The properties of a dead letter: the publisher's, and why it was given up. */
export function failedProperties(
  properties: EventProperties,
  settlement: Extract<Settlement, { kind: "fail" }>,
  origin: Origin,
  now: number,
): EventProperties {
  const { expiration: _, userId: __, ...rest } = properties;
  const { error } = settlement;
  return {
    ...rest,
    headers: {
      ...publishersHeaders(properties),
      ...failureTimes(properties.headers, now),
      [HEADER.attempts]: settlement.attempts,
      [HEADER.reason]: settlement.reason satisfies FailureReason,
      [HEADER.errorName]: boundedText(error.name, MAX_SHORT_BYTES),
      [HEADER.errorMessage]: boundedText(error.message, MAX_MESSAGE_BYTES),
      ...(error.stack ? { [HEADER.errorStack]: boundedText(error.stack, MAX_STACK_BYTES) } : {}),
      [HEADER.queue]: origin.queue,
      [HEADER.host]: boundedText(origin.host, MAX_SHORT_BYTES),
      [HEADER.version]: origin.version,
    },
  };
}

/**
 * The properties of a dead letter that is run anew: as its publisher had set them, but for those
 * that were put aside as `x-original-…`. They stay there: with its `expiration` the event could be
 * gone before it runs, and with `CC` it would be copied once more.
 */
export function requeueProperties(event: StoredEvent): EventProperties {
  const { headers = {}, ...rest } = event.properties;
  const restored = Object.entries(headers).filter(([name]) => !name.startsWith("x-pq-"));
  return { ...rest, headers: Object.fromEntries(restored) };
}

function failureTimes(headers: Readonly<Headers> | undefined, now: number): Headers {
  const at = new Date(now).toISOString();
  const first = headers?.[HEADER.firstFailedAt];
  const isTime = typeof first === "string" && first.length === at.length;
  return { [HEADER.firstFailedAt]: isTime ? first : at, [HEADER.failedAt]: at };
}

/**
 * The publisher's headers, bounded, with what the broker would act on under another name:
 * kept, `expiration` would empty the failed queue, `user_id` close the channel, and `CC` and
 * `BCC` copy the event elsewhere.
 */
function publishersHeaders(properties: EventProperties): Headers {
  const headers: Headers = {};
  const { expiration, userId } = properties;
  if (expiration !== undefined) headers[`${ORIGINAL}expiration`] = expiration;
  if (userId !== undefined) headers[`${ORIGINAL}user_id`] = userId;
  for (const [name, value] of Object.entries(properties.headers ?? {})) {
    if (name.startsWith("x-pq-") || BROKERS_OWN.test(name)) continue;
    const kept = name === "x-death" ? othersDeaths(value) : value;
    if (kept !== undefined) headers[isActedOn(name) ? ORIGINAL + name : name] = kept;
  }
  return bounded(headers);
}

function enginesHeaders(properties: EventProperties): Headers {
  const entries = Object.entries(properties.headers ?? {});
  return Object.fromEntries(entries.filter(([name]) => name.startsWith("x-pq-")));
}

function isActedOn(name: string): boolean {
  return name === "CC" || name === "BCC" || name === "x-death";
}

/** `x-death` without what our own retry queues wrote. */
function othersDeaths(deaths: unknown): unknown {
  if (!Array.isArray(deaths)) return deaths;
  const others = deaths.filter((death) => !isOurRetryQueue(death?.queue));
  return others.length > 0 ? others : undefined;
}

function isOurRetryQueue(queue: unknown): boolean {
  return typeof queue === "string" && /\.retry\.\d+s$/.test(queue);
}

function bounded(headers: Headers): Headers {
  let bytes = tableBytes(headers);
  if (bytes <= MAX_PUBLISHER_HEADER_BYTES) return headers;
  const dropped: string[] = [];
  const largestFirst = Object.keys(headers)
    .map((name) => ({ name, bytes: tableBytes({ [name]: headers[name] }) - 4 }))
    .sort((a, b) => b.bytes - a.bytes);
  const kept = { ...headers };
  for (const entry of largestFirst) {
    if (bytes <= MAX_PUBLISHER_HEADER_BYTES) break;
    delete kept[entry.name];
    dropped.push(entry.name);
    bytes -= entry.bytes;
  }
  kept[HEADER.droppedHeaders] = boundedText(dropped.join(" "), 1024);
  return kept;
}

/** How many bytes a table of headers takes on the wire, or a little more. */
export function tableBytes(headers: Readonly<Headers>, depth = 0): number {
  let bytes = 4;
  for (const [name, value] of Object.entries(headers)) {
    bytes += 1 + Buffer.byteLength(name) + valueBytes(value, depth);
  }
  return bytes;
}

function valueBytes(value: unknown, depth: number): number {
  if (typeof value === "string") return 5 + Buffer.byteLength(value);
  if (value instanceof Uint8Array) return 5 + value.length;
  if (typeof value !== "object" || value === null) return 9;
  if (depth === MAX_TABLE_DEPTH) return TOO_DEEP_BYTES;
  if (!Array.isArray(value)) return 1 + tableBytes({ ...value }, depth + 1);
  return 5 + value.reduce((sum, item) => sum + valueBytes(item, depth + 1), 0);
}

/** A table nested deeper cannot be encoded again without using up the stack. */
const MAX_TABLE_DEPTH = 500;
/** What is nested too deep counts as more than any table may have. */
const TOO_DEEP_BYTES = 2 ** 30;

/** How many bytes of an event's headers are the publisher's, and how many are the engine's. */
export function headerBytes(
  headers: Readonly<Headers>,
): { readonly publisher: number; readonly engine: number } {
  const entries = Object.entries(headers);
  const ours = entries.filter(([name]) => name.startsWith("x-pq-"));
  const theirs = entries.filter(([name, value]) =>
    !name.startsWith("x-pq-") && !BROKERS_OWN.test(name) &&
    (name !== "x-death" || othersDeaths(value) !== undefined)
  );
  return {
    publisher: tableBytes(Object.fromEntries(theirs)),
    engine: tableBytes(Object.fromEntries(ours)),
  };
}

/** The text, cut to so many bytes of UTF-8 without breaking a character. */
function boundedText(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return bytes.toString();
  let end = maxBytes - 3;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString("utf8", 0, end) + "…";
}
