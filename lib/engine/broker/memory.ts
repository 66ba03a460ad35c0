/**
 * A broker in the memory of one process: for tests of workers and of the engine, and for an
 * application that runs its events inline. What it holds ends with the process.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { hopFor } from "../settle/retry.ts";
import { failedQueueName } from "../settle/retry.ts";
import type { Settlement } from "../settle/outcome.ts";
import {
  type Broker,
  BrokerError,
  type Delivery,
  type Depth,
  type EventProperties,
  type StoredEvent,
  type Subscription,
  type SubscriptionListener,
} from "./broker.ts";
import { failedProperties, retryProperties } from "./headers.ts";
import { waitingProperties } from "./headers.ts";

interface Item extends StoredEvent {
  redelivered: boolean;
}

/** The time, as a memory broker goes by it. */
export interface BrokerClock {
  /** ms since 1970. */
  now(): number;
  /** Calls `run` once, after so many ms. @returns What prevents that, if it is called before. */
  after(ms: number, run: () => void): () => void;
}

/** The time of the system. */
const SYSTEM_CLOCK: BrokerClock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** What a memory broker can be told. */
export interface MemoryBrokerOptions {
  /** By which events wait and are dated. @default {the system's time} */
  readonly clock?: BrokerClock;
  /** Named in dead letters. @default {""} */
  readonly version?: string;
}

/** Keeps queues in memory, with the same promises to a running process as any broker. */
export class MemoryBroker implements Broker {
  /** @inheritdoc */
  readonly isThere = true;
  readonly #queues = new Map<string, MemoryQueue>();
  /** The queues of the events that wait, by what ends each wait without the event. */
  readonly #waits = new Map<() => void, string>();
  readonly #clock: BrokerClock;
  readonly #version: string;

  /** @param options The clock and the version named in dead letters. */
  constructor(options: MemoryBrokerOptions = {}) {
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#version = options.version ?? "";
  }

  /** @inheritdoc */
  declare(queue: string): Promise<void> {
    this.#declared(queue);
    return Promise.resolve();
  }

  /** @inheritdoc */
  subscribe(queue: string, listener: SubscriptionListener): Subscription {
    return new MemorySubscription(this.#declared(queue), listener, {
      retry: (item, settlement) => this.#retry(queue, item, settlement),
      fail: (item, settlement) => this.#fail(queue, item, settlement),
    });
  }

  /** @inheritdoc */
  publish(
    queue: string,
    body: Uint8Array | string,
    properties: EventProperties = {},
  ): Promise<void> {
    const target = this.#queues.get(queue);
    if (!target) {
      return Promise.reject(
        new BrokerError(
          "unroutable",
          `There is no queue ${queue}: declare it before publishing to it`,
        ),
      );
    }
    target.add({ body: Buffer.from(body), properties, redelivered: false });
    return Promise.resolve();
  }

  /** @inheritdoc */
  depth(queue: string): Promise<Depth | undefined> {
    const found = this.#queues.get(queue);
    return Promise.resolve(
      found && { ready: found.items.length, consumers: found.subscriptions.size },
    );
  }

  /** @inheritdoc */
  peek(queue: string, limit: number): Promise<StoredEvent[]> {
    return Promise.resolve((this.#queues.get(queue)?.items ?? []).slice(0, limit));
  }

  /** @inheritdoc */
  waiting(queue: string): Promise<number> {
    return Promise.resolve([...this.#waits.values()].filter((name) => name === queue).length);
  }

  /** @inheritdoc */
  async move(
    from: string,
    to: string,
    change: (event: StoredEvent) => EventProperties | undefined,
  ): Promise<number> {
    const source = this.#queues.get(from);
    let moved = 0;
    for (const item of [...source?.items ?? []]) {
      const properties = change(item);
      if (properties === undefined) continue;
      this.#declared(to);
      await this.publish(to, item.body, properties);
      if (source?.take(item)) moved++;
    }
    return moved;
  }

  /** @inheritdoc */
  purge(queue: string): Promise<number> {
    return Promise.resolve(this.#queues.get(queue)?.items.splice(0).length ?? 0);
  }

  /** Ends all waits; what waits for its retry is gone, as everything else. */
  [Symbol.asyncDispose](): Promise<void> {
    for (const cancel of this.#waits.keys()) cancel();
    this.#waits.clear();
    return Promise.resolve();
  }

  #declared(queue: string): MemoryQueue {
    const existing = this.#queues.get(queue);
    if (existing) return existing;
    const created = new MemoryQueue();
    this.#queues.set(queue, created);
    return created;
  }

  #retry(queue: string, item: Item, settlement: Extract<Settlement, { kind: "retry" }>): void {
    const now = this.#clock.now();
    const hop = hopFor(settlement.delay, now);
    const properties = settlement.waiting
      ? waitingProperties(item.properties, hop)
      : retryProperties(item.properties, settlement, { now, ...hop });
    const cancel = this.#clock.after(hop.step * 1000, () => {
      this.#waits.delete(cancel);
      this.#declared(queue).add({ body: item.body, properties, redelivered: false });
    });
    this.#waits.set(cancel, queue);
  }

  #fail(queue: string, item: Item, settlement: Extract<Settlement, { kind: "fail" }>): void {
    const origin = { queue, host: Deno.hostname(), version: this.#version };
    const properties = failedProperties(item.properties, settlement, origin, this.#clock.now());
    this.#declared(failedQueueName(queue)).add({ body: item.body, properties, redelivered: false });
  }
}

/** The items of one queue that are ready, and who takes them. */
class MemoryQueue {
  readonly items: Item[] = [];
  readonly subscriptions = new Set<MemorySubscription>();

  add(item: Item): void {
    this.items.push(item);
    this.wake();
  }

  /** Takes an item out; false when it is not here any more. */
  take(item: Item): boolean {
    const index = this.items.indexOf(item);
    if (index >= 0) this.items.splice(index, 1);
    return index >= 0;
  }

  giveBack(items: Item[]): void {
    this.items.unshift(...items);
    this.wake();
  }

  wake(): void {
    for (const subscription of this.subscriptions) subscription.wake();
  }
}

interface Copies {
  retry(item: Item, settlement: Extract<Settlement, { kind: "retry" }>): void;
  fail(item: Item, settlement: Extract<Settlement, { kind: "fail" }>): void;
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

class MemorySubscription implements Subscription {
  readonly #queue: MemoryQueue;
  readonly #listener: SubscriptionListener;
  readonly #copies: Copies;
  readonly #unsettled = new Set<Delivery>();
  #prefetch = 0;
  #waking = false;

  constructor(queue: MemoryQueue, listener: SubscriptionListener, copies: Copies) {
    this.#queue = queue;
    this.#listener = listener;
    this.#copies = copies;
  }

  settle(delivery: Delivery, settlement: Settlement): Promise<void> | undefined {
    if (!this.#unsettled.delete(delivery)) throw new Error("This delivery was settled before");
    const { item } = delivery as MemoryDelivery;
    this.wake();
    switch (settlement.kind) {
      case "done":
        return undefined;
      case "release":
        this.#queue.giveBack([Object.assign(item, { redelivered: true })]);
        return undefined;
      case "retry":
        this.#copies.retry(item, settlement);
        return Promise.resolve();
      case "fail":
        this.#copies.fail(item, settlement);
        return Promise.resolve();
    }
  }

  pause(): Promise<void> {
    this.#queue.subscriptions.delete(this);
    return Promise.resolve();
  }

  resume(prefetch: number): Promise<void> {
    this.#prefetch = prefetch;
    this.#queue.subscriptions.add(this);
    this.wake();
    return Promise.resolve();
  }

  async close(): Promise<void> {
    await this.pause();
    const left = [...this.#unsettled].map((delivery) =>
      Object.assign((delivery as MemoryDelivery).item, { redelivered: true })
    );
    this.#unsettled.clear();
    this.#queue.giveBack(left);
  }

  wake(): void {
    if (this.#waking) return;
    this.#waking = true;
    queueMicrotask(() => this.#deliver());
  }

  #deliver(): void {
    this.#waking = false;
    while (this.#queue.subscriptions.has(this) && this.#unsettled.size < this.#prefetch) {
      const item = this.#queue.items.shift();
      if (!item) return;
      const delivery = new MemoryDelivery(item);
      this.#unsettled.add(delivery);
      this.#listener.onDelivery(delivery);
    }
  }
}
