/**
 * The contract between the engine and whatever keeps the events: RabbitMQ, the memory broker, or
 * another. A broker delivers bytes and carries out one settlement for each delivery; it knows
 * nothing of workers.
 *
 * @module
 */

import type { Settlement } from "../settle/outcome.ts";

/** An event's properties, named and measured as in AMQP 0-9-1. */
export interface EventProperties {
  readonly messageId?: string | undefined;
  /** Seconds since 1970 (AMQP); the milliseconds are in the header `timestamp_in_ms`. */
  readonly timestamp?: number | undefined;
  readonly contentType?: string | undefined;
  readonly contentEncoding?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly replyTo?: string | undefined;
  /** Milliseconds, as a string (AMQP). */
  readonly expiration?: string | undefined;
  readonly priority?: number | undefined;
  readonly type?: string | undefined;
  readonly userId?: string | undefined;
  readonly appId?: string | undefined;
  readonly headers?: Readonly<Record<string, unknown>> | undefined;
}

/** One event as the broker handed it out; settled exactly once, through its subscription. */
export interface Delivery {
  /**
   * The body's bytes, a view of a larger buffer. Whoever keeps the delivery reads them at once and
   * sets this to `null`, so that the buffer can be freed.
   */
  body: Uint8Array | null;
  readonly properties: EventProperties;
  /** Whether the broker may have handed it out before. */
  readonly redelivered: boolean;
  /** Whether its channel is gone: the broker hands it out again, settling it does nothing. */
  readonly lost: boolean;
}

/** What a subscription calls; none of these may throw. */
export interface SubscriptionListener {
  /** Called once for each delivery, synchronously as they are read from the socket. */
  onDelivery(delivery: Delivery): void;
  /** All unsettled deliveries are lost: their channel closed. */
  onLost(): void;
}

/** The deliveries of one queue to one consumer. */
export interface Subscription {
  /**
   * Carries out a settlement. `done` and `release` need no answer and return `undefined`; a retry
   * or a dead letter resolves once the copy is confirmed and the original acknowledged.
   *
   * @param body What a copy holds: the delivery's bytes, or the text that they are.
   * @default {the delivery's body}
   * @throws {BrokerError} (as a rejection) `refused` when the broker does not take the copy: the
   * delivery has been released instead; `lost` when the delivery was lost before there was one.
   */
  settle(
    delivery: Delivery,
    settlement: Settlement,
    body?: Uint8Array | string | null,
  ): Promise<void> | undefined;
  /**
   * Asks for no more deliveries, and sends what is settled. Those handed out can still be settled;
   * those that never are go back to the queue when the subscription is closed or the process ends.
   */
  pause(): Promise<void>;
  /**
   * Asks for deliveries until it is paused or closed, across every loss of the broker. The queue is
   * declared first. Called again, it changes the prefetch count.
   *
   * @param prefetch How many deliveries may be unsettled at once.
   * @throws {BrokerError} When the first attempt is refused.
   */
  resume(prefetch: number): Promise<void>;
  /** Sends what is settled and releases the rest. */
  close(): Promise<void>;
}

/** An event in a queue, read without taking it. */
export interface StoredEvent {
  readonly body: Uint8Array;
  readonly properties: EventProperties;
}

/** How full a queue is. */
export interface Depth {
  /** Events ready to be delivered. */
  readonly ready: number;
  /** How many consumers the queue has; 0 where the broker does not know. */
  readonly consumers: number;
}

/** Keeps queues of events. Queue names are used as they are. */
export interface Broker extends AsyncDisposable {
  /** Whether it is there now: one that is away comes back. */
  readonly isThere: boolean;
  /**
   * Makes sure the queue exists, creating a durable one if need be.
   *
   * @throws {BrokerError} When it may not be created or used.
   */
  declare(queue: string): Promise<void>;
  /** A subscription to a queue; nothing is delivered before its first `resume`. */
  subscribe(queue: string, listener: SubscriptionListener): Subscription;
  /**
   * Stores one event; resolves when the broker has confirmed it.
   *
   * @throws {BrokerError} `unroutable` when there is no such queue, `refused` when the broker does
   * not take it, `timeout` when no confirmation came in time (it may still have been stored).
   */
  publish(
    queue: string,
    body: Uint8Array | string,
    properties?: EventProperties,
  ): Promise<void>;
  /** How full the queue is; `undefined` when there is none. */
  depth(queue: string): Promise<Depth | undefined>;
  /** How many events of the queue wait for their delay to be over. */
  waiting(queue: string): Promise<number>;
  /**
   * The first events that are ready, oldest first. They stay where they are, except that a quorum
   * queue on RabbitMQ puts them behind the others.
   */
  peek(queue: string, limit: number): Promise<StoredEvent[]>;
  /**
   * Moves the events that are ready now, oldest first, each confirmed in its new queue before it
   * leaves the old one.
   *
   * @param change Gives the properties in the new queue; `undefined` leaves the event where it is.
   * @returns How many were moved.
   */
  move(
    from: string,
    to: string,
    change: (event: StoredEvent) => EventProperties | undefined,
  ): Promise<number>;
  /** Deletes the events that are ready. @returns How many. */
  purge(queue: string): Promise<number>;
}

/** Why a broker could not do what it was asked. */
export type BrokerErrorKind =
  /** Nobody answers there, or not in time. */
  | "unreachable"
  /** User or password are wrong. */
  | "login"
  /** No such virtual host, or no access to it. */
  | "vhost"
  /** The TLS connection could not be made or verified. */
  | "tls"
  /** The user lacks a permission. */
  | "permission"
  /** A queue exists with other arguments, or cannot be created. */
  | "topology"
  /** There is no queue of that name. */
  | "unroutable"
  /** The broker did not take an event. */
  | "refused"
  /** No confirmation came in time. */
  | "timeout"
  /** A delivery was lost before its copy was stored: the event comes again. */
  | "lost"
  /** The broker object was closed. */
  | "closed";

/** An error of the broker, with a message that says what is wrong, where, and what to do. */
export class BrokerError extends Error {
  override readonly name = "BrokerError";
  readonly kind: BrokerErrorKind;
  /** @param kind What went wrong. @param message What is wrong, where, and what to do. */
  constructor(kind: BrokerErrorKind, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.kind = kind;
  }
}

/** The error of a copy that was not stored, as the event itself is delivered again. */
export function lostError(queue: string): BrokerError {
  return new BrokerError("lost", `An event was handed out again before it lay in ${queue}`);
}
