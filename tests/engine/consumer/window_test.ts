import assert from "node:assert/strict";
import type { Subscription } from "../../../lib/engine/broker/broker.ts";
import { describe } from "../../../lib/engine/host/describe.ts";
import type { Worker } from "../../../lib/worker.ts";
import { COMMON, type TestEvent } from "../../fixtures/executor.ts";
import { DeliveryWindow } from "../../../lib/engine/consumer/window.ts";

/** A subscription whose broker answers when the test says so. */
class SlowSubscription {
  wanted = 0;
  readonly answer = Promise.withResolvers<void>();

  resume(prefetch: number): Promise<void> {
    this.wanted = prefetch;
    return this.answer.promise;
  }

  pause(): Promise<void> {
    this.wanted = 0;
    return Promise.resolve();
  }
}

/** A window for a worker with these numbers, and the limit of a minute. */
function windowOf(subscription: SlowSubscription, numbers: object = {}): DeliveryWindow {
  const options = {
    queue: "test",
    report: () => {},
    limits: { windowBytes: 1000, windowSeconds: 60 },
  };
  const worker = { ...COMMON, consume() {}, consumeBatch() {}, ...numbers } as Worker<TestEvent>;
  const description = describe(worker, {});
  return new DeliveryWindow(options, subscription as unknown as Subscription, description, false);
}

Deno.test("A window that is paused and resumed while its start waits for the broker takes events", async () => {
  const subscription = new SlowSubscription();
  const window = windowOf(subscription);
  const started = window.start();
  await window.pause("quiet");
  await window.resume("quiet");
  assert.equal(subscription.wanted, 0);
  subscription.answer.resolve();
  await started;
  assert.equal(subscription.wanted, 100);
});

const NARROWED: readonly [what: string, numbers: object, longMs: number, wanted: number][] = [
  ["events one by one", {}, 30_000, 2],
  ["several events at once", { concurrency: 5 }, 30_000, 10],
  ["batches", { batch: { size: 20, seconds: 10 } }, 40_000, 20],
];

for (const [what, numbers, longMs, wanted] of NARROWED) {
  Deno.test(`A window of ${what} takes few where they wait for half of their time`, async () => {
    const subscription = new SlowSubscription();
    subscription.answer.resolve();
    const window = windowOf(subscription, numbers);
    await window.start();
    const before = subscription.wanted;
    window.began(longMs - 1);
    assert.equal(subscription.wanted, before);
    window.began(longMs + 1);
    assert.equal(subscription.wanted, wanted);
    for (let i = 0; i < wanted; i++) window.began(longMs - 1);
    assert.equal(subscription.wanted, wanted);
    for (let i = 0; i < wanted; i++) window.began(1);
    assert.equal(subscription.wanted, Math.min(before, 2 * wanted));
  });
}
