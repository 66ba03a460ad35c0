import assert from "node:assert/strict";
import type { Subscription } from "../lib/broker/broker.ts";
import { describe } from "../lib/executor/describe.ts";
import type { Worker } from "../lib/worker.ts";
import { COMMON, type TestEvent } from "./fixtures/executor.ts";
import { DeliveryWindow } from "../lib/consumer/window.ts";

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

Deno.test("A window that is paused and resumed while its start waits for the broker takes events", async () => {
  const subscription = new SlowSubscription();
  const window = new DeliveryWindow(
    {
      queue: "test",
      report: () => {},
      limits: { windowBytes: 1000, windowSeconds: 60 },
    },
    subscription as unknown as Subscription,
    describe({ ...COMMON, consume() {} } as Worker<TestEvent>, {}),
    false,
  );
  const started = window.start();
  await window.pause("quiet");
  await window.resume("quiet");
  assert.equal(subscription.wanted, 0);
  subscription.answer.resolve();
  await started;
  assert.equal(subscription.wanted, 100);
});
