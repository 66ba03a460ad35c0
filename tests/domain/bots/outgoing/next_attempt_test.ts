import assert from "node:assert/strict";
import { nextAttempt } from "../../../../lib/domain/bots/outgoing/next_attempt.ts";
import type { ServiceEnd } from "../../../../lib/domain/bots/outgoing/webhook_runner.ts";

const DONE: ServiceEnd = { kind: "done", isRead: false };

function again(counts: boolean, afterMs?: number): ServiceEnd {
  return { kind: "again", reason: "why", counts, afterMs };
}

const ROWS: readonly [
  what: string,
  ends: readonly ServiceEnd[],
  attempt: number,
  next: readonly [after: number, counts: boolean] | undefined,
][] = [
  ["no service", [], 1, undefined],
  ["all done", [DONE, DONE], 1, undefined],
  ["the first retry", [DONE, again(true)], 1, [1, true]],
  ["the second", [again(true)], 2, [5, true]],
  ["the third", [again(true)], 3, [15, true]],
  ["Retry-After beyond the schedule", [again(true, 9_000)], 1, [10, true]],
  ["Retry-After within it", [again(true, 900)], 3, [15, true]],
  ["a pause", [again(false, 4_500)], 1, [5, false]],
  ["a pause of one and a failure of another", [again(false, 900), again(true)], 2, [5, true]],
];

Deno.test("an event waits for what takes longest, and never less than a service asks for", () => {
  for (const [what, ends, attempt, expected] of ROWS) {
    const next = nextAttempt(ends, attempt, [1, 5, 15]);
    assert.deepEqual(next && [next.after, next.counts], expected, what);
  }
});
