import assert from "node:assert/strict";
import type { Delivery, Subscription } from "../../../lib/engine/broker/broker.ts";
import { MemoryBroker } from "../../../lib/engine/broker/memory.ts";
import { Conditions } from "../../fixtures/executor.ts";

async function holding(...texts: string[]): Promise<MemoryBroker> {
  const broker = new MemoryBroker();
  await broker.declare("from");
  for (const text of texts) await broker.publish("from", text);
  return broker;
}

/** Takes deliveries, for the test to settle. */
class Taker extends Conditions {
  readonly deliveries: Delivery[] = [];
  readonly subscription: Subscription;

  constructor(broker: MemoryBroker, queue: string) {
    super();
    this.subscription = broker.subscribe(queue, {
      onDelivery: (delivery) => {
        this.deliveries.push(delivery);
        this.changed();
      },
      onLost: () => {},
    });
  }

  took(count: number): Promise<void> {
    return this.until(`${count} deliveries`, () => this.deliveries.length >= count);
  }
}

Deno.test("MemoryBroker refuses to settle a delivery twice", async () => {
  await using broker = await holding("1");
  const taker = new Taker(broker, "from");
  await taker.subscription.resume(10);
  await taker.took(1);
  const [delivery] = taker.deliveries;
  assert(delivery);
  taker.subscription.settle(delivery, { kind: "done" });
  assert.throws(() => taker.subscription.settle(delivery, { kind: "done" }), {
    message: "This delivery was already settled",
  });
});

Deno.test("MemoryBroker delivers a retry after its step, and cancels the waits at its end", async () => {
  const broker = await holding("1", "2");
  const taker = new Taker(broker, "from");
  await taker.subscription.resume(10);
  await taker.took(2);
  const began = performance.now();
  const retry = (delay: number) => ({
    kind: "retry" as const,
    delay,
    attempts: 1,
    crashes: 0,
    reason: "error" as const,
    error: { name: "Error", message: "x" },
  });
  const [one, two] = taker.deliveries;
  assert(one && two);
  await taker.subscription.settle(one, retry(0.5));
  await taker.subscription.settle(two, retry(300));
  await taker.took(3);
  assert(performance.now() - began >= 900);
  const again = taker.deliveries[2];
  assert.equal(again?.properties.headers?.["x-pq-attempts"], 1);
  assert.equal(again?.redelivered, false);
  await taker.subscription.close();
  await broker[Symbol.asyncDispose]();
});
