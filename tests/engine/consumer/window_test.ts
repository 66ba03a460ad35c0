import assert from "node:assert/strict";
import type { Subscription } from "../../../lib/engine/broker/broker.ts";
import { describe } from "../../../lib/engine/host/describe.ts";
import type { Worker } from "../../../lib/worker.ts";
import { COMMON, type TestEvent } from "../../fixtures/executor.ts";
import { PrefetchControl } from "../../../lib/engine/consumer/prefetch_control.ts";
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

/** A window with the limit of a minute, for a worker that runs one by one. */
function windowOf(subscription: SlowSubscription): DeliveryWindow {
  const options = {
    queue: "test",
    report: () => {},
    limits: { windowBytes: 1000, windowSeconds: 60 },
  };
  const description = describe({ ...COMMON, consume() {} } as Worker<TestEvent>, {});
  const prefetch = new PrefetchControl(description, options.limits.windowSeconds, false);
  return new DeliveryWindow(options, subscription as unknown as Subscription, prefetch);
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

Deno.test("A window takes few where events wait for long, and more once they do not", async () => {
  const subscription = new SlowSubscription();
  subscription.answer.resolve();
  const window = windowOf(subscription);
  await window.start();
  window.observe(30_000);
  assert.equal(subscription.wanted, 100);
  window.observe(30_001);
  assert.equal(subscription.wanted, 2);
  window.observe(1);
  window.observe(1);
  assert.equal(subscription.wanted, 4);
});

Deno.test("A window that is paused does not shrink", async () => {
  const subscription = new SlowSubscription();
  subscription.answer.resolve();
  const window = windowOf(subscription);
  await window.start();
  await window.pause("quiet");
  window.observe(30_001);
  await window.resume("quiet");
  assert.equal(subscription.wanted, 100);
});
