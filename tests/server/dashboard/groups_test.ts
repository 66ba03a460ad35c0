/** What the dashboard says of dead letters, and of tasks on them. */

import assert from "node:assert/strict";
import {
  coverOf,
  headingOf,
  isWhole,
  listQuery,
  matchedWords,
  outcomeOf,
  progressOf,
  repairFilter,
} from "../../../lib/server/dashboard/model/groups.js";

Deno.test("the same filter lists and repairs; selected events are named", () => {
  const asked = { group: "f3a91c02", reason: "error", text: "451", when: "older" };
  assert.deepEqual(listQuery(asked), {
    group: "f3a91c02",
    reason: "error",
    error: "451",
    newer_than: undefined,
    older_than: 86_400,
  });
  assert.deepEqual(repairFilter(asked), {
    groups: ["f3a91c02"],
    reasons: ["error"],
    contains: "451",
    older_than: 86_400,
  });
  assert.deepEqual(repairFilter(asked, ["7c1f09a2b3d4"]), { ids: ["7c1f09a2b3d4"] });
  assert.deepEqual(repairFilter({ when: "hour" }), { newer_than: 3600 });
  assert.deepEqual(repairFilter({}), { all: true });
});

Deno.test("a heading and a group say what was looked at", () => {
  const scan = {
    scanned: 1204,
    of: 1204,
    complete: true,
    groups: [{ count: 1157 }, { count: 47 }],
  };
  assert.equal(headingOf(scan), "1,204 failed events in 2 groups");
  assert.equal(
    headingOf({ ...scan, of: 1_204_311, complete: false }),
    "1,204,311 failed events, 2 groups so far",
  );
  assert.equal(headingOf({ ...scan, of: 0 }), "Nothing failed");
  assert.equal(coverOf({ count: 1157 }, scan), "1,157 events");
  assert.equal(
    coverOf({ count: 8119 }, { ...scan, scanned: 10_000, complete: false }),
    "8,119 of the first 10,000",
  );
});

Deno.test("what a task did, or why it did not", () => {
  const result = {
    matched: 1157,
    moved: 1145,
    left_alone: 12,
    remaining: 59,
    seconds: 57.4,
    scanned: 1204,
    of: 1204,
  };
  const cases: [Parameters<typeof outcomeOf>[0], string][] = [
    [
      { kind: "retry", state: "done", result },
      "Put back 1,145 of 1,157, 12 left alone; 59 others stay. Took 57.4s.",
    ],
    [{
      kind: "drop",
      state: "canceled",
      result: { ...result, left_alone: 0, moved: 3, remaining: 1 },
    }, "Dropped 3 of 1,157, then it was canceled; 1 other stays. Took 57.4s."],
    [
      { kind: "drop", state: "failed", error: "the disk is full" },
      "The drop stopped: the disk is full",
    ],
    [{ kind: "scan", state: "done", result }, "Scanned 1,204 of 1,204"],
  ];
  for (const [task, said] of cases) assert.equal(outcomeOf(task), said);
});

Deno.test("the progress of a task is counted in what it does", () => {
  const progress = { scanned: 600, of: 1204, removed: 200 };
  assert.deepEqual(
    progressOf({ kind: "retry", state: "running", progress, rate: 20, expected: 1000 }),
    { done: 200, of: 1000, text: "200 of 1,000 put back", left: "about 40.0s left" },
  );
  assert.deepEqual(
    progressOf({ kind: "drop", state: "running", progress, rate: null, expected: 1000 }),
    { done: 200, of: 1000, text: "200 of 1,000 dropped", left: "" },
  );
  assert.deepEqual(progressOf({ kind: "scan", state: "running", progress }), {
    done: 600,
    of: 1204,
    text: "600 of 1,204 scanned",
    left: "",
  });
  assert.equal(
    progressOf({ kind: "scan", state: "running", progress: null }).text,
    "0 of 0 scanned",
  );
});

Deno.test("a number of events says when it is of those listed only", () => {
  const page = { scanned: 50_000, complete: true, kept: 9500, matched: 9500 };
  assert.equal(matchedWords(page), "9,500 of the 9,500 listed match");
  assert.equal(matchedWords({ ...page, matched: 1 }), "1 of the 9,500 listed matches");
  assert.equal(matchedWords({ ...page, kept: 50_000, matched: 12 }), "12 events match");
  assert.deepEqual([isWhole(page), isWhole({ ...page, kept: 50_000 })], [false, true]);
  assert.equal(isWhole({ ...page, kept: 50_000, complete: false }), false);
});
