/**
 * An event between its delivery and its settlement.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { accept, type Accepted, type AcceptLimits } from "./accept.ts";
import type { Delivery } from "../broker/broker.ts";
import { readState } from "../broker/event_state.ts";
import type { Job } from "../executor/executor.ts";

/** Where an entry is on its way through the consumer, until it leaves. */
export type Place =
  /** In the read of the socket it came with. */
  | "intake"
  /** Waits for the turn of its queue to run it alone. */
  | "isolation"
  /** With the executor: it waits there or runs. */
  | "executor"
  /** Its handler did not return when it was aborted; only the end of the process ends it. */
  | "hung"
  /** Its handler has ended, and a copy of it is being stored. */
  | "copying";

/** An event on its way through the consumer. */
export interface Entry extends Job {
  /** Its `message_id`; one is made here where its publisher set none, and its copies have that. */
  id: string;
  /** Its publisher's `message_id`, or `""`: only by this is it known in another process. */
  readonly messageId: string;
  /** How often it ended its thread or process before. */
  readonly crashes: number;
  /** When it first failed, in ms since 1970; 0 when it has not. */
  readonly firstFailedAt: number;
  /** Bytes of its body. */
  readonly bytes: number;
  /** ms since 1970 before which it must not run; 0 when it may run now. */
  readonly notBefore: number;
  alone: boolean;
  /** What a copy of it holds: its text, or the bytes that are none. */
  readonly content: Uint8Array | string;
  /** What is settled in the end: its last delivery. */
  delivery: Delivery;
  place: Place;
}

/**
 * Looks at a delivery and makes an entry of it, which has its body from then on.
 *
 * @param receivedAt `performance.now()` when it came.
 * @throws {InvalidEvent} When no worker could take it.
 */
export function entryOf(delivery: Delivery, limits: AcceptLimits, receivedAt: number): Entry {
  const accepted = accept(delivery, limits);
  return make(delivery, accepted, accepted.body, receivedAt);
}

/** The entry of a delivery that no worker could take; it has a copy of the bytes. */
export function bareEntry(delivery: Delivery, receivedAt: number): Entry {
  const content = Buffer.from(delivery.body ?? []);
  const unread = { body: "", bytes: content.length, state: readState({}) };
  return make(delivery, unread, content, receivedAt);
}

function make(
  delivery: Delivery,
  { body, bytes, state }: Accepted,
  content: Entry["content"],
  receivedAt: number,
): Entry {
  delivery.body = null;
  const messageId = delivery.properties.messageId ?? "";
  return {
    id: messageId || crypto.randomUUID(),
    messageId,
    body,
    bytes,
    attempt: state.attempts + 1,
    crashes: state.crashes,
    firstFailedAt: state.firstFailedAt,
    notBefore: state.notBefore,
    publishedAt: state.publishedAt,
    retriedAt: state.retriedAt,
    receivedAt,
    alone: state.crashes > 0,
    content,
    delivery,
    place: "intake",
  };
}
