import assert from "node:assert/strict";
import { PrefetchControl } from "../../../lib/engine/consumer/prefetch_control.ts";
import { describe } from "../../../lib/engine/host/describe.ts";
import type { Worker } from "../../../lib/worker.ts";
import { COMMON, type TestEvent } from "../../fixtures/executor.ts";

/** For a worker with these numbers, and events that may wait for a minute. */
function control(numbers: object = {}, isCareful = false): PrefetchControl {
  const worker = { ...COMMON, consume() {}, consumeBatch() {}, ...numbers } as Worker<TestEvent>;
  return new PrefetchControl(describe(worker, {}), 60, isCareful);
}

const WORKERS: readonly [
  what: string,
  numbers: object,
  most: number,
  least: number,
  shortMs: number,
  longMs: number,
][] = [
  ["events one by one", {}, 100, 2, 15_000, 30_000],
  ["several events at once", { concurrency: 5 }, 18, 10, 15_000, 30_000],
  ["batches", { batch: { size: 20, seconds: 10 } }, 100, 20, 25_000, 40_000],
  ["few events", { prefetch: 1 }, 1, 1, 15_000, 30_000],
];

for (const [what, numbers, most, least, shortMs, longMs] of WORKERS) {
  Deno.test(`PrefetchControl of ${what} shrinks at once and grows by short waits`, () => {
    const prefetch = control(numbers);
    const start = prefetch.count;
    assert(start >= least);
    assert.equal(prefetch.isLong(longMs), false);
    assert.equal(prefetch.isLong(longMs + 1), true);
    assert.equal(prefetch.shrink(), start > least);
    assert.equal(prefetch.count, least);
    assert.equal(prefetch.shrink(), false, "it is as small as can be");
    if (start === least) return assert.equal(prefetch.observe(0), false);
    for (let i = 0; i < 2 * least; i++) assert.equal(prefetch.observe(shortMs), false);
    for (let i = 1; i < least; i++) assert.equal(prefetch.observe(shortMs - 1), false);
    assert.equal(prefetch.observe(shortMs - 1), true);
    assert.equal(prefetch.count, Math.min(2 * least, start));
    assert.equal(start, most);
  });
}

Deno.test("PrefetchControl grows only by short waits in a row, up to the worker's prefetch", () => {
  const prefetch = control({ prefetch: 5 });
  prefetch.shrink();
  assert.equal(prefetch.observe(0), false);
  assert.equal(prefetch.observe(20_000), false);
  assert.equal(prefetch.observe(0), false);
  assert.equal(prefetch.observe(0), true);
  assert.equal(prefetch.count, 4);
  for (let i = 0; i < 3; i++) assert.equal(prefetch.observe(0), false);
  assert.equal(prefetch.observe(0), true);
  assert.equal(prefetch.count, 5);
  assert.equal(prefetch.observe(0), false);
});

const CAREFUL: readonly [what: string, numbers: object, count: number][] = [
  ["ten", {}, 10],
  ["a whole batch", { batch: { size: 40, seconds: 0 } }, 40],
  ["no more than the prefetch", { prefetch: 3 }, 3],
];

for (const [what, numbers, count] of CAREFUL) {
  Deno.test(`PrefetchControl after an unclean end takes ${what}, until a hundred are settled`, () => {
    const prefetch = control(numbers, true);
    assert.equal(prefetch.count, count);
    assert.equal(prefetch.endCare(99), false);
    assert.equal(prefetch.endCare(100), true);
    assert.equal(prefetch.endCare(101), false);
    assert.equal(prefetch.count, control(numbers).count);
  });
}

Deno.test("PrefetchControl after a clean end has no care to end", () => {
  assert.equal(control().endCare(1000), false);
});
