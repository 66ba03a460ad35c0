import assert from "node:assert/strict";
import { readClock } from "../../lib/system/clock_reading.ts";

/** A clock of this host on which a question and its answer take 200 ms, from 1000 to 1200. */
function clock(): () => number {
  const times = [1000, 1200];
  return () => times.shift() ?? 0;
}

Deno.test("readClock takes it that the time was told in the middle of the way there and back", async () => {
  const reading = await readClock(() => Promise.resolve({ at: 6100 }), clock());
  assert.deepEqual(reading, { aheadMs: 5000, uncertainMs: 100 });
});

Deno.test("readClock knows less where the other clock gives whole seconds", async () => {
  const reading = await readClock(() => Promise.resolve({ at: 6000, roundedMs: 1000 }), clock());
  assert.deepEqual(reading, { aheadMs: 5400, uncertainMs: 600 });
});

Deno.test("readClock says nothing where the other host gives no time", async () => {
  assert.equal(await readClock(() => Promise.resolve(undefined), clock()), undefined);
});
