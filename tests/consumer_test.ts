import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  failedProperties,
  requeueProperties,
  retryProperties,
  waitingProperties,
} from "../lib/broker/headers.ts";
import { MemoryBroker } from "../lib/broker/memory.ts";
import { hopFor } from "../lib/retry.ts";
import { Discard, Fail, RetryLater } from "../lib/worker.ts";
import { consuming, QUEUE } from "./fixtures/consumer.ts";
import { Gates, type TestEvent, turn } from "./fixtures/executor.ts";
import { FakeBroker } from "./fixtures/fake_broker.ts";

const FAILED = `${QUEUE}.failed`;
const event = (id: string) => JSON.stringify({ id });

/** A memory broker whose queue has these events. */
async function holding(...ids: string[]): Promise<MemoryBroker> {
  const broker = new MemoryBroker({ version: "9.9.9" });
  await broker.declare(QUEUE);
  for (const id of ids) await broker.publish(QUEUE, event(id), { messageId: id });
  return broker;
}

async function namesIn(broker: MemoryBroker, queue: string): Promise<(string | undefined)[]> {
  return (await broker.peek(queue, 1000)).map(({ properties }) => properties.messageId);
}

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

Deno.test("Consumer takes no more bytes than its window, but for a single large event", async () => {
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

Deno.test("Consumer counts second deliveries in its window of bytes", async () => {
  const broker = new FakeBroker();
  const gates = new Gates();
  await using run = await consuming({
    broker,
    limits: { windowBytes: 250 },
    settings: { concurrency: 2 },
    worker: { consume: (event) => gates.enter(event.id) },
  });
  const body = '{"id":"same"}'.padEnd(200);
  for (const name of ["a", "b", "c", "d"]) broker.deliver({ name, messageId: "same", body });
  await gates.entries(1);
  assert.equal(broker.prefetch, 0);
  assert.equal(run.consumer.inFlight, 1);
  gates.leave("same");
  await broker.until("it takes events again", () => broker.prefetch > 0);
  assert.deepEqual(broker.carriedOut.at(-1), "a done");
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

Deno.test("Consumer gives back what has waited too long, uncounted", async () => {
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
    /^Events of queue \{queue\} wait too long for their turn here: \{count\} are taken at once/,
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

Deno.test("Consumer does not count among max events what it gives back", async () => {
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

for (const concurrency of [1, 3]) {
  Deno.test(`Consumer does not run an event beside itself, at a concurrency of ${concurrency}`, async () => {
    const broker = new FakeBroker();
    const gates = new Gates();
    let calls = 0;
    await using run = await consuming({
      broker,
      settings: { concurrency },
      worker: { consume: () => gates.enter(`call ${++calls}`) },
    });
    for (let i = 0; i < 3; i++) broker.deliver({ name: `copy ${i}`, messageId: "same" });
    for (let i = 1; i <= 3; i++) {
      await gates.entries(i);
      await turn();
      assert.deepEqual(gates.open, [`call ${i}`]);
      gates.leave(`call ${i}`);
    }
    await run.count(3);
    assert.deepEqual(broker.carriedOut, ["copy 0 done", "copy 1 done", "copy 2 done"]);
  });
}

Deno.test("Consumer runs events without an id beside each other", async () => {
  const broker = new FakeBroker();
  const gates = new Gates();
  let calls = 0;
  await using run = await consuming({
    broker,
    settings: { concurrency: 2 },
    worker: { consume: () => gates.enter(`call ${++calls}`) },
  });
  broker.deliver({ name: "a", messageId: "" });
  broker.deliver({ name: "b", messageId: "" });
  await gates.entries(2);
  gates.open.forEach((key) => gates.leave(key));
  await run.count(2);
});

Deno.test("Consumer gives a second delivery back that has waited too long for the first", async () => {
  const broker = new FakeBroker();
  const gates = new Gates();
  await using run = await consuming({
    broker,
    settings: { concurrency: 2, maxConsumeSeconds: null },
    worker: { consume: (event) => gates.enter(event.id) },
  });
  broker.deliver({ name: "first", messageId: "same" });
  await gates.entries(1);
  broker.deliver({ name: "second", messageId: "same" });
  broker.deliver({ name: "third", messageId: "same" });
  run.consumer.sweep(performance.now() + 59_000);
  assert.deepEqual(broker.carriedOut, []);
  run.consumer.sweep(performance.now() + 61_000);
  assert.deepEqual(broker.carriedOut, ["second release", "third release"]);
  assert.equal(run.consumer.inFlight, 1);
  gates.leave("first");
  await run.count(3);
  assert.deepEqual(gates.entered.length, 1);
});

Deno.test("Consumer does not run an event again that was done when its delivery was lost", async () => {
  const broker = new FakeBroker();
  const gates = new Gates();
  await using run = await consuming({ broker, worker: { consume: (e) => gates.enter(e.id) } });
  broker.deliver("a");
  broker.deliver("b");
  await gates.entries(1);
  broker.lose();
  assert.equal(run.consumer.inFlight, 1);
  gates.leave("a");
  await run.count(1);
  broker.deliver({ name: "a", redelivered: true });
  broker.deliver({ name: "b", redelivered: true });
  await gates.entries(2);
  gates.leave("b");
  await run.count(2);
  assert.deepEqual(gates.entered, ["a", "b"]);
  assert.deepEqual(broker.carriedOut, ["a done", "b done"]);
  assert.deepEqual(run.consumer.totals, { processed: 2, retried: 0, failed: 0 });
});

Deno.test("Consumer runs an event again that had failed when its delivery was lost", async () => {
  const broker = new FakeBroker();
  const gates = new Gates();
  await using run = await consuming({ broker, worker: { consume: (e) => gates.enter(e.id) } });
  broker.deliver("a");
  await gates.entries(1);
  broker.lose();
  gates.leave("a", new Error("x"));
  await turn();
  assert.equal(run.consumer.inFlight, 0);
  broker.deliver({ name: "a", redelivered: true });
  await gates.entries(2);
  gates.leave("a");
  await run.count(1);
  assert.deepEqual(broker.carriedOut, ["a done"]);
});

for (const concurrency of [1, 2]) {
  Deno.test(`Consumer settles the new delivery of what still runs, at a concurrency of ${concurrency}`, async () => {
    const broker = new FakeBroker();
    const gates = new Gates();
    await using run = await consuming({
      broker,
      settings: { concurrency },
      worker: { consume: (event) => gates.enter(event.id) },
    });
    const first = broker.deliver("a");
    await gates.entries(1);
    broker.lose();
    const again = broker.deliver({ name: "a", redelivered: true });
    assert.equal(run.consumer.inFlight, 1);
    gates.leave("a");
    await run.count(1);
    await turn();
    assert.deepEqual(gates.entered, ["a"]);
    assert.equal(first.settlement, undefined);
    assert.equal(again.settlement?.kind, "done");
    assert.equal(run.consumer.inFlight, 0);
  });

  for (const isTaken of [true, false]) {
    const title = isTaken ? "confirmed" : "refused";
    Deno.test(`Consumer settles what comes again before its copy is ${title}, at a concurrency of ${concurrency}`, async () => {
      const broker = new FakeBroker();
      broker.copies = "hold";
      let calls = 0;
      await using run = await consuming({
        broker,
        settings: { concurrency },
        worker: {
          consume() {
            calls++;
            throw new Fail("no");
          },
        },
      });
      broker.deliver("a");
      await broker.until("a copy", () => broker.held.length === 1);
      broker.lose();
      const again = broker.deliver({ name: "a", redelivered: true });
      await turn();
      if (isTaken) broker.held[0]?.confirm();
      else broker.held[0]?.refuse();
      await broker.until("both are settled", () => broker.unsettled.size === 0);
      await turn();
      assert.equal(calls, 1);
      assert.equal(again.settlement?.kind, isTaken ? "done" : "release");
      assert.equal(run.consumer.inFlight, 0);
    });
  }
}

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
  assert(run.consumer.isLeft && broker.isLeft && !broker.isClosed);
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

Deno.test("Consumer gives back second deliveries when it stops while the first runs", async () => {
  const broker = new FakeBroker();
  const gates = new Gates();
  await using run = await consuming({
    broker,
    settings: { concurrency: 2 },
    worker: { consume: (event) => gates.enter(event.id) },
  });
  broker.deliver({ name: "first", messageId: "same" });
  await gates.entries(1);
  broker.deliver({ name: "second", messageId: "same" });
  const stopped = run.consumer.stop(60_000);
  gates.leave("first", new Error("x"));
  await stopped;
  assert.equal(broker.unsettled.size, 0);
  assert.deepEqual(broker.carriedOut.toSorted(), ["first retry", "second release"]);
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
