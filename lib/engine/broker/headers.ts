/**
 * The properties and headers of an event that the engine stores again: in a retry queue, in the
 * failed queue, or in its own queue. The publisher's properties and headers stay, except those that
 * the broker would act on.
 *
 * @module
 */

import { hostname } from "node:os";
import type { FailureReason, Settlement } from "../settle/outcome.ts";
import type { EventProperties, StoredEvent } from "./broker.ts";
import { boundedText, DROPPED_HEADERS, tableBytes, withoutLargest } from "./header_table.ts";

/** Names of the headers the engine sets. Times are ISO 8601, counts are numbers. */
export const HEADER = {
  /** The number of attempts used up. */
  attempts: "x-pq-attempts",
  /** The number of times that the event ended its thread or process. */
  crashes: "x-pq-crashes",
  /** ms since 1970 before which it must not run. */
  notBefore: "x-pq-not-before",
  /** How often operators have put it back into its queue. */
  retried: "x-pq-retried",
  /** Who did it last, such as `ada on host a`. */
  retriedBy: "x-pq-retried-by",
  /** When an operator last put it back into its queue, in ms since 1970. */
  retriedAt: "x-pq-retried-at",
  /** When it first failed. */
  firstFailedAt: "x-pq-first-failed-at",
  /** When it last failed. */
  failedAt: "x-pq-failed-at",
  /** A {@linkcode FailureReason} or `retry-later`. */
  reason: "x-pq-reason",
  errorName: "x-pq-error-name",
  errorMessage: "x-pq-error-message",
  errorStack: "x-pq-error-stack",
  /** The host that gave the event up. */
  host: "x-pq-host",
  /** The version of the program that gave it up. */
  version: "x-pq-version",
  /** The queue it came from. */
  queue: "x-pq-queue",
  /** The publisher's headers that were dropped because all together were too large. */
  droppedHeaders: DROPPED_HEADERS,
} as const;

/** Bytes that the publisher's headers may take beside ours; amqplib refuses a table over 64 KB. */
export const MAX_PUBLISHER_HEADER_BYTES = 44 * 1024;
/** The most bytes that the engine's own headers take. */
export const MAX_ENGINE_HEADER_BYTES = 16 * 1024;

const ORIGINAL = "x-original-";
/** The header with the bytes of a table of headers that could not be read. */
export const ORIGINAL_HEADERS = `${ORIGINAL}headers`;
/** The header with the time of publishing, in ms since 1970. */
export const PUBLISHED_MS = "timestamp_in_ms";
const MAX_MESSAGE_BYTES = 4 * 1024;
const MAX_STACK_BYTES = 8 * 1024;
const MAX_SHORT_BYTES = 256;
/** Bytes that the names of dropped headers may take. */
const MAX_NAMES_BYTES = 1024;

/** Headers that the broker sets at each delivery or dead-lettering, and no publisher does. */
const BROKERS_OWN =
  /^(x-delivery-count|x-acquired-count|x-(first|last)-death-(exchange|queue|reason))$/;

type Headers = Record<string, unknown>;

/**
 * The properties of an event published now: an id, the time, and the content type.
 *
 * @param now ms since 1970. @default {the time}
 * @param id Its `message_id`. @default {a UUID}
 */
export function newEventProperties(
  now: number = Date.now(),
  id: string = crypto.randomUUID(),
): EventProperties {
  return {
    messageId: id,
    timestamp: Math.floor(now / 1000),
    contentType: "application/json",
    headers: { [PUBLISHED_MS]: now },
  };
}

/** Until when a copy waits. */
export interface Wait {
  /** ms since 1970 before which it must not run; left out where the broker sees to that itself. */
  readonly notBefore?: number;
  /** The time to live in its retry queue, in ms. */
  readonly expiration?: string;
}

/** The properties of an event that is published with a delay. */
export function delayedProperties(properties: EventProperties, when: Wait): EventProperties {
  const { expiration, notBefore } = when;
  return {
    ...properties,
    ...(expiration === undefined ? {} : { expiration }),
    headers: {
      ...properties.headers,
      ...(notBefore === undefined ? {} : { [HEADER.notBefore]: notBefore }),
    },
  };
}

/**
 * The properties of a copy that waits to be run again.
 *
 * @param when The time in ms since 1970, and until when the copy waits.
 */
export function retryProperties(
  properties: EventProperties,
  settlement: Extract<Settlement, { kind: "retry" }>,
  when: Wait & { readonly now: number },
): EventProperties {
  if (settlement.waiting) return waitingProperties(properties, when);
  return copyOf(properties, when, {
    ...failureTimes(properties.headers, when.now),
    [HEADER.attempts]: settlement.attempts,
    ...(settlement.crashes > 0 ? { [HEADER.crashes]: settlement.crashes } : {}),
    ...(when.notBefore === undefined ? {} : { [HEADER.notBefore]: when.notBefore }),
    [HEADER.reason]: settlement.reason,
    [HEADER.errorMessage]: boundedText(settlement.error.message, MAX_MESSAGE_BYTES),
  });
}

/** The properties of a copy that only waits on: nothing has failed since the last copy. */
export function waitingProperties(properties: EventProperties, when: Wait): EventProperties {
  const headers = { ...enginesHeaders(properties), [HEADER.notBefore]: when.notBefore ?? 0 };
  return copyOf(properties, when, headers);
}

/**
 * The properties of a copy that takes the event's place at the end of its queue: all that it has,
 * except what the broker would act on.
 */
export function republishProperties(properties: EventProperties): EventProperties {
  const { expiration, ...rest } = properties;
  const when = expiration === undefined ? {} : { expiration };
  return copyOf(rest, when, enginesHeaders(properties));
}

/** The properties with an id, where the publisher set none. */
export function withId(properties: EventProperties, id: string): EventProperties {
  return properties.messageId || id === "" ? properties : { ...properties, messageId: id };
}

/** The publisher's properties and headers, bounded, and these of the engine. */
function copyOf(properties: EventProperties, when: Wait, headers: Headers): EventProperties {
  const { expiration: _, userId: __, ...rest } = properties;
  return {
    ...rest,
    ...(when.expiration === undefined ? {} : { expiration: when.expiration }),
    headers: { ...publishersHeaders(properties), ...retriedOf(properties), ...headers },
  };
}

/** An event that an operator has put back says so for as long as it is there. */
function retriedOf({ headers = {} }: EventProperties): Headers {
  const { [HEADER.retried]: retried, [HEADER.retriedBy]: by, [HEADER.retriedAt]: at } = headers;
  return {
    ...(typeof retried === "number" ? { [HEADER.retried]: retried } : {}),
    ...(typeof by === "string" ? { [HEADER.retriedBy]: boundedText(by, MAX_SHORT_BYTES) } : {}),
    ...(typeof at === "number" ? { [HEADER.retriedAt]: at } : {}),
  };
}

/** The process that gave an event up, and the queue. */
export interface Origin {
  readonly queue: string;
  readonly host: string;
  readonly version: string;
}

/** This process as the origin of a dead letter. @param version The version of the program. */
export function originOf(queue: string, version: string): Origin {
  return { queue, host: hostname(), version };
}

/** The properties of a dead letter: the publisher's, and why it was given up. */
export function failedProperties(
  properties: EventProperties,
  settlement: Extract<Settlement, { kind: "fail" }>,
  origin: Origin,
  now: number,
): EventProperties {
  const { error } = settlement;
  return copyOf(properties, {}, {
    ...failureTimes(properties.headers, now),
    [HEADER.attempts]: settlement.attempts,
    [HEADER.reason]: settlement.reason satisfies FailureReason,
    [HEADER.errorName]: boundedText(error.name, MAX_SHORT_BYTES),
    [HEADER.errorMessage]: boundedText(error.message, MAX_MESSAGE_BYTES),
    ...(error.stack ? { [HEADER.errorStack]: boundedText(error.stack, MAX_STACK_BYTES) } : {}),
    [HEADER.queue]: origin.queue,
    [HEADER.host]: boundedText(origin.host, MAX_SHORT_BYTES),
    [HEADER.version]: origin.version,
  });
}

/**
 * The properties of a dead letter that is run again, as its publisher set them. Those that were put
 * aside as `x-original-…` stay aside: with its `expiration` the event could expire before it runs,
 * and with `CC` it would be copied once more. Its attempts count from 1 again. It says when it first
 * failed, how often it was put back, and by whom and when last.
 *
 * @param now ms since 1970. @param by Who puts it back. @default {nobody is named}
 */
export function requeueProperties(
  { properties }: Pick<StoredEvent, "properties">,
  now: number,
  by?: string,
): EventProperties {
  const { headers = {}, ...rest } = properties;
  const restored = Object.entries(headers).filter(([name]) =>
    !name.startsWith("x-pq-") || name === HEADER.firstFailedAt
  );
  return {
    ...rest,
    headers: {
      ...Object.fromEntries(restored),
      [HEADER.retried]: timesRetried(properties) + 1,
      ...(by === undefined ? {} : { [HEADER.retriedBy]: boundedText(by, MAX_SHORT_BYTES) }),
      [HEADER.retriedAt]: now,
    },
  };
}

/** How often operators have put an event back into its queue. */
export function timesRetried({ headers }: EventProperties): number {
  const retried = headers?.[HEADER.retried];
  if (typeof retried === "number" && retried >= 0) return retried;
  return typeof headers?.[HEADER.retriedAt] === "number" ? 1 : 0;
}

function failureTimes(headers: Readonly<Headers> | undefined, now: number): Headers {
  const at = new Date(now).toISOString();
  const first = headers?.[HEADER.firstFailedAt];
  const isTime = typeof first === "string" && first.length === at.length;
  return { [HEADER.firstFailedAt]: isTime ? first : at, [HEADER.failedAt]: at };
}

/**
 * The publisher's headers, bounded, with those that the broker would act on under other names:
 * `expiration` would empty the failed queue, `user_id` close the channel, and `CC` and `BCC` copy
 * the event elsewhere.
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
  const droppedBefore = properties.headers?.[DROPPED_HEADERS];
  if (typeof droppedBefore === "string") {
    headers[DROPPED_HEADERS] = boundedText(droppedBefore, MAX_NAMES_BYTES);
  }
  return withoutLargest(headers, MAX_PUBLISHER_HEADER_BYTES, MAX_NAMES_BYTES);
}

function enginesHeaders(properties: EventProperties): Headers {
  const entries = Object.entries(properties.headers ?? {});
  return Object.fromEntries(entries.filter(([name]) => name.startsWith("x-pq-")));
}

function isActedOn(name: string): boolean {
  return name === "CC" || name === "BCC" || name === "x-death";
}

/** `x-death` without the entries of our own retry queues. */
function othersDeaths(deaths: unknown): unknown {
  if (!Array.isArray(deaths)) return deaths;
  const others = deaths.filter((death) => !isOurRetryQueue(death?.queue));
  return others.length > 0 ? others : undefined;
}

function isOurRetryQueue(queue: unknown): boolean {
  return typeof queue === "string" && /\.retry\.\d+s$/.test(queue);
}

/** The bytes of an event's headers that are the publisher's, and those that are the engine's. */
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
