/**
 * Dead letters as they are listed, with their handles.
 *
 * @module
 */

import type { Broker, StoredEvent } from "../../engine/broker/broker.ts";
import { HEADER } from "../../engine/broker/headers.ts";
import type { SiftOptions, SiftResult } from "../../engine/broker/sift.ts";
import { failureFacts, fingerprintOf } from "./dead_letter.ts";
import { handleOf } from "./handle.ts";
import type { ShownEvent, View } from "./view.ts";

/** A dead letter as it is listed. */
export interface ListedEvent {
  /** See {@linkcode handleOf}. */
  readonly handle: string;
  /** See {@linkcode fingerprintOf}. */
  readonly fingerprint: string;
  readonly shown: ShownEvent;
}

/** Some dead letters, and how far was looked for them. */
export interface Listing extends SiftResult {
  readonly events: readonly ListedEvent[];
}

/** The most bytes of bodies that are listed together. */
const MAX_BYTES = 64 * 1024 * 1024;
/** The last moment that a date can be, in ms since 1970. */
const MAX_TIME_MS = 8.64e15;

/**
 * Lists the first dead letters that match; they stay where they are.
 *
 * @param failed The queue of dead letters, whose lock the caller holds.
 * @param limit How many at most, of 64 MB together.
 */
export async function listEvents(
  broker: Broker,
  failed: string,
  matches: (event: StoredEvent) => boolean,
  { view, limit, ...options }:
    & { readonly view: View; readonly limit: number }
    & Pick<SiftOptions, "countsDelivery" | "scan" | "signal">,
): Promise<Listing> {
  const events: ListedEvent[] = [];
  const enough = new AbortController();
  let bytes = 0;
  const result = await broker.sift(failed, (event) => {
    if (!matches(event)) return "keep";
    events.push(listed(event, view));
    bytes += event.body.length;
    if (events.length >= limit || bytes >= MAX_BYTES) enough.abort();
    return "keep";
  }, {
    ...options,
    signal: AbortSignal.any([enough.signal, ...(options.signal ? [options.signal] : [])]),
  });
  return { ...result, events };
}

/** A dead letter as it is listed. */
export function listed(event: StoredEvent, view: View): ListedEvent {
  const fingerprint = fingerprintOf(failureFacts(event));
  return { handle: handleOf(event), fingerprint, shown: view(event) };
}

/** The event as one line of JSON, with all its properties and headers. */
export function listedLine({ handle, fingerprint, shown }: ListedEvent): string {
  const { bytes, body, properties } = shown;
  const { headers = {}, ...rest } = properties;
  const { attempts, retried, name, message } = failureFacts(shown);
  return JSON.stringify({
    handle,
    id: properties.messageId ?? null,
    fingerprint,
    failed_at: headers[HEADER.failedAt] ?? null,
    first_failed_at: headers[HEADER.firstFailedAt] ?? null,
    reason: headers[HEADER.reason] ?? null,
    error: { name, message },
    attempts,
    retried,
    bytes,
    properties: plain(rest),
    headers: plain(headers),
    ...body,
  });
}

/** The same in what JSON has: bytes as base64, large numbers as text. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return new Uint8Array(value).toBase64();
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
}

/** A header's time in ms since 1970 as ISO 8601; `null` where it is none: others may write any. */
export function timeOf(header: unknown): string | null {
  const isTime = typeof header === "number" && Math.abs(header) <= MAX_TIME_MS;
  return isTime ? new Date(header).toISOString() : null;
}
