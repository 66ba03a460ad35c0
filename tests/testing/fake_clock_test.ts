/**
 * `FakeClock`: time that the test moves on.
 *
 * @module
 */

import assert from "node:assert/strict";
import { FakeClock } from "process-queue/testing";

Deno.test("FakeClock fires timers in the order of their times, each at its own", () => {
  const clock = new FakeClock(1000);
  const fired: unknown[] = [];
  const at = (name: string) => () => fired.push([name, clock.now()]);
  clock.after(20, at("b"));
  clock.after(10, () => {
    at("a")();
    clock.after(10, at("c"));
    clock.after(5, at("between"));
  });
  const cancel = clock.after(15, at("never"));
  clock.after(31, at("late"));
  cancel();
  clock.advance(30);
  assert.deepEqual(fired, [["a", 1010], ["between", 1015], ["b", 1020], ["c", 1020]]);
  assert.deepEqual([clock.now(), clock.next], [1030, 1031]);
  clock.advance(1);
  assert.deepEqual([fired.length, clock.next], [5, undefined]);
  cancel();
});

Deno.test("FakeClock begins at the same time in every test, and goes one way", () => {
  const clock = new FakeClock();
  assert.equal(new Date(clock.now()).toISOString(), "2026-01-01T00:00:00.000Z");
  for (const ms of [-1, NaN]) assert.throws(() => clock.advance(ms), RangeError);
});
