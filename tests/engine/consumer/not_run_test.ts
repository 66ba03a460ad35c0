import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { retryProperties, waitingProperties } from "../../../lib/engine/broker/headers.ts";
import { hopFor } from "../../../lib/engine/settle/retry.ts";
import { RetryLater } from "../../../lib/worker.ts";
import { consuming, event, FAILED, holding, QUEUE } from "../../fixtures/consumer.ts";
import { FakeBroker } from "../../fixtures/fake_broker.ts";

const INVALID: readonly [title: string, body: Uint8Array | string, message: RegExp][] = [
  ["not UTF-8", Uint8Array.from([0x22, 0xff, 0x22]), /^The body is not UTF-8: byte 1 is 0xff$/],
  ["not JSON", '{"id":', /^The body is not JSON: /],
  ["of another shape", '{"id":5}', /^The body does not fit the worker's schema: id: /],
  ["nested a million deep", "[".repeat(1e6), /^The body is nested more than 1000 deep/],
  ["with a number beyond all", '{"id":"a","n":1e400}', /^The number at \$\.n is too large$/],
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
