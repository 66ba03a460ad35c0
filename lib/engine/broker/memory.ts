/**
 * A broker in the memory of one process: for tests of workers and of the engine, and for an
 * application that runs its events inline. Its events are lost when the process ends.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { failedQueueName, hopFor } from "../settle/retry.ts";
import type { Settlement } from "../settle/outcome.ts";
import {
  type Broker,
  type Depth,
  type EventProperties,
  lockedError,
  type StoredEvent,
  type Subscription,
  type SubscriptionListener,
  unroutableError,
} from "./broker.ts";
import { failedProperties, originOf, republishProperties, retryProperties } from "./headers.ts";
import { type CarriedOut, type Decide, type Held, SiftRun } from "./sift.ts";
import type { SiftOptions, SiftResult } from "./sift.ts";
import { type Item, MemoryQueue, MemorySubscription } from "./memory_queue.ts";

/** The clock of a memory broker. */
export interface BrokerClock {
  /** ms since 1970. */
  now(): number;
  /** Calls `run` once, after `ms` milliseconds. @returns A function that cancels the call. */
  after(ms: number, run: () => void): () => void;
}

/** The system's clock. */
const SYSTEM_CLOCK: BrokerClock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** The options of a memory broker. */
export interface MemoryBrokerOptions {
  /** Times waits and dates events. @default {the system's clock} */
  readonly clock?: BrokerClock;
  /** Named in dead letters. @default {""} */
  readonly version?: string;
}

/** Keeps queues in memory. A running process gets the same promises as from any broker. */
export class MemoryBroker implements Broker {
  /** @inheritdoc */
  readonly isThere = true;
  readonly #queues = new Map<string, MemoryQueue>();
  /** Who has the lock of a queue. */
  readonly #locks = new Map<string, string>();
  /** The queues of the events that wait, by the function that cancels the wait. */
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
      republish: ({ body, properties }) => this.#add(queue, body, republishProperties(properties)),
    });
  }

  /** @inheritdoc */
  publish(
    queue: string,
    body: Uint8Array | string,
    properties: EventProperties = {},
  ): Promise<void> {
    const target = this.#queues.get(queue);
    if (!target) return Promise.reject(unroutableError(queue));
    target.add({ body: Buffer.from(body), properties });
    return Promise.resolve();
  }

  /** @inheritdoc */
  publishLater(
    queue: string,
    body: Uint8Array | string,
    properties: EventProperties,
    seconds: number,
  ): Promise<void> {
    if (!this.#queues.has(queue)) return Promise.reject(unroutableError(queue));
    this.#addAfter(Math.max(1, seconds) * 1000, queue, { body: Buffer.from(body), properties });
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
  async sift(queue: string, decide: Decide, options: SiftOptions = {}): Promise<SiftResult> {
    const source = this.#queues.get(queue);
    const items = [...source?.items ?? []];
    const run = new SiftRun<Item>(items.length, decide, options);
    const carryOut = () => run.carryOut((chunk) => this.#carry(source, chunk));
    for (const item of items) {
      if (run.isFull) await carryOut();
      run.look(item, item);
    }
    await carryOut();
    return run.result();
  }

  /** @inheritdoc */
  lock(queue: string, holder: string): Promise<AsyncDisposable> {
    const other = this.#locks.get(queue);
    if (other !== undefined) return Promise.reject(lockedError(queue, other));
    this.#locks.set(queue, holder);
    return Promise.resolve({
      [Symbol.asyncDispose]: () => Promise.resolve(void this.#locks.delete(queue)),
    });
  }

  /** @inheritdoc */
  purge(queue: string): Promise<number> {
    return Promise.resolve(this.#queues.get(queue)?.items.splice(0).length ?? 0);
  }

  /** @inheritdoc */
  purgeWaiting(queue: string): Promise<number> {
    const cancels = [...this.#waits].filter(([, name]) => name === queue).map(([cancel]) => cancel);
    for (const cancel of cancels) {
      cancel();
      this.#waits.delete(cancel);
    }
    return Promise.resolve(cancels.length);
  }

  /** Cancels all waits; the events that wait for their retry are lost, like all others. */
  [Symbol.asyncDispose](): Promise<void> {
    for (const cancel of this.#waits.keys()) cancel();
    this.#waits.clear();
    return Promise.resolve();
  }

  async #carry(
    source: MemoryQueue | undefined,
    chunk: readonly Held<Item>[],
  ): Promise<CarriedOut> {
    let removed = 0;
    for (const { handle: item, removal } of chunk) {
      if (!source?.take(item)) continue;
      try {
        if ("move" in removal) {
          await this.publish(removal.move, removal.body ?? item.body, removal.properties);
        }
        removed++;
      } catch (failure) {
        source.requeue([item]);
        return { removed, failure };
      }
    }
    return { removed };
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
    const properties = retryProperties(item.properties, settlement, { now, ...hop });
    this.#addAfter(hop.step * 1000, queue, { body: item.body, properties });
  }

  #addAfter(ms: number, queue: string, { body, properties }: StoredEvent): void {
    const cancel = this.#clock.after(ms, () => {
      this.#waits.delete(cancel);
      this.#add(queue, body, properties);
    });
    this.#waits.set(cancel, queue);
  }

  #fail(queue: string, item: Item, settlement: Extract<Settlement, { kind: "fail" }>): void {
    const origin = originOf(queue, this.#version);
    const properties = failedProperties(item.properties, settlement, origin, this.#clock.now());
    this.#add(failedQueueName(queue), item.body, properties);
  }

  #add(queue: string, body: Uint8Array, properties: EventProperties): void {
    this.#declared(queue).add({ body, properties });
  }
}
