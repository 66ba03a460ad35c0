/**
 * The contract between the engine and a broker: RabbitMQ, the embedded broker, or the one in memory.
 * A broker delivers bytes and carries out one settlement for each delivery. It does not know workers.
 *
 * @module
 */

import type { ClockReading } from "../../system/clock_reading.ts";
import type { Settlement } from "../settle/outcome.ts";
import type { BrokerStatus, QueueDoubt, ServerCertificate } from "./broker_facts.ts";
import type { EventProperties, StoredEvent } from "./event.ts";
import type { Decide, SiftOptions, SiftResult } from "./sift.ts";

export type { BrokerStatus, QueueDoubt, ServerCertificate } from "./broker_facts.ts";
export type { EventProperties, StoredEvent } from "./event.ts";

/** One delivery of an event, settled exactly once, through its subscription. */
export interface Delivery {
  /**
   * The body's bytes, a view of a larger buffer. Whoever keeps the delivery reads them at once and
   * sets this to `null`, so that the buffer can be freed.
   */
  body: Uint8Array | null;
  readonly properties: EventProperties;
  /** Whether the broker may have delivered the event before. */
  readonly redelivered: boolean;
  /** Whether the broker may drop the event if it is returned more often: then it is replaced. */
  readonly isNearLimit?: boolean;
  /**
   * Grows with each delivery of a channel. Left out where returned events keep their place in any
   * order.
   */
  readonly order?: number;
  /** Whether its channel is closed: the broker delivers the event again, and settling does nothing. */
  readonly lost: boolean;
}

/** A settlement that stores a copy of the event. */
export type Copied = Extract<Settlement, { kind: "retry" | "fail" | "republish" }>;

/** What the engine keeps of an event for its copy. */
export interface KeptEvent {
  /** The `message_id` of the copy where the event has none. */
  readonly id: string;
  /** The body's bytes, or the text that they are. */
  readonly content: Uint8Array | string;
}

/** Whether a settlement stores a copy of the event. */
export function isCopied(settlement: Settlement): settlement is Copied {
  return settlement.kind !== "done" && settlement.kind !== "release";
}

/** Takes the deliveries of a subscription; neither method may throw. */
export interface SubscriptionListener {
  /** Called for each delivery, synchronously as it is read from the socket. */
  onDelivery(delivery: Delivery): void;
  /** Called when all unsettled deliveries are lost, because their channel closed. */
  onLost(): void;
}

/** The deliveries of one queue to one consumer. */
export interface Subscription {
  /** Whether it takes nothing for a while, because reading an event ends the connection. */
  readonly isParked?: boolean;
  /**
   * Carries out a settlement. `done` and `release` need no answer and return `undefined`; a retry
   * or a dead letter resolves once the copy is confirmed and the original acknowledged.
   *
   * @param kept What a copy holds. @default {the delivery's own}
   * A delivery whose copy is not stored is still unsettled: it can be settled again. It can be
   * released, too, while a copy of it is being stored, which rejects with `lost` then.
   *
   * @throws {BrokerError} (as a rejection) `lost` when the delivery was lost before the copy was
   * stored; any other kind when the broker does not take the copy.
   */
  settle(
    delivery: Delivery,
    settlement: Settlement,
    kept?: KeptEvent,
  ): Promise<void> | undefined;
  /**
   * Asks for no more deliveries, and sends the settlements so far. Unsettled deliveries can still be
   * settled; they return to the queue when the subscription is closed or the process ends. Resolves
   * when nothing more is delivered.
   */
  pause(): Promise<void>;
  /**
   * Asks for deliveries until it is paused or closed, across every loss of the broker. The queue is
   * declared first. Called again, it changes the prefetch count.
   *
   * @param prefetch How many deliveries may be unsettled at once, beside those from before a pause.
   * @throws {BrokerError} When the first attempt is refused.
   */
  resume(prefetch: number): Promise<void>;
  /** Sends what is settled and releases the rest. */
  close(): Promise<void>;
}

/** Which looks at a queue are refused because they have effects. */
export interface PeekRules {
  /**
   * Whether to look where a look counts as a delivery, as in a quorum queue. Where the first event
   * has been delivered 10 times, the look is refused in any case.
   */
  readonly countsDelivery: boolean;
}

/** How full a queue is. */
export interface Depth {
  /** Events ready to be delivered. */
  readonly ready: number;
  /** The number of consumers of the queue; 0 where the broker does not know. */
  readonly consumers: number;
}

/** Keeps queues of events. Queue names are used as they are. */
export interface Broker extends AsyncDisposable {
  /** Whether the broker can be used now. It is connected again after each loss. */
  readonly isThere: boolean;
  /** What else is known of it; left out by brokers that are part of the process. */
  readonly status?: BrokerStatus;
  /** Seconds after which the broker delivers an unsettled event again, unless it is set otherwise. */
  readonly settleWithinSeconds?: number;
  /**
   * Resolves, with the reason, when the broker cannot be used any more, because its file is damaged.
   * A broker without it comes back after each loss.
   */
  readonly failure?: Promise<BrokerError>;
  /**
   * Makes sure that the queue exists; a new one is durable. Calls at the same time share one attempt.
   *
   * @throws {BrokerError} When the queue may not be created or used.
   */
  declare(queue: string): Promise<void>;
  /** Subscribes to a queue; nothing is delivered before the first `resume`. */
  subscribe(queue: string, listener: SubscriptionListener): Subscription;
  /**
   * Stores one event; resolves when the broker has confirmed it.
   *
   * @throws {BrokerError} `unroutable` when there is no such queue, `refused` when the broker does
   * not take it, `timeout` when no confirm came in time (it may still have been stored).
   */
  publish(
    queue: string,
    body: Uint8Array | string,
    properties?: EventProperties,
  ): Promise<void>;
  /**
   * Stores one event that is ready after a delay; resolves when the broker has confirmed it.
   *
   * @param seconds The delay; less than 1 counts as 1.
   * @throws {BrokerError} As {@linkcode publish} does.
   */
  publishLater(
    queue: string,
    body: Uint8Array | string,
    properties: EventProperties,
    seconds: number,
  ): Promise<void>;
  /** How full the queue is; `undefined` when there is none. */
  depth(queue: string): Promise<Depth | undefined>;
  /** How many events of the queue wait for a retry. */
  waiting(queue: string): Promise<number>;
  /**
   * The first events that are ready, oldest first: as many as were taken in 10 s, of about 64 MB
   * together. They stay where they are. Only a quorum queue can
   * put those that were looked at before behind others, unless all are looked at.
   *
   * @param rules Refuse a look that has effects. @default {none are refused}
   * @throws {BrokerError} `refused` where the rules refuse the look.
   */
  peek(queue: string, limit: number, rules?: PeekRules): Promise<StoredEvent[]>;
  /**
   * Looks at the events that are ready now, oldest first, each once; those that stay keep their
   * order, as with a peek. Other consumers get none of them meanwhile on RabbitMQ. A queue to which
   * events move must exist. A crash at any point loses nothing, and leaves at most 100 events in both queues.
   *
   * @returns What came of it, also where it stopped early; `failure` says why.
   * @throws What `decide` throws; {@linkcode BrokerError} when it cannot start.
   */
  sift(queue: string, decide: Decide, options?: SiftOptions): Promise<SiftResult>;
  /**
   * Takes the lock of a queue's events, which ends with the process. It keeps nobody from consuming:
   * those who sift ask for it first.
   *
   * @param holder Says who has it to others, such as `failed retry, process 12 on host a`.
   * @throws {BrokerError} `locked` when another has it, with the holder in the message.
   */
  lock(queue: string, holder: string): Promise<AsyncDisposable>;
  /**
   * Whether somebody has the lock of a queue's events. Asking takes nothing. Left out by brokers where a
   * repair hides no event from others.
   */
  isLocked?(queue: string): Promise<boolean>;
  /** Deletes the events that are ready. @returns How many. */
  purge(queue: string): Promise<number>;
  /** Deletes the events of a queue that wait for a retry. @returns How many. */
  purgeWaiting(queue: string): Promise<number>;
  /** What is doubtful about a queue and its queue of dead letters, where they exist. */
  doubtsAbout?(queue: string): Promise<readonly QueueDoubt[]>;
  /** What is doubtful about the queues in which events of a queue wait, where they exist. */
  doubtsAboutRetries?(queue: string): Promise<readonly QueueDoubt[]>;
  /**
   * Makes sure that the queue of dead letters exists. Brokers that need none made leave it out.
   *
   * @throws {BrokerError} When it may not be created or used.
   */
  declareFailed?(queue: string): Promise<void>;
  /**
   * Publishes one event to a queue of its own, of which nothing stays.
   *
   * @throws {BrokerError} `permission` where this user may make no queue of such a name.
   */
  tryPublishing?(): Promise<void>;
  /**
   * How far the clock of the broker's host is from this host's; `undefined` where the broker does not
   * tell the time. It publishes one event to a queue of its own, of which nothing stays.
   *
   * @throws {BrokerError} `permission` where this user may make no queue of such a name.
   */
  clock?(): Promise<ClockReading | undefined>;
  /** The certificates that the addresses with TLS show; those that show none are left out. */
  serverCertificates?(): Promise<readonly ServerCertificate[]>;
  /** Tries each address of a cluster. @returns Why those that cannot be used cannot. */
  tryAddresses?(): Promise<readonly BrokerError[]>;
}

/** The reason for an error of a broker. */
export type BrokerErrorKind =
  /** The broker does not answer, or not in time. */
  | "unreachable"
  /** The user or the password is wrong. */
  | "login"
  /** The virtual host does not exist, or the user may not use it. */
  | "vhost"
  /** The TLS connection could not be made or verified. */
  | "tls"
  /** The user lacks a permission. */
  | "permission"
  /** A queue exists with other arguments, or cannot be created. */
  | "topology"
  /** There is no queue of that name. */
  | "unroutable"
  /** The file of the embedded broker is damaged. */
  | "damaged"
  /** The broker did not take an event. */
  | "refused"
  /** No confirm came in time. */
  | "timeout"
  /** Another command has the lock of the queue. */
  | "locked"
  /** A delivery was lost before its copy was stored: the event is delivered again. */
  | "lost"
  /** The broker object was closed. */
  | "closed";

/** An error of the broker. The message says what is wrong, where, and what to do. */
export class BrokerError extends Error {
  override readonly name = "BrokerError";
  readonly kind: BrokerErrorKind;
  /** @param kind The reason. @param message What is wrong, where, and what to do. */
  constructor(kind: BrokerErrorKind, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.kind = kind;
  }
}

/** The error of a copy that was not stored, as the event itself is delivered again. */
export function lostError(queue: string): BrokerError {
  return new BrokerError(
    "lost",
    `An event was delivered again before its copy was stored for ${queue}`,
  );
}

/** The error of a publish to a queue that does not exist. */
export function unroutableError(queue: string, cause?: unknown): BrokerError {
  const message = `There is no queue ${queue}: declare it before publishing to it`;
  return new BrokerError("unroutable", message, cause === undefined ? {} : { cause });
}

/** The error of a lock that another has. @param holder Who, if that is known. */
export function lockedError(queue: string, holder: string | undefined): BrokerError {
  return new BrokerError(
    "locked",
    `Another command has the events of ${queue}: ${
      holder || "who is not known"
    }. Wait until it has ` +
      "ended, or stop it",
  );
}
