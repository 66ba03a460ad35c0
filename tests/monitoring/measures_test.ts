import assert from "node:assert/strict";
import { Buckets } from "../../lib/monitoring/buckets.ts";
import { QueueMeasures } from "../../lib/monitoring/measures.ts";
import { failed, settled } from "../fixtures/settled.ts";

Deno.test("measures count what became of events, and why runs failed", () => {
  const measures = new QueueMeasures(0);
  measures.report(settled());
  measures.report(settled({ outcome: "discarded" }));
  measures.report(settled({ outcome: "released" }));
  measures.report(failed("no", { reason: "out of memory" }));
  measures.report(settled({ outcome: "retried", reason: "retry-later" }));
  const counts = (["processed", "discarded", "retried", "failed", "released"] as const)
    .map((outcome) => measures.outcomes(outcome));
  assert.deepEqual(counts, [1, 1, 1, 1, 1]);
  assert.equal(measures.failures("out_of_memory"), 1);
  assert.equal(measures.failures("retry_later"), 1);
  assert.equal(measures.failures("error"), 0);
});

Deno.test("a wait counts for metrics only where its publisher set a time; what was released never", () => {
  const measures = new QueueMeasures(0);
  measures.report(settled({ waitMs: 2000 }));
  measures.report(settled({ waitMs: 9000, hasNoTime: true }));
  measures.report(settled({ waitMs: 9000, outcome: "released" }));
  assert.equal(measures.wait.cumulative().at(-1), 1);
  assert.equal(measures.wait.sum, 2);
  assert.equal(measures.run.cumulative().at(-1), 2);
});

Deno.test("threads count by their cause, and restarts are those that something ended", () => {
  const measures = new QueueMeasures(0);
  for (const cause of ["start", "resized", "crashed", "restarted"] as const) {
    measures.report({ kind: "thread", queue: "test", cause });
  }
  assert.equal(measures.restarts, 2);
  assert.equal(measures.threadStarts("crashed"), 1);
});

Deno.test("publishes count by whether the broker confirmed them", () => {
  const measures = new QueueMeasures(0);
  for (const isConfirmed of [true, true, false]) {
    measures.report({ kind: "published", queue: "test", isConfirmed });
  }
  assert.deepEqual([measures.publishes("confirmed"), measures.publishes("failed")], [2, 1]);
});

Deno.test("progress is an event that was settled, not one that was released", () => {
  const measures = new QueueMeasures(0, () => 5000);
  measures.report(settled({ outcome: "released" }));
  assert.equal(measures.progressAt, undefined);
  measures.report(settled());
  assert.equal(measures.progressAt, 5000);
});

Deno.test("percentiles are in seconds, and null without events", () => {
  const measures = new QueueMeasures(0);
  assert.equal(measures.waitSeconds(0.5), null);
  for (let n = 0; n < 100; n++) measures.report(settled({ waitMs: 1000 }));
  const p50 = measures.waitSeconds(0.5) ?? 0;
  assert(p50 > 0.95 && p50 < 1.05, String(p50));
});

Deno.test("failures are grouped by their cause, the commonest first, and counted in a row", () => {
  const measures = new QueueMeasures(0, () => 1000);
  for (const n of [1, 2, 3]) measures.report(failed(`user ${n} is unknown`, { id: `event-${n}` }));
  measures.report(failed("no such table"));
  const [first, second] = measures.errors.commonest(20);
  assert.deepEqual([first?.count, first?.message, first?.sample], [
    3,
    "user 3 is unknown",
    "event-3",
  ]);
  assert.equal(second?.count, 1);
  assert.equal(measures.errors.last?.inARow, 4);
  measures.report(settled());
  assert.deepEqual([measures.errors.last?.inARow, measures.errors.last?.message], [
    0,
    "no such table",
  ]);
});

Deno.test("a retry that the handler asked for is no failure of a group", () => {
  const measures = new QueueMeasures(0);
  measures.report(failed("later", { outcome: "retried", reason: "retry-later" }));
  assert.deepEqual(measures.errors.commonest(20), []);
});

Deno.test("200 causes are remembered, and messages of 200 characters", () => {
  const measures = new QueueMeasures(0);
  const word = (n: number) => String.fromCharCode(97 + n % 26, 97 + Math.floor(n / 26));
  for (let n = 0; n < 250; n++) measures.report(failed(`${word(n)} ${"x".repeat(300)}`));
  const all = measures.errors.commonest(1000);
  assert.equal(all.length, 200);
  assert.equal(all[0]?.message.length, 200);
  assert(!all.some(({ message }) => message.startsWith("aa ")), "the oldest is forgotten");
});

Deno.test("buckets count durations up to each bound, and those above", () => {
  const buckets = new Buckets([0.1, 1]);
  for (const ms of [50, 100, 500, 5000, NaN, -1]) buckets.add(ms);
  assert.deepEqual(buckets.cumulative(), [4, 5, 6]);
  assert.equal(buckets.sum, 5.65);
});

Deno.test("of the last 100 runs those count as failed that did not ask for their retry", () => {
  const measures = new QueueMeasures(0, () => 5000);
  measures.report(settled({ outcome: "retried", reason: "retry-later" }));
  assert.equal(measures.outcomesOfLate.runs, 0);
  assert.equal(measures.failedAt, undefined);
  for (let n = 0; n < 3; n++) measures.report(failed("no"));
  assert.equal(measures.failedAt, 5000);
  for (let n = 0; n < 98; n++) measures.report(settled());
  assert.deepEqual([measures.outcomesOfLate.runs, measures.outcomesOfLate.failures], [100, 2]);
  measures.report(settled({ outcome: "released" }));
  assert.equal(measures.outcomesOfLate.failures, 2);
});
