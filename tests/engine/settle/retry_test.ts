import assert from "node:assert/strict";
import fc from "fast-check";
import {
  failedQueueName,
  firstHopFor,
  hopFor,
  jitteredMs,
  LADDER,
  retryQueueName,
} from "../../../lib/engine/settle/retry.ts";

const NOW = Date.UTC(2025, 0, 1);
const DAY = 86_400;

const STEPS: readonly [seconds: number, step: number][] = [
  [0, 1],
  [0.5, 1],
  [1, 1],
  [1.001, 5],
  [5, 5],
  [6, 15],
  [15, 15],
  [60, 60],
  [61, 300],
  [300, 300],
  [900, 900],
  [901, 3600],
  [3601, 14_400],
  [14_401, DAY],
  [DAY, DAY],
];

for (const [seconds, step] of STEPS) {
  Deno.test(`hopFor puts a delay of ${seconds} s on the step of ${step} s`, () => {
    assert.deepEqual(hopFor(seconds, NOW), { step });
  });
}

Deno.test("hopFor lets what is longer than the ladder wait on its last step, and says until when", () => {
  assert.deepEqual(hopFor(2 * DAY, NOW), { step: DAY, notBefore: NOW + 2 * DAY * 1000 });
});

Deno.test("firstHopFor waits on the longest step within a delay, and says until when", () => {
  const until = (seconds: number) => NOW + seconds * 1000;
  assert.deepEqual(firstHopFor(0.2, NOW), { step: 1 });
  assert.deepEqual(firstHopFor(60, NOW), { step: 60 });
  assert.deepEqual(firstHopFor(90, NOW), { step: 60, notBefore: until(90) });
  assert.deepEqual(firstHopFor(600, NOW), { step: 300, notBefore: until(600) });
  assert.deepEqual(firstHopFor(3 * DAY, NOW), { step: DAY, notBefore: until(3 * DAY) });
});

Deno.test("hopFor gives whole milliseconds, which are all that a header may hold", () => {
  const { notBefore = 0 } = hopFor(DAY + 0.000_123_4, NOW + 0.3);
  assert.equal(notBefore, NOW + DAY * 1000 + 1);
});

Deno.test("hopFor never lets an event run before its time, and needs at most one hop a day", () => {
  fc.assert(fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), (seconds) => {
    let now = NOW;
    let hop = hopFor(seconds, now);
    let hops = 1;
    for (; hop.notBefore !== undefined; hops++) {
      assert(Number.isSafeInteger(hop.notBefore));
      now += hop.step * 1000;
      const left = (hop.notBefore - now) / 1000;
      if (left <= 0) return;
      hop = hopFor(left, now);
    }
    assert(hop.step >= seconds - (now - NOW) / 1000 - 0.001);
    assert(hops <= Math.ceil(seconds / DAY) + 1);
  }));
});

for (const seconds of [1e12, 1e300, Infinity]) {
  Deno.test(`hopFor keeps a delay of ${seconds} s a number that a header can hold`, () => {
    const { step, notBefore = 0 } = hopFor(seconds, NOW);
    assert.equal(step, DAY);
    assert(Number.isSafeInteger(notBefore) && notBefore > NOW);
  });
}

for (const step of LADDER) {
  Deno.test(`jitteredMs waits 90 to 100 % of a step of ${step} s`, () => {
    assert.equal(jitteredMs(step, 0), step * 900);
    assert.equal(jitteredMs(step, 0.5), step * 950);
    assert.equal(jitteredMs(step, 1), step * 1000);
  });
}

Deno.test("jitteredMs spreads out events that failed together", () => {
  const waits = Array.from({ length: 1000 }, () => jitteredMs(60));
  assert(waits.every((ms) => Number.isInteger(ms) && ms >= 54_000 && ms <= 60_000));
  assert(new Set(waits).size > 500);
});

Deno.test("retryQueueName and failedQueueName are made of the queue's name", () => {
  assert.equal(retryQueueName("user_activity", 5), "user_activity.retry.5s");
  assert.equal(failedQueueName("user_activity"), "user_activity.failed");
});
