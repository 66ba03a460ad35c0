/**
 * An event between its delivery and its settlement.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { accept, type AcceptLimits } from "./accept.ts";
import type { Delivery } from "../broker/broker.ts";
import type { Job } from "../executor/executor.ts";

/** Where an entry is on its way through the consumer. */
export type Place =
  /** In the read of the socket it came with. */
  | "intake"
  /** Waits for the turn of its queue to run it alone. */
  | "isolation"
  /** With the executor: it waits there or runs. */
  | "executor"
  /** Its handler has ended, and a copy of it is being stored. */
  | "copying"
  /** The consumer has nothing to do with it any more. */
  | "gone";

/** An event on its way through the consumer. */
export interface Entry extends Job {
  /** How often it ended its thread or process before. */
  readonly crashes: number;
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
  const { body, bytes, state } = accept(delivery, limits);
  delivery.body = null;
  return {
    id: delivery.properties.messageId ?? "",
    body,
    bytes,
    attempt: state.attempts + 1,
    crashes: state.crashes,
    notBefore: state.notBefore,
    publishedAt: state.publishedAt,
    receivedAt,
    alone: state.crashes > 0,
    content: body,
    delivery,
    place: "intake",
  };
}

/** The entry of a delivery that no worker could take; it has a copy of the bytes. */
export function bareEntry(delivery: Delivery, receivedAt: number): Entry {
  const content = Buffer.from(delivery.body ?? []);
  delivery.body = null;
  return {
    id: delivery.properties.messageId ?? "",
    body: "",
    bytes: content.length,
    attempt: 1,
    crashes: 0,
    notBefore: 0,
    publishedAt: 0,
    receivedAt,
    alone: false,
    content,
    delivery,
    place: "intake",
  };
}
