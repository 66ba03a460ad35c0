/**
 * A queue of the memory broker, and its deliveries to consumers.
 *
 * @module
 */

import type { Settlement } from "../settle/outcome.ts";
import {
  type Copied,
  type Delivery,
  type EventProperties,
  isCopied,
  type KeptEvent,
  type StoredEvent,
  type Subscription,
  type SubscriptionListener,
} from "./broker.ts";
import { withId } from "./headers.ts";
import { Unsettled } from "./unsettled.ts";

/** An event of a queue. */
export interface Item extends StoredEvent {
  /** Whether it was delivered before. */
  redelivered: boolean;
  /** Where it stands in its queue: after those of lower places. */
  readonly place: number;
}

/** One queue: the events that are ready, and the subscriptions that take them. */
export class MemoryQueue {
  /** The events that are ready, the first first. */
  readonly items: Item[] = [];
  /** The subscriptions that are not paused. */
  readonly subscriptions = new Set<MemorySubscription>();
  #lastPlace = 0;

  /** Adds an event to the end. */
  add(event: StoredEvent): void {
    this.items.push({ ...event, redelivered: false, place: ++this.#lastPlace });
    this.#wake();
  }

  /** Removes an event. @returns Whether it was still here. */
  take(item: Item): boolean {
    const index = this.items.indexOf(item);
    if (index >= 0) this.items.splice(index, 1);
    return index >= 0;
  }

  /** Puts events that were delivered back to their places. */
  requeue(items: Item[]): void {
    for (const item of items) {
      const behind = this.items.findIndex(({ place }) => place > item.place);
      this.items.splice(behind < 0 ? this.items.length : behind, 0, item);
    }
    this.#wake();
  }

  #wake(): void {
    for (const subscription of this.subscriptions) subscription.wake();
  }
}

/** Stores copies of events that are retried or dead-lettered. */
export interface Copies {
  /** Stores a copy that waits. */
  retry(item: Item, settlement: Extract<Settlement, { kind: "retry" }>): void;
  /** Stores a dead letter. */
  fail(item: Item, settlement: Extract<Settlement, { kind: "fail" }>): void;
  /** Stores a copy at the end of the queue. */
  republish(item: Item): void;
}

class MemoryDelivery implements Delivery {
  body: Uint8Array | null;
  readonly lost = false;
  constructor(readonly item: Item) {
    this.body = item.body;
  }
  get properties(): EventProperties {
    return this.item.properties;
  }
  get redelivered(): boolean {
    return this.item.redelivered;
  }
}

/** The deliveries of one queue to one consumer. */
export class MemorySubscription implements Subscription {
  readonly #queue: MemoryQueue;
  readonly #listener: SubscriptionListener;
  readonly #copies: Copies;
  readonly #unsettled = new Unsettled<Delivery>();
  #prefetch = 0;
  #waking = false;

  /** @param queue The queue. @param listener Takes its deliveries. @param copies Stores copies. */
  constructor(queue: MemoryQueue, listener: SubscriptionListener, copies: Copies) {
    this.#queue = queue;
    this.#listener = listener;
    this.#copies = copies;
  }

  /** @inheritdoc */
  settle(
    delivery: Delivery,
    settlement: Settlement,
    kept?: KeptEvent,
  ): Promise<void> | undefined {
    if (!this.#unsettled.delete(delivery)) throw new Error("This delivery was already settled");
    const { item } = delivery as MemoryDelivery;
    this.wake();
    if (isCopied(settlement)) return this.#copy(item, settlement, kept?.id ?? "");
    if (settlement.kind === "release") {
      this.#queue.requeue([Object.assign(item, { redelivered: true })]);
    }
    return undefined;
  }

  #copy(item: Item, settlement: Copied, id: string): Promise<void> {
    const copied = { ...item, properties: withId(item.properties, id) };
    if (settlement.kind === "retry") this.#copies.retry(copied, settlement);
    else if (settlement.kind === "fail") this.#copies.fail(copied, settlement);
    else this.#copies.republish(copied);
    return Promise.resolve();
  }

  /** @inheritdoc */
  pause(): Promise<void> {
    this.#queue.subscriptions.delete(this);
    this.#unsettled.pause();
    return Promise.resolve();
  }

  /** @inheritdoc */
  resume(prefetch: number): Promise<void> {
    this.#prefetch = prefetch;
    this.#queue.subscriptions.add(this);
    this.wake();
    return Promise.resolve();
  }

  /** @inheritdoc */
  async close(): Promise<void> {
    await this.pause();
    const unsettled = [...this.#unsettled].map((delivery) =>
      Object.assign((delivery as MemoryDelivery).item, { redelivered: true })
    );
    this.#unsettled.clear();
    this.#queue.requeue(unsettled);
  }

  /** Delivers events, if there is room and there are some. */
  wake(): void {
    if (this.#waking) return;
    this.#waking = true;
    queueMicrotask(() => this.#deliver());
  }

  #deliver(): void {
    this.#waking = false;
    while (this.#queue.subscriptions.has(this) && this.#unsettled.count < this.#prefetch) {
      const item = this.#queue.items.shift();
      if (!item) return;
      const delivery = new MemoryDelivery(item);
      this.#unsettled.add(delivery);
      this.#listener.onDelivery(delivery);
    }
  }
}
