import assert from "node:assert/strict";
import { Fail } from "../../../lib/worker.ts";
import { consuming, event, FAILED, holding, namesIn, QUEUE } from "../../fixtures/consumer.ts";
import { Gates, turn } from "../../fixtures/executor.ts";
import { FakeBroker } from "../../fixtures/fake_broker.ts";
import { gated } from "../../fixtures/journal.ts";

Deno.test("Consumer hands on what it takes, acknowledges it and reports it", async () => {
  await using broker = await holding("a", "b", "c");
  const seen: string[] = [];
  await using run = await consuming({
    broker,
    worker: { consume: (event) => void seen.push(event.id) },
  });
  await run.count(3);
  assert.deepEqual(seen, ["a", "b", "c"]);
  assert.deepEqual(run.outcomes, ["a processed", "b processed", "c processed"]);
  assert.deepEqual(run.consumer.totals, { processed: 3, retried: 0, failed: 0 });
  assert.equal(run.consumer.inFlight, 0);
  await run.consumer.stop(0);
  assert.deepEqual(await broker.depth(QUEUE), { ready: 0, consumers: 0 });
});

Deno.test("Consumer that is paused takes nothing until it is resumed", async () => {
  await using broker = await holding("a");
  const gates = new Gates();
  await using run = await consuming({ broker, worker: { consume: (e) => gates.enter(e.id) } });
  await gates.entries(1);
  await run.consumer.pause();
  await broker.publish(QUEUE, event("b"), { messageId: "b" });
  gates.leave("a");
  await run.count(1);
  await turn();
  assert.deepEqual(await namesIn(broker, QUEUE), ["b"]);
  await run.consumer.resume();
  await gates.entries(2);
  gates.leave("b");
  await run.count(2);
});

Deno.test("Consumer finishes what runs when it stops, and releases the rest uncounted", async () => {
  await using broker = await holding("a", "b", "c");
  const gates = new Gates();
  await using run = await consuming({ broker, worker: { consume: (e) => gates.enter(e.id) } });
  await gates.entries(1);
  const stopped = run.consumer.stop(60_000);
  await turn();
  assert.deepEqual((await namesIn(broker, QUEUE)).toSorted(), ["b", "c"]);
  gates.leave("a");
  await stopped;
  assert.deepEqual(await namesIn(broker, FAILED), []);
  assert.equal((await broker.depth(QUEUE))?.ready, 2);
  for (const { properties } of await broker.peek(QUEUE, 9)) {
    assert.equal(properties.headers, undefined);
  }
  assert.deepEqual(run.consumer.totals, { processed: 1, retried: 0, failed: 0 });
});

Deno.test("Consumer that stops leaves what does not finish to the end of the process, and the late end does no harm", async () => {
  await using fixture = await gated();
  const { broker, gates, run } = fixture;
  broker.deliver("a");
  broker.deliver("b");
  await gates.entries(1);
  await run.consumer.stop(0);
  assert.deepEqual(run.outcomes.toSorted(), ["a released", "b released"]);
  assert.deepEqual(broker.carriedOut, ["b release"]);
  assert(run.consumer.isLeft && !broker.isClosed);
  gates.leave("a");
  await turn();
  run.consumer.sweep(performance.now());
  assert.deepEqual(broker.carriedOut, ["b release"]);
});

Deno.test("Consumer can be stopped twice", async () => {
  await using fixture = await gated();
  const { broker, gates, run } = fixture;
  broker.deliver("a");
  await gates.entries(1);
  const patient = run.consumer.stop(600_000);
  await run.consumer.stop(0);
  await patient;
  assert.deepEqual(run.outcomes, ["a released"]);
});

Deno.test("Consumer knows where each event is", async () => {
  const broker = new FakeBroker();
  broker.copies = "hold";
  const gates = new Gates();
  await using run = await consuming({ broker, worker: { consume: (e) => gates.enter(e.id) } });
  broker.deliver("a");
  await gates.entries(1);
  const [{ job: entry } = { job: undefined }] = run.consumer.executor.running();
  assert.equal(entry?.place, "executor");
  gates.leave("a", new Fail("no"));
  await broker.until("a copy", () => broker.held.length === 1);
  assert.equal(entry.place, "copying");
  broker.held[0]?.confirm();
  await run.count(1);
});

Deno.test("Consumer runs the events of a failed batch one by one, and gives up the bad one only", async () => {
  await using broker = await holding("a", "b", "c");
  await using run = await consuming({
    broker,
    settings: { retries: [] },
    worker: {
      batch: { size: 3, seconds: 60 },
      consumeBatch(events) {
        if (events.some(({ id }) => id === "b")) throw new Error("no");
      },
    },
  });
  await run.count(3);
  assert.deepEqual(run.outcomes.toSorted(), ["a processed", "b failed", "c processed"]);
  assert.deepEqual(await namesIn(broker, FAILED), ["b"]);
});

Deno.test("Consumer says when the queue had nothing to do and begins an event", async () => {
  const broker = new FakeBroker();
  await using run = await consuming({ broker, worker: { consume() {} } });
  broker.deliver("a");
  broker.deliver("b");
  await run.count(2);
  assert(
    run.settled.every(({ waitMs, runMs, inFlight }) => waitMs >= 0 && runMs >= 0 && inFlight >= 0),
  );
  assert.equal(run.settled.at(-1)?.inFlight, 0);
});

Deno.test("Consumer cannot be made where its journal cannot be kept", async () => {
  const file = await Deno.makeTempFile();
  try {
    await assert.rejects(
      consuming({ broker: new FakeBroker(), stateDir: file, worker: { consume() {} } }),
      { message: /^The journal of user_activity cannot be kept in .*\. Set STATE_DIR to a folder/ },
    );
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("Consumer lets a batch be gathered for its time, though that is longer than events may wait", async () => {
  const broker = new FakeBroker();
  await using run = await consuming({
    broker,
    limits: { windowSeconds: 60 },
    worker: { batch: { size: 2, seconds: 90 }, async consumeBatch() {} },
  });
  broker.deliver("a");
  await turn();
  run.consumer.sweep(performance.now() + 100_000);
  assert.deepEqual(broker.carriedOut, []);
  broker.deliver("b");
  await run.count(2);
  assert.deepEqual(broker.carriedOut, ["a done", "b done"]);
});
