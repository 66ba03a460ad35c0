/**
 * An idle process ends at once, however it runs its queues.
 *
 * @module
 */

import assert from "node:assert/strict";
import { assertWithin } from "../fixtures/pace.ts";
import { modesTest } from "../fixtures/process/modes.ts";

modesTest("an idle process ends within 200 ms", async (fixture, start) => {
  await fixture.worker();
  await fixture.publish([{ n: 0 }]);
  const times: number[] = [];
  for (let n = 1; n <= 3; n++) {
    const program = start();
    await fixture.publish([{ n }]);
    await fixture.untilWritten("done", n);
    await fixture.untilReady(0);
    const began = performance.now();
    program.signal("SIGTERM");
    assert.equal((await program.end()).code, 0);
    times.push(performance.now() - began);
  }
  const median = times.toSorted((a, b) => a - b)[1] ?? Infinity;
  await assertWithin(median, 200, "the median of three ends");
});
