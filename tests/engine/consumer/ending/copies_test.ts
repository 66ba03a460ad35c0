import assert from "node:assert/strict";
import { areMany, waitMs } from "../../../../lib/engine/consumer/ending/copies.ts";
import { Fail } from "../../../../lib/worker.ts";
import { type Consuming, consuming } from "../../../fixtures/consumer.ts";
import { turn } from "../../../fixtures/executor.ts";
import { FakeBroker } from "../../../fixtures/fake_broker.ts";

/** A consumer whose handler fails every event but those named `good`, on a broker. */
function failing(broker: FakeBroker, prefetch = 10): Promise<Consuming> {
  return consuming({
    broker,
    settings: { prefetch },
    parkSeconds: 300,
    worker: {
      consume(event) {
        if (!event.id.startsWith("good")) throw new Fail("no");
      },
    },
  });
}

/** Delivers events whose copies are refused. */
async function refuse(broker: FakeBroker, ...names: string[]): Promise<void> {
  broker.copies = "refuse";
  const before = broker.carriedOut.length;
  for (const name of names) broker.deliver(name);
  await broker.until("all are refused", () => broker.carriedOut.length === before + names.length);
  await turn();
}

/** Checks limits of time as if these seconds had passed. */
async function after(seconds: number, run: Consuming): Promise<void> {
  run.consumer.sweep(performance.now() + seconds * 1000);
  await turn();
}

Deno.test("an event whose copy is refused keeps its place, and the others go on", async () => {
  const broker = new FakeBroker();
  await using run = await failing(broker);
  await refuse(broker, "a", "b", "c");
  assert.equal(broker.unsettled.size, 3);
  broker.deliver("good");
  await run.count(1);
  assert.deepEqual(run.outcomes, ["good processed"]);
  assert.deepEqual(run.notices, []);
  assert(broker.prefetch > 0 && !run.consumer.isParked);
});

Deno.test("a refused copy is tried again until the broker takes it, and the event is not run again", async () => {
  const broker = new FakeBroker();
  await using run = await failing(broker);
  await refuse(broker, "a");
  for (const seconds of [1, 10, 30]) await after(seconds, run);
  broker.copies = "confirm";
  await after(59, run);
  await run.count(1);
  assert.deepEqual(broker.carriedOut, [...new Array(4).fill("a refused"), "a fail"]);
  assert.deepEqual(run.outcomes, ["a failed"]);
  assert.deepEqual(run.notices, []);
  assert.deepEqual(run.consumer.totals, { processed: 0, retried: 0, failed: 1 });
});

Deno.test("a copy that cannot be stored is an error after a minute, and again every five minutes", async () => {
  const broker = new FakeBroker();
  await using run = await failing(broker);
  await refuse(broker, "a", "b");
  const reported: number[] = [];
  for (const seconds of [59, 61, 120, 355, 365]) {
    await after(seconds, run);
    if (run.notices.length > reported.length) reported.push(seconds);
  }
  assert.deepEqual(reported, [61, 365]);
  const [first] = run.notices;
  assert.equal(first?.level, "error");
  assert.equal(
    first?.message,
    "Queue {queue} has {count} events that could be neither retried nor dead-lettered for " +
      "{seconds} s: they stay unacknowledged, and their copies are tried again",
  );
  assert.deepEqual(first?.properties, { count: 2, seconds: 61 });
  assert.equal(first?.error?.message, "The broker does not take the copy");
});

Deno.test("a copy that is never confirmed is an error after a minute as well", async () => {
  const broker = new FakeBroker();
  broker.copies = "hold";
  await using run = await failing(broker);
  broker.deliver("a");
  await broker.until("a copy", () => broker.held.length === 1);
  await after(61, run);
  const [notice] = run.notices;
  assert.equal(notice?.error?.message, "the broker neither confirmed nor refused the copy");
  broker.held[0]?.confirm();
});

Deno.test("an event that could not be copied for ten minutes is released, and none is taken for a minute", async () => {
  const broker = new FakeBroker();
  await using run = await failing(broker);
  await refuse(broker, "a");
  await after(601, run);
  assert.equal(broker.carriedOut.at(-1), "a release");
  const { message, properties } = run.notices.at(-1) ?? {};
  assert.match(message ?? "", /^An event of queue \{queue\} is back in its queue, as it could be /);
  assert.deepEqual(properties, { seconds: 600, rest: 60 });
  assert.equal(broker.prefetch, 0);
  await after(660, run);
  assert.equal(broker.prefetch, 0);
  await after(662, run);
  assert(broker.prefetch > 0);
  assert.equal(run.consumer.inFlight, 0);
});

Deno.test("a queue is parked when half its window cannot be copied, and goes on as soon as copies are taken", async () => {
  const broker = new FakeBroker();
  await using run = await failing(broker);
  await refuse(broker, "a", "b", "c", "d");
  assert(!run.consumer.isParked);
  await refuse(broker, "e");
  assert(run.consumer.isParked);
  assert.equal(broker.prefetch, 0);
  const [notice] = run.notices;
  assert.equal(notice?.level, "error");
  assert.match(
    notice?.message ?? "",
    /^Queue \{queue\} is parked for \{seconds\} s: \{count\} events /,
  );
  assert.deepEqual(notice?.properties, { seconds: 300, count: 5 });
  assert.equal(notice?.error?.message, "The broker does not take the copy");
  assert.equal(broker.unsettled.size, 5, "none was released");
  broker.copies = "confirm";
  await after(10, run);
  await run.count(5);
  assert(!run.consumer.isParked);
  await broker.until("it takes again", () => broker.prefetch > 0);
});

Deno.test("a queue that is parked goes on when its connection is lost, as its events come again", async () => {
  const broker = new FakeBroker();
  await using run = await failing(broker);
  await refuse(broker, "a", "b", "c", "d", "e");
  broker.copies = "hold";
  await after(11, run);
  assert(run.consumer.isParked);
  assert.equal(broker.held.length, 5);
  broker.lose();
  broker.held.forEach((copy) => copy.lose());
  await turn();
  await after(12, run);
  assert(!run.consumer.isParked && broker.prefetch > 0);
  assert.equal(run.consumer.inFlight, 0);
});

Deno.test("a few refused copies do not stop a queue that takes one event at once", async () => {
  const broker = new FakeBroker();
  await using run = await failing(broker, 1);
  const free: number[] = [];
  for (const name of ["a", "b", "c"]) {
    await refuse(broker, name);
    free.push(broker.prefetch - broker.unsettled.size);
  }
  assert.deepEqual(free, [1, 1, 1]);
  await refuse(broker, "d");
  assert(run.consumer.isParked);
  broker.copies = "confirm";
  await after(10, run);
  await run.count(4);
  await broker.until("it takes one again", () => broker.prefetch === 1);
});

Deno.test("a stop tries refused copies once more", async () => {
  const broker = new FakeBroker();
  await using run = await failing(broker);
  await refuse(broker, "a", "b");
  broker.copies = "confirm";
  await run.consumer.stop(0);
  assert.deepEqual(run.outcomes, ["a failed", "b failed"]);
});

Deno.test("a copy that is refused when its delivery is lost leaves nothing behind", async () => {
  const broker = new FakeBroker();
  await using run = await failing(broker);
  await refuse(broker, "a");
  broker.lose();
  await after(1, run);
  assert.equal(run.consumer.inFlight, 0);
  assert.deepEqual(broker.carriedOut, ["a refused"]);
});

const PARKS: readonly [refused: number, size: number, isParked: boolean][] = [
  [1, 1, false],
  [3, 4, false],
  [4, 4, true],
  [4, 8, true],
  [4, 9, false],
  [5, 10, true],
  [249, 500, false],
  [250, 500, true],
];
Deno.test("a queue is parked with half its window of refused copies, and at least four", () => {
  for (const [refused, size, isParked] of PARKS) {
    assert.equal(areMany(refused, size), isParked, `${refused} of ${size}`);
  }
});

Deno.test("the waits for a refused copy double up to ten seconds", () => {
  const longest = [0, 1, 2, 5, 6, 1000].map((refusals) => waitMs(refusals, 1));
  assert.deepEqual(longest, [250, 500, 1000, 8000, 10_000, 10_000]);
  assert.equal(waitMs(1, 0), 250);
});
