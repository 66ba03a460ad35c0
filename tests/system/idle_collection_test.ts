/** When an idle thread collects its garbage. @module */

import assert from "node:assert/strict";
import { getHeapStatistics } from "node:v8";
import { collectGarbage, IdleCollection } from "../../lib/system/idle_collection.ts";

/** One sweep: the time in ms, the activity, the heap in MB. */
type Sweep = readonly [now: number, activity: number | "busy", heapMb: number];

const CASES: readonly (readonly [what: string, sweeps: readonly Sweep[], count: number])[] = [
  ["after the start, once it was idle for 10 s", [[0, 0, 15], [10_000, 0, 15]], 1],
  ["once in 10 s, however fast a loop fills the heap", [
    [0, 0, 15],
    [10_000, 0, 20],
    [10_250, 0, 15],
    [10_500, 0, 20],
    [10_750, 0, 15],
    [11_000, 0, 20],
    [20_000, 0, 20],
  ], 2],
  ["not before 10 s are over", [[0, 0, 15], [9_999, 0, 15]], 0],
  ["not again while it stays idle", [[0, 0, 15], [10_000, 0, 15], [60_000, 0, 12]], 1],
  ["10 s after the last event", [[0, 0, 15], [9_000, 1, 15], [18_000, 1, 15]], 0],
  ["not while an event runs", [[0, 0, 15], [9_000, "busy", 15], [19_000, "busy", 15]], 0],
  [
    "10 s after a long event",
    [[0, 0, 15], [9_000, "busy", 15], [9_250, 1, 15], [19_250, 1, 15]],
    1,
  ],
  ["not for a heap that has hardly grown", [
    [0, 0, 15],
    [10_000, 0, 15],
    [10_250, 0, 12],
    [30_000, 1, 15.9],
    [40_000, 1, 15.9],
  ], 1],
  ["again when the heap has grown by 4 MB", [
    [0, 0, 15],
    [10_000, 0, 15],
    [10_250, 0, 12],
    [30_000, 1, 16],
    [40_000, 1, 16],
  ], 2],
];

for (const [what, sweeps, count] of CASES) {
  Deno.test(`an idle thread collects: ${what}`, () => {
    let collected = 0;
    const collection = new IdleCollection(() => collected++);
    for (const sweep of sweeps) collection.sweep(...sweep);
    assert.equal(collected, count);
  });
}

Deno.test("a collection frees what nothing refers to", async () => {
  let garbage: number[] | undefined = Array.from({ length: 4e6 }, (_, i) => i + 0.5);
  assert.equal(garbage.length, 4e6);
  const before = getHeapStatistics().used_heap_size;
  garbage = undefined;
  assert.equal(await collectGarbage(), true);
  assert.ok(getHeapStatistics().used_heap_size < before - 20e6);
});
