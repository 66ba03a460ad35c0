import assert from "node:assert/strict";
import { RestartBudget } from "../../../lib/engine/supervisor/budget.ts";

/** A budget whose clock the test moves. */
function budget(most: number, random: number) {
  const time = { now: 0 };
  const options = { most, windowMs: 300_000, clock: () => time.now, random: () => random };
  return { time, budget: new RestartBudget(options) };
}

Deno.test("each failure waits longer, up to 30 s", () => {
  const { budget: it } = budget(10, 1);
  const waits = Array.from({ length: 10 }, () => it.failed());
  assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000, 30_000]);
});

Deno.test("what failed together does not try together", () => {
  assert.equal(budget(10, 0).budget.failed(), 250);
  assert.equal(budget(10, 0.5).budget.failed(), 375);
});

Deno.test("one failure more than allowed is once too often", () => {
  const { budget: it } = budget(2, 1);
  assert.deepEqual([it.failed(), it.failed(), it.failed()], [500, 1000, undefined]);
});

Deno.test("failures of long ago are forgotten", () => {
  const { budget: it, time } = budget(2, 1);
  it.failed();
  it.failed();
  time.now = 300_000;
  assert.equal(it.failures, 0);
  assert.equal(it.failed(), 500);
});

Deno.test("another chance forgets all", () => {
  const { budget: it } = budget(1, 1);
  it.failed();
  it.clear();
  assert.equal(it.failed(), 500);
});
