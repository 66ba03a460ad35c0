import assert from "node:assert/strict";
import type { Subscription } from "../../../lib/engine/broker/broker.ts";
import { PrefetchControl } from "../../../lib/engine/consumer/prefetch_control.ts";
import { DeliveryWindow } from "../../../lib/engine/consumer/window.ts";
import { describe } from "../../../lib/engine/host/describe.ts";
import { Fail, type Worker } from "../../../lib/worker.ts";
import { consuming, holding, namesIn, QUEUE } from "../../fixtures/consumer.ts";
import { COMMON, Gates, type TestEvent } from "../../fixtures/executor.ts";
import { FakeBroker } from "../../fixtures/fake_broker.ts";

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

Deno.test("Consumer takes no more bytes than its window, except for a single large event", async () => {
  const broker = new FakeBroker();
  const gates = new Gates();
  await using run = await consuming({
    broker,
    limits: { windowBytes: 250 },
    worker: { consume: (event) => gates.enter(event.id) },
  });
  const deliver = (name: string, bytes: number) =>
    broker.deliver({ name, body: JSON.stringify({ id: name }).padEnd(bytes) });
  deliver("large", 1000);
  await gates.entries(1);
  assert.equal(broker.prefetch, 100);
  deliver("b", 100);
  assert.deepEqual(broker.carriedOut, ["b release"]);
  assert.equal(broker.prefetch, 0);
  deliver("c", 10);
  assert.deepEqual(broker.carriedOut, ["b release", "c release"]);
  gates.leave("large");
  await broker.until("it takes again", () => broker.prefetch === 100);
  deliver("d", 100);
  deliver("e", 100);
  await gates.entries(2);
  deliver("f", 100);
  assert.equal(broker.prefetch, 0);
  gates.leave("d");
  await gates.entries(3);
  await broker.until("half of it is settled", () => broker.prefetch === 100);
  gates.leave("e");
  await run.count(5);
  assert.deepEqual(broker.carriedOut.slice(2), ["large done", "f release", "d done", "e done"]);
});

Deno.test("Consumer counts bodies that no worker could take in its window of bytes", async () => {
  const broker = new FakeBroker();
  broker.copies = "hold";
  await using run = await consuming({
    broker,
    worker: { consume() {} },
    limits: { windowBytes: 2500, maxEventBytes: 500 },
  });
  const body = "x".repeat(1000);
  for (const name of ["a", "b", "c", "d"]) broker.deliver({ name, body });
  assert.deepEqual(broker.held.map(({ name }) => name), ["a", "b"]);
  assert.deepEqual(broker.carriedOut, ["c release", "d release"]);
  assert.equal(broker.prefetch, 0);
  for (const copy of broker.held) copy.confirm();
  await broker.until("there is room again", () => broker.prefetch > 0);
  assert.deepEqual(broker.carriedOut.slice(2), ["a fail", "b fail"]);
  assert.equal(run.consumer.inFlight, 0);
});

/** A consumer whose handler may take for ever, and whose other events may wait a minute for it. */
async function patient(consume: (event: TestEvent) => Promise<void> | void) {
  const broker = new FakeBroker();
  const run = await consuming({
    broker,
    limits: { windowSeconds: 60 },
    settings: { maxConsumeSeconds: null },
    worker: { consume },
  });
  return Object.assign(run, { broker });
}

Deno.test("Consumer releases what has waited too long, uncounted", async () => {
  const gates = new Gates();
  await using run = await patient((event) => gates.enter(event.id));
  const { broker } = run;
  for (const name of ["running", "b", "c"]) broker.deliver(name);
  await gates.entries(1);
  run.consumer.sweep(performance.now() + 59_000);
  assert.deepEqual(broker.carriedOut, []);
  run.consumer.sweep(performance.now() + 61_000);
  assert.deepEqual(broker.carriedOut, ["b release", "c release"]);
  assert.equal(run.consumer.inFlight, 1);
  const again = broker.deliver({ name: "b", redelivered: true });
  gates.leave("running");
  await gates.entries(2);
  gates.leave("b");
  await run.count(4);
  assert.equal(again.settlement?.kind, "done");
  assert.deepEqual(run.consumer.totals, { processed: 2, retried: 0, failed: 0 });
});

Deno.test("Consumer takes few events at once where they waited too long, and more once they do not", async () => {
  const gates = new Gates();
  await using run = await patient((event) => event.id === "slow" ? gates.enter("slow") : undefined);
  const { broker } = run;
  assert.equal(broker.prefetch, 100);
  for (const name of ["slow", "b", "c"]) broker.deliver(name);
  await gates.entries(1);
  run.consumer.sweep(performance.now() + 61_000);
  assert.equal(broker.prefetch, 2);
  assert.match(
    run.notices.at(-1)?.message ?? "",
    /^Events of queue \{queue\} wait too long for their turn here: at most \{count\} are taken at once/,
  );
  gates.leave("slow");
  await run.count(3);
  const widths: number[] = [];
  for (let i = 0; i < 200; i++) {
    broker.deliver(`e${i}`);
    await run.count(4 + i);
    if (broker.prefetch !== widths.at(-1)) widths.push(broker.prefetch);
  }
  assert.deepEqual(widths, [4, 8, 16, 32, 64, 100]);
});

Deno.test("Consumer takes no more than max events, and says when they are dealt with", async () => {
  await using broker = await holding("a", "b", "c", "d", "e");
  await using run = await consuming({
    broker,
    maxEvents: 3,
    worker: {
      consume(event) {
        if (event.id === "b") throw new Fail("no");
      },
    },
  });
  await run.until("it ends", () => run.ends.length > 0);
  assert.deepEqual(run.ends, ["max-events"]);
  await run.consumer.stop(0);
  assert.deepEqual(await namesIn(broker, QUEUE), ["d", "e"]);
  assert.deepEqual(run.consumer.totals, { processed: 2, retried: 0, failed: 1 });
});

Deno.test("Consumer does not count among max events what it releases", async () => {
  const broker = new FakeBroker();
  const gates = new Gates();
  await using run = await consuming({
    broker,
    maxEvents: 2,
    settings: { maxConsumeSeconds: null },
    worker: { consume: (event) => gates.enter(event.id) },
  });
  assert.equal(broker.prefetch, 2);
  broker.deliver("a");
  broker.deliver("b");
  await gates.entries(1);
  assert.equal(broker.prefetch, 0);
  broker.deliver("c");
  run.consumer.sweep(performance.now() + 61_000);
  assert.deepEqual(broker.carriedOut, ["c release", "b release"]);
  await broker.until("another is taken in its place", () => broker.prefetch === 2);
  gates.leave("a");
  await run.count(2);
  assert.deepEqual(run.ends, []);
  broker.deliver("d");
  await gates.entries(2);
  gates.leave("d");
  await run.until("it ends", () => run.ends.length > 0);
  assert.deepEqual(run.ends, ["max-events"]);
});

for (const concurrency of [1, 2]) {
  Deno.test(`Consumer counts one of max events once that is delivered twice, at a concurrency of ${concurrency}`, async () => {
    const broker = new FakeBroker();
    const gates = new Gates();
    await using run = await consuming({
      broker,
      maxEvents: 2,
      settings: { concurrency },
      worker: { consume: (event) => gates.enter(event.id) },
    });
    broker.deliver("a");
    await gates.entries(1);
    broker.lose();
    broker.deliver({ name: "a", redelivered: true });
    broker.deliver("b");
    gates.leave("a");
    await gates.entries(2);
    gates.leave("b");
    await run.until("it ends", () => run.ends.length > 0);
    assert.deepEqual(broker.carriedOut, ["a done", "b done"]);
    assert.deepEqual(gates.entered, ["a", "b"]);
  });
}
