/**
 * A client's queue while the server runs: when it was polled, and the poll that waits for events.
 *
 * @module
 */

import { type EventClient, takesMessages } from "../../domain/realtime/client.ts";
import type { ClientQueue } from "../../domain/realtime/client_queue.ts";
import type { QueuedEvent, RealtimeEvent } from "../../domain/realtime/event.ts";
import { HEARTBEAT } from "../../domain/realtime/heartbeat.ts";
import { OFFLINE_SECONDS, type SweptQueue } from "../../domain/realtime/queue_expiry.ts";
import type { KeptQueue } from "../../domain/realtime/queue_file.ts";

/** The most events in a queue. A client that does not confirm them has to register again. */
export const MOST_QUEUED = 10_000;

/** The most events in one answer: a client that does not read it holds them. */
export const MOST_ANSWERED = 1000;

/** A poll that waits. */
export interface Waiting {
  /** The events, when there are some; none when another poll took its place, or the server stops. */
  readonly events: Promise<readonly QueuedEvent[]>;
  /** Ends it, as its client is gone. */
  cancel(): void;
}

/** A queue with its client. */
export class Session implements SweptQueue {
  readonly client: EventClient;
  readonly queue: ClientQueue;
  /** Whether its user counts as online by it, until it is offline. */
  readonly takesMessages: boolean;
  polledAt: number;
  isOffline: boolean;
  #idleTimeoutSeconds: number;
  #isLost = false;
  #end: (() => void) | undefined;

  /** @param kept A new queue, or one that was read from a file. */
  constructor(kept: KeptQueue) {
    this.client = kept.client;
    this.queue = kept.queue;
    this.takesMessages = takesMessages(kept.client);
    this.polledAt = kept.polledAt;
    this.isOffline = kept.isOffline;
    this.#idleTimeoutSeconds = kept.idleTimeoutSeconds;
    if (kept.isLost) this.lose();
  }

  /** The queue's id. */
  get id(): string {
    return this.client.queueId;
  }

  /** The client's user. */
  get userId(): number {
    return this.client.userId;
  }

  /** Whether a poll waits for events now. */
  get isPolled(): boolean {
    return this.#end !== undefined;
  }

  /** Seconds without a poll after which it is removed. */
  get idleTimeoutSeconds(): number {
    return this.#idleTimeoutSeconds;
  }

  /**
   * Whether its client cannot poll it any more, and has to register again. It is kept only so that
   * the messages in it are mailed and pushed if the user does not come back.
   */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Makes it lost. It is removed when it would be offline. */
  lose(): void {
    this.#isLost = true;
    this.#idleTimeoutSeconds = Math.min(this.#idleTimeoutSeconds, OFFLINE_SECONDS);
    this.endWait();
  }

  /** Adds an event, and ends the poll that waits. */
  push(event: RealtimeEvent): void {
    if (this.#isLost && event.type !== "message") return;
    this.queue.push(event);
    if (this.queue.size > MOST_QUEUED) this.lose();
    this.endWait();
  }

  /**
   * Waits for events.
   *
   * @param lastId The id of the last event that the client has.
   * @param heartbeatMs How long to wait before a heartbeat comes, in ms.
   */
  wait(lastId: number, heartbeatMs: number): Waiting {
    this.endWait();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => this.push(HEARTBEAT), heartbeatMs);
    const end = () => {
      clearTimeout(timer);
      if (this.#end === end) this.#end = undefined;
      resolve();
    };
    this.#end = end;
    return { cancel: end, events: promise.then(() => this.#eventsAfter(lastId)) };
  }

  /** Ends the poll that waits, if there is one. */
  endWait(): void {
    this.#end?.();
  }

  /** What a file keeps of it. */
  kept(): KeptQueue {
    const { client, queue, idleTimeoutSeconds, polledAt, isOffline, isLost } = this;
    return { client, queue, idleTimeoutSeconds, polledAt, isOffline, isLost };
  }

  #eventsAfter(lastId: number): readonly QueuedEvent[] {
    if (this.#isLost) return [];
    const polled = this.queue.poll(lastId);
    // Another poll has confirmed later events.
    return polled.kind === "events" ? polled.events.slice(0, MOST_ANSWERED) : [];
  }
}
