import assert from "node:assert/strict";
import {
  busyUntil,
  type EffectRow,
  stateOf,
  type StepState,
} from "../../../lib/domain/database/effect_state.ts";

/** One minute after the record was written; a step takes at most 60 s. */
const AT = 1_700_000_000_000;
const MAX_SECONDS = 60;
const BUSY = { busyUntil: AT + 60_000 };

const TABLE: readonly (readonly [
  state: EffectRow["state"] | undefined,
  owner: "me" | "another",
  /** s after the record was written. */
  now: number,
  /** s after the record was written; undefined where nobody put the event back. */
  retried: number | undefined,
  expected: StepState,
])[] = [
  [undefined, "me", 1, undefined, "run"],
  [undefined, "me", 1, -9, "run"],
  ["done", "me", 1, undefined, "done"],
  ["done", "another", 1, undefined, "done"],
  ["done", "another", 99, undefined, "done"],
  ["done", "me", 99, 5, "done"],
  ["failed", "me", 1, undefined, "failed"],
  ["failed", "another", 99, undefined, "failed"],
  ["failed", "another", 99, -1, "failed"],
  ["failed", "another", 99, 0, "failed"],
  ["failed", "me", 9, 1, "run"],
  ["failed", "another", 9, 1, "run"],
  ["started", "another", 0, undefined, BUSY],
  ["started", "another", 59.999, undefined, BUSY],
  ["started", "another", 60, undefined, "unknown"],
  ["started", "another", 999, undefined, "unknown"],
  ["started", "another", -5, undefined, BUSY],
  ["started", "me", 0, undefined, "unknown"],
  ["started", "me", 59, undefined, "unknown"],
  ["started", "another", 59, 1, BUSY],
  ["started", "another", 60, 1, "run"],
  ["started", "another", 60, -1, "unknown"],
  ["started", "me", 9, 1, "run"],
  ["started", "me", 9, 0, "unknown"],
  ["started", "me", 9, -1, "unknown"],
];

for (const [state, owner, now, retried, expected] of TABLE) {
  const record = state
    ? `${state} by ${owner === "me" ? "this" : "another"} run`
    : "without record";
  const put = retried === undefined ? "" : `, the event put back ${retried} s after the record`;
  const title = typeof expected === "object" ? "busy" : expected;
  Deno.test(`a step ${record}, asked for ${now} s later${put}, is ${title}`, () => {
    const row = state && { state, owner, at: AT };
    const asking = {
      owner: "me",
      now: AT + now * 1000,
      maxSeconds: MAX_SECONDS,
      retriedAt: retried === undefined ? undefined : AT + retried * 1000,
    };
    assert.deepEqual(stateOf(row, asking), expected);
  });
}

Deno.test("busyUntil is the last time of all busy steps", () => {
  assert.equal(busyUntil([]), undefined);
  assert.equal(busyUntil(["run", "done", "failed", "unknown"]), undefined);
  assert.equal(busyUntil([{ busyUntil: 5 }, "run", { busyUntil: 9 }, { busyUntil: 7 }]), 9);
});
