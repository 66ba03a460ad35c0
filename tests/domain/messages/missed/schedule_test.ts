import assert from "node:assert/strict";
import { dueAt, isGivenUp, waitAfter } from "../../../../lib/domain/messages/missed/schedule.ts";

const NOW = Date.UTC(2026, 2, 1, 12);
const [MINUTE, HOUR] = [60_000, 3_600_000];

Deno.test("the first missed message is due after the user's period, whatever comes next", () => {
  assert.equal(dueAt({ pending: undefined, now: NOW, batchingSeconds: 120 }), NOW + 2 * MINUTE);
  assert.equal(dueAt({ pending: NOW + 5, now: NOW, batchingSeconds: 120 }), NOW + 5);
  assert.equal(dueAt({ pending: NOW - 5, now: NOW, batchingSeconds: 120 }), NOW - 5);
  const failed = NOW + HOUR;
  assert.equal(dueAt({ pending: failed, now: NOW, batchingSeconds: 120 }), NOW + 2 * MINUTE);
  assert.equal(dueAt({ pending: undefined, now: NOW, batchingSeconds: 0 }), NOW);
  assert.equal(dueAt({ pending: undefined, now: NOW, batchingSeconds: -9 }), NOW);
});

const WAITS: readonly (readonly [failures: number, wait: number])[] = [
  [1, MINUTE],
  [2, 2 * MINUTE],
  [3, 4 * MINUTE],
  [6, 32 * MINUTE],
  [7, HOUR],
  [2000, HOUR],
];

for (const [failures, wait] of WAITS) {
  const title = `a mail that failed ${failures} times is tried again in ` +
    `${wait / MINUTE} min`;
  Deno.test(title, () => assert.equal(waitAfter(failures), wait));
}

Deno.test("a message is given up after five failures, when it is over a day old", () => {
  assert.equal(isGivenUp(5, 24 * HOUR + 1), true);
  assert.equal(isGivenUp(5, 24 * HOUR), false);
  assert.equal(isGivenUp(4, 999 * HOUR), false);
});
