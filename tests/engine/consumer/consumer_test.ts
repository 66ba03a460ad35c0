import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  failedProperties,
  requeueProperties,
  retryProperties,
  waitingProperties,
} from "../../../lib/engine/broker/headers.ts";
import { MemoryBroker } from "../../../lib/engine/broker/memory.ts";
import { hopFor } from "../../../lib/engine/settle/retry.ts";
import { Discard, Fail, RetryLater } from "../../../lib/worker.ts";
import { consuming, event, FAILED, holding, namesIn, QUEUE } from "../../fixtures/consumer.ts";
import { Gates, turn } from "../../fixtures/executor.ts";
import { FakeBroker } from "../../fixtures/fake_broker.ts";

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

Deno.test("Consumer retries by the schedule, and then gives the event up with its cause", async () => {
  await using broker = new MemoryBroker({ version: "9.9.9" });
  await broker.declare(QUEUE);
  const body = Buffer.from(' {"id":"a", "text":"\\u00e9 é \ufffd"}\r\n');
  const published = {
    messageId: "a",
    contentType: "application/json",
    correlationId: "c",
    headers: { tenant: "t" },
  };
  await broker.publish(QUEUE, body, published);
  const attempts: number[] = [];
  await using run = await consuming({
    broker,
    settings: { retries: [1] },
    worker: {
      consume(_, ctx) {
        attempts.push(ctx.event.attempt);
        throw new TypeError(`no ${ctx.event.attempt}`);
      },
    },
  });
  await run.count(2);
  assert.deepEqual(attempts, [1, 2]);
  assert.deepEqual(run.outcomes, ["a retried", "a failed"]);
  assert.deepEqual(run.settled.map(({ attempt }) => attempt), [1, 2]);
  assert.equal(run.settled[0]?.delay, 1);
  assert.equal(run.settled[1]?.reason, "error");
  assert.equal(run.settled[1]?.error?.message, "no 2");
  const [failed] = await broker.peek(FAILED, 1);
  assert.deepEqual(Buffer.from(failed?.body ?? []), body);
  const { headers = {}, ...rest } = failed?.properties ?? {};
  assert.deepEqual(rest, { messageId: "a", contentType: "application/json", correlationId: "c" });
  assert.equal(headers.tenant, "t");
  assert.equal(headers["x-pq-attempts"], 2);
  assert.equal(headers["x-pq-reason"], "error");
  assert.equal(headers["x-pq-error-name"], "TypeError");
  assert.equal(headers["x-pq-error-message"], "no 2");
  assert.match(String(headers["x-pq-error-stack"]), /^TypeError: no 2\n {4}at /);
  assert.equal(headers["x-pq-queue"], QUEUE);
  assert.equal(headers["x-pq-host"], Deno.hostname());
  assert.equal(headers["x-pq-version"], "9.9.9");
  const first = Date.parse(String(headers["x-pq-first-failed-at"]));
  assert(Date.parse(String(headers["x-pq-failed-at"])) - first >= 900);
  assert.deepEqual(run.consumer.totals, { processed: 0, retried: 1, failed: 1 });
});

Deno.test("Consumer counts from what the body's failed_tries says", async () => {
  await using broker = new MemoryBroker();
  await broker.declare(QUEUE);
  await broker.publish(QUEUE, '{"id":"a","failed_tries":3}', { messageId: "a" });
  await using run = await consuming({
    broker,
    worker: {
      consume() {
        throw new Error("x");
      },
    },
  });
  await run.count(1);
  assert.deepEqual(run.outcomes, ["a failed"]);
  assert.equal(run.settled[0]?.attempt, 4);
  const [failed] = await broker.peek(FAILED, 1);
  assert.equal(failed?.properties.headers?.["x-pq-attempts"], 4);
});

const STEERED: readonly [error: Error, outcome: string, where: string | undefined][] = [
  [new Discard("old"), "a discarded", undefined],
  [new Fail("no"), "a failed", FAILED],
];

for (const [error, outcome, where] of STEERED) {
  Deno.test(`Consumer deals at once with an event whose handler throws ${error.name}`, async () => {
    await using broker = await holding("a", "b");
    await using run = await consuming({
      broker,
      worker: {
        consume(event) {
          if (event.id === "a") throw error;
        },
      },
    });
    await run.count(2);
    assert.deepEqual(run.outcomes.toSorted(), [outcome, "b processed"].toSorted());
    assert.equal(run.settled.find(({ id }) => id === "a")?.error?.message, error.message);
    assert.equal((await broker.peek(FAILED, 9)).length, where === undefined ? 0 : 1);
  });
}

const INVALID: readonly [title: string, body: Uint8Array | string, message: RegExp][] = [
  ["not UTF-8", Uint8Array.from([0x22, 0xff, 0x22]), /^The body is not UTF-8: byte 1 is 0xff$/],
  ["not JSON", '{"id":', /^The body is not JSON: /],
  ["of another shape", '{"id":5}', /^The body does not fit the worker's schema: id: /],
  ["nested a million deep", "[".repeat(1e6), /^The body is nested more than 1000 deep/],
  ["too large", "x".repeat(1_000_001), /^The body has 1000001 bytes, more than 1000000/],
  ["with a failed_tries that is no number", '{"id":"a","failed_tries":"1"}', /failed_tries/],
];

for (const [title, body, message] of INVALID) {
  Deno.test(`Consumer gives up an event that is ${title}, byte for byte, and runs its neighbours`, async () => {
    await using broker = await holding("before");
    await broker.publish(QUEUE, body, { messageId: "bad" });
    await broker.publish(QUEUE, event("after"), { messageId: "after" });
    await using run = await consuming({ broker, worker: { consume() {} } });
    await run.count(3);
    const neighbours = run.outcomes.filter((text) => text.endsWith("processed"));
    assert.deepEqual(neighbours, ["before processed", "after processed"]);
    const [failed] = await broker.peek(FAILED, 1);
    assert(Buffer.from(failed?.body ?? []).equals(Buffer.from(body)));
    const { headers = {} } = failed?.properties ?? {};
    assert.match(String(headers["x-pq-error-message"]), message);
    assert.equal(headers["x-pq-reason"], "invalid");
    assert.equal(headers["x-pq-error-name"], "InvalidEvent");
    assert.equal(headers["x-pq-attempts"], 1);
    assert(!("x-pq-error-stack" in headers));
    const report = run.settled.find(({ id }) => id === "bad");
    assert.equal(report?.reason, "invalid");
    assert.equal(run.consumer.inFlight, 0);
  });
}

Deno.test("Consumer gives up an event in an unknown encoding, or with headers that are wrong", async () => {
  const broker = new FakeBroker();
  await using run = await consuming({ broker, worker: { consume() {} } });
  broker.deliver({ name: "large", headers: { a: "x".repeat(60_000) } });
  broker.deliver({ name: "attempts", headers: { "x-pq-attempts": "many" } });
  broker.deliver({ name: "good", headers: { a: "x" } });
  await run.count(3);
  assert.deepEqual(broker.carriedOut.toSorted(), ["attempts fail", "good done", "large fail"]);
});

Deno.test("Consumer parks the queue when a copy is refused, and takes events again later", async () => {
  const broker = new FakeBroker();
  broker.copies = "refuse";
  await using run = await consuming({
    broker,
    parkSeconds: 300,
    worker: {
      consume(event) {
        if (event.id !== "good") throw new Fail("no");
      },
    },
  });
  broker.deliver("a");
  broker.deliver("b");
  await run.until("it is parked", () => run.notices.length > 0);
  await turn();
  assert.equal(run.notices.length, 1);
  const [notice] = run.notices;
  assert.equal(notice?.level, "error");
  assert.match(notice?.message ?? "", /^Queue \{queue\} is parked for \{seconds\} s: /);
  assert.deepEqual(notice?.properties, { seconds: 300 });
  assert.equal(notice?.error?.message, "The broker does not take the copy");
  assert.deepEqual(broker.carriedOut, ["a refused", "b refused"]);
  assert.equal(broker.prefetch, 0);
  assert(run.consumer.paused);
  broker.deliver("c");
  assert.deepEqual(broker.carriedOut.at(-1), "c release");
  assert.deepEqual(run.consumer.totals, { processed: 0, retried: 0, failed: 0 });
  run.consumer.sweep(performance.now() + 299_000);
  assert.equal(broker.prefetch, 0);
  run.consumer.sweep(performance.now() + 301_000);
  await broker.until("it takes again", () => broker.prefetch > 0);
  broker.deliver("good");
  await run.count(1);
  assert.deepEqual(run.outcomes, ["good processed"]);
});

Deno.test("Consumer that is told to be quiet takes nothing until it is told to go on", async () => {
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

const DAY_MS = 86_400_000;

Deno.test("Consumer lets an event wait longer than a day, hop by hop", async () => {
  const broker = new FakeBroker();
  const attempts: number[] = [];
  await using run = await consuming({
    broker,
    worker: {
      consume(_, ctx) {
        attempts.push(ctx.event.attempt);
        if (ctx.event.attempt === 1) throw new RetryLater({ after: 2.5 * 86_400 });
      },
    },
  });
  const first = broker.deliver("a");
  await run.count(1);
  assert(first.settlement?.kind === "retry" && first.settlement.delay === 2.5 * 86_400);
  let hop = hopFor(first.settlement.delay, Date.now());
  const { notBefore } = hop;
  let copy = retryProperties(first.properties, first.settlement, { now: Date.now(), ...hop });
  for (let i = 0; i < 3; i++) {
    const early = broker.deliver({ name: "a", headers: copy.headers ?? {} });
    await broker.until("it waits on", () => early.settlement !== undefined);
    assert(early.settlement?.kind === "retry" && early.settlement.waiting, early.settlement?.kind);
    hop = hopFor(early.settlement.delay, Date.now());
    assert(Math.abs((hop.notBefore ?? 0) - (notBefore ?? 0)) < 1000);
    copy = waitingProperties(early.properties, hop);
  }
  assert.deepEqual(attempts, [1]);
  broker.deliver({ name: "a", headers: { ...copy.headers, "x-pq-not-before": Date.now() - 1 } });
  await run.until("it ran", () => attempts.length === 2);
  assert.deepEqual(attempts, [1, 2]);
});

Deno.test("Consumer lets an event that came before its time wait on, uncounted", async () => {
  const broker = new FakeBroker();
  let calls = 0;
  await using run = await consuming({
    broker,
    maxEvents: 1,
    worker: {
      consume(_, ctx) {
        calls++;
        assert.equal(ctx.event.attempt, 2);
      },
    },
  });
  const headers = { "x-pq-attempts": 1, "x-pq-not-before": Date.now() + 1.5 * DAY_MS };
  const early = broker.deliver({ name: "early", headers });
  await broker.until("it waits on", () => early.settlement !== undefined);
  assert(early.settlement?.kind === "retry" && early.settlement.waiting);
  assert(Math.abs(early.settlement.delay - 1.5 * 86_400) < 60);
  assert.equal(early.settlement.attempts, 1);
  assert.equal(calls, 0);
  assert.deepEqual(run.ends, []);
  assert.deepEqual(run.consumer.totals, { processed: 0, retried: 0, failed: 0 });
  broker.deliver({ name: "due", headers: { ...headers, "x-pq-not-before": Date.now() } });
  await run.until("it ends", () => run.ends.length > 0);
  assert.equal(calls, 1);
});

Deno.test("Consumer finishes what runs when it stops, and gives back the rest uncounted", async () => {
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
  const broker = new FakeBroker();
  const gates = new Gates();
  await using run = await consuming({ broker, worker: { consume: (e) => gates.enter(e.id) } });
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

Deno.test("Consumer can be told twice to stop", async () => {
  const broker = new FakeBroker();
  const gates = new Gates();
  await using run = await consuming({ broker, worker: { consume: (e) => gates.enter(e.id) } });
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
  assert.equal(entry.place, "gone");
});

Deno.test("Consumer waits for copies to be confirmed when it stops", async () => {
  const broker = new FakeBroker();
  broker.copies = "hold";
  await using run = await consuming({
    broker,
    worker: {
      consume() {
        throw new Fail("no");
      },
    },
  });
  broker.deliver("a");
  await broker.until("a copy", () => broker.held.length === 1);
  let hasStopped = false;
  const stopped = run.consumer.stop(0).then(() => hasStopped = true);
  await turn();
  assert(!hasStopped && !broker.isClosed);
  broker.held[0]?.confirm();
  await stopped;
  assert.deepEqual(run.outcomes, ["a failed"]);
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

Deno.test("Consumer measures how long an event waited from when it was published", async () => {
  const broker = new FakeBroker();
  await using run = await consuming({ broker, worker: { consume() {} } });
  broker.deliver({ name: "a", headers: { timestamp_in_ms: Date.now() - 5000 } });
  broker.deliver({ name: "future", headers: { timestamp_in_ms: Date.now() + 50_000 } });
  await run.count(2);
  const [waited, future] = run.settled;
  assert(waited && waited.waitMs >= 4900 && waited.waitMs < 60_000, `${waited?.waitMs}`);
  assert.equal(future?.waitMs, 0);
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

Deno.test("Consumer runs a dead letter that was moved back as its first attempt", async () => {
  await using broker = await holding();
  const properties = failedProperties(
    { messageId: "a" },
    { kind: "fail", reason: "error", attempts: 4, error: { name: "Error", message: "x" } },
    { queue: QUEUE, host: "h", version: "1" },
    Date.now(),
  );
  const body = Buffer.from(event("a"));
  await broker.publish(QUEUE, body, requeueProperties({ body, properties }));
  const attempts: number[] = [];
  await using run = await consuming({
    broker,
    worker: { consume: (_, ctx) => void attempts.push(ctx.event.attempt) },
  });
  await run.count(1);
  assert.deepEqual(attempts, [1]);
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
