import assert from "node:assert/strict";
import { dueAt, triedAgainAt } from "../../../../lib/domain/messages/missed/schedule.ts";

const NOW = Date.UTC(2026, 2, 1, 12);
const [MINUTE, HOUR] = [60_000, 3_600_000];

Deno.test("the first missed message is due after the user's period, whatever comes next", () => {
  assert.equal(dueAt({ pending: undefined, now: NOW, batchingSeconds: 120 }), NOW + 2 * MINUTE);
  assert.equal(dueAt({ pending: NOW + 5, now: NOW, batchingSeconds: 120 }), NOW + 5);
  assert.equal(dueAt({ pending: NOW - 5, now: NOW, batchingSeconds: 120 }), NOW - 5);
  assert.equal(dueAt({ pending: undefined, now: NOW, batchingSeconds: 0 }), NOW);
  assert.equal(dueAt({ pending: undefined, now: NOW, batchingSeconds: -9 }), NOW);
});

const TRIES: readonly (readonly [failures: number, age: number, delay: number | undefined])[] = [
  [1, 0, MINUTE],
  [2, 0, 2 * MINUTE],
  [3, HOUR, 4 * MINUTE],
  [6, HOUR, 32 * MINUTE],
  [7, HOUR, HOUR],
  [2000, 24 * HOUR, HOUR],
  [4, 25 * HOUR, 8 * MINUTE],
  [5, 25 * HOUR, undefined],
  [1, 999 * HOUR, MINUTE],
];

for (const [failures, age, delay] of TRIES) {
  const what = delay === undefined ? "given up" : `tried again in ${delay / MINUTE} min`;
  const title = `mails of a user that failed ${failures} times, of messages ${age / HOUR} h old, ` +
    `are ${what}`;
  Deno.test(title, () => {
    const at = triedAgainAt({ failures, newest: NOW - age, now: NOW });
    assert.equal(at, delay === undefined ? undefined : NOW + delay);
  });
}
