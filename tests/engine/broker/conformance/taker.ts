/**
 * What the tests of every broker share: settlements, properties, and a subscription that keeps its
 * deliveries.
 *
 * @module
 */

import assert from "node:assert/strict";
import type {
  Broker,
  Delivery,
  EventProperties,
  Subscription,
} from "../../../../lib/engine/broker/broker.ts";
import type { Settlement } from "../../../../lib/engine/settle/outcome.ts";
import { until } from "../../../fixtures/until.ts";

/** A test of a broker: it uses `queue` and names that begin with it, which are deleted after it. */
export type BrokerTest = (broker: Broker, queue: string) => Promise<void>;

/** Tests by what they assert. */
export type BrokerTests = Readonly<Record<string, BrokerTest>>;

export const DONE: Settlement = { kind: "done" };
export const RELEASE: Settlement = { kind: "release" };
export const RETRY = {
  kind: "retry",
  delay: 1,
  attempts: 1,
  crashes: 0,
  reason: "error",
  error: { name: "Error", message: "not this time" },
} as const satisfies Settlement;
export const FAIL: Settlement = {
  kind: "fail",
  reason: "error",
  attempts: 4,
  error: { name: "TypeError", message: "never", stack: "TypeError: never\n    at handler" },
};

/** What a publisher may set that means nothing to the broker. */
export const PROPERTIES: EventProperties = {
  messageId: "id-1",
  timestamp: 1_700_000_000,
  contentType: "application/json",
  contentEncoding: "utf-8",
  correlationId: "correlation",
  replyTo: "answers",
  type: "greeting",
  appId: "tests",
  headers: {
    text: "grüße",
    number: 42,
    yes: true,
    nothing: null,
    list: [1, "two"],
    deep: { a: 1 },
  },
};

/** A subscription that keeps its deliveries. */
export class Taker {
  readonly deliveries: Delivery[] = [];
  lost = 0;
  readonly subscription: Subscription;

  constructor(broker: Broker, queue: string) {
    this.subscription = broker.subscribe(queue, {
      onDelivery: (delivery) => {
        delivery.body = bytesOf(delivery.body);
        this.deliveries.push(delivery);
      },
      onLost: () => void this.lost++,
    });
  }

  static async start(broker: Broker, queue: string, prefetch: number): Promise<Taker> {
    const taker = new Taker(broker, queue);
    await taker.subscription.resume(prefetch);
    return taker;
  }

  get bodies(): string[] {
    return this.deliveries.map(({ body }) => textOf(body));
  }

  /** The delivery of that number, once it is there. */
  async delivery(index: number): Promise<Delivery> {
    return await until(
      `delivery ${index} came, after ${this.deliveries.length}`,
      () => this.deliveries[index],
    );
  }

  async settle(index: number, settlement: Settlement): Promise<void> {
    await this.subscription.settle(await this.delivery(index), settlement);
  }
}

export function textOf(body: Uint8Array | string | null): string {
  return new TextDecoder().decode(bytesOf(body));
}

export function bytesOf(body: Uint8Array | string | null): Uint8Array {
  return typeof body === "string" ? new TextEncoder().encode(body) : Uint8Array.from(body ?? []);
}

/** Publishes `first`, `first + 1`, … as bodies. */
export async function publishNumbers(broker: Broker, queue: string, first: number, count: number) {
  for (let i = 0; i < count; i++) await broker.publish(queue, String(first + i));
}

/** The bodies in a queue, in order. */
export async function bodiesIn(broker: Broker, queue: string): Promise<string[]> {
  return (await broker.peek(queue, 10_000)).map(({ body }) => textOf(body));
}

export async function untilReady(broker: Broker, queue: string, count: number): Promise<void> {
  let depth: Awaited<ReturnType<Broker["depth"]>>;
  await until(`${queue} had ${count} ready`, async () => {
    depth = await broker.depth(queue);
    return depth?.ready === count;
  });
}

export function withoutUndefined(properties: EventProperties): Record<string, unknown> {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined));
}

/** Asserts that an event has what {@linkcode PROPERTIES} has. */
export function assertPublishersProperties(actual: EventProperties): void {
  const { headers = {}, ...rest } = actual;
  const { headers: expectedHeaders = {}, ...expected } = PROPERTIES;
  for (const [name, value] of Object.entries(expected)) {
    assert.equal(rest[name as keyof typeof rest], value, name);
  }
  for (const [name, value] of Object.entries(expectedHeaders)) {
    assert.deepEqual(headers[name], value, name);
  }
}
