import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { failedProperties, requeueProperties } from "../../../../lib/engine/broker/headers.ts";
import { MemoryBroker } from "../../../../lib/engine/broker/memory.ts";
import { Discard, Fail } from "../../../../lib/worker.ts";
import { consuming, event, FAILED, holding, QUEUE } from "../../../fixtures/consumer.ts";
import { turn } from "../../../fixtures/executor.ts";
import { FakeBroker } from "../../../fixtures/fake_broker.ts";

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

Deno.test("Consumer runs a dead letter that was moved back as its first attempt", async () => {
  await using broker = await holding();
  const properties = failedProperties(
    { messageId: "a" },
    { kind: "fail", reason: "error", attempts: 4, error: { name: "Error", message: "x" } },
    { queue: QUEUE, host: "h", version: "1" },
    Date.now(),
  );
  const body = Buffer.from(event("a"));
  await broker.publish(QUEUE, body, requeueProperties({ properties }, 7));
  const told: unknown[] = [];
  await using run = await consuming({
    broker,
    worker: { consume: (_, ctx) => void told.push(ctx.event.attempt, ctx.event.retriedAt) },
  });
  await run.count(1);
  assert.deepEqual(told, [1, 7]);
});
