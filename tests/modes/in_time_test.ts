/**
 * One queue of a process.
 *
 * @module
 */

import assert from "node:assert/strict";
import { isInTime } from "../../lib/modes/run/in_time.ts";

const NOW = 100_000;

/** A runner whose events started this many ms ago. */
function running(limit: number | undefined, ...ages: readonly number[]) {
  return { limit, running: () => ages.map((age) => ({ since: NOW - age })) };
}

Deno.test("a queue is well until one of its events is 5 s older than its limit", () => {
  assert.equal(isInTime(running(2000), NOW), true);
  assert.equal(isInTime(running(2000, 10, 6999), NOW), true);
  assert.equal(isInTime(running(2000, 10, 7000), NOW), false);
});

Deno.test("a queue without a limit is well however long its events run", () => {
  assert.equal(isInTime(running(undefined, 90_000), NOW), true);
});
