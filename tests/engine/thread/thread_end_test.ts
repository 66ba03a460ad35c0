/** The reasons to end a thread, as tables. */

import assert from "node:assert/strict";
import { reasonToEnd, type Signs } from "../../../lib/engine/thread/thread_end.ts";
import type { WorkerDescription } from "../../../lib/engine/executor/executor.ts";
import { jobs } from "../../fixtures/executor.ts";

const [a, b] = jobs("a", "b");
assert(a && b);

const DESCRIPTION: WorkerDescription = {
  queue: "q",
  isTestQueue: false,
  secrets: [],
  requires: [],
  ownDatabaseOnly: false,
  prefetch: 10,
  concurrency: 1,
  batch: undefined,
  maxConsumeSeconds: 30,
  maxHeapMb: 64,
  retries: [],
  patienceSeconds: null,
};
const BATCH: Partial<WorkerDescription> = { batch: { size: 10, seconds: 3 } };
const NO_LIMIT: Partial<WorkerDescription> = { maxConsumeSeconds: null };

function reason(signs: Partial<Signs>, description: Partial<WorkerDescription> = {}, now = 0) {
  const well: Omit<Signs, "description"> = {
    abortGraceSeconds: 10,
    running: [],
    isLate: false,
    unresponsiveMs: 0,
    isStopping: false,
  };
  return reasonToEnd(
    { ...well, ...signs, description: { ...DESCRIPTION, ...description } },
    now,
  );
}

for (
  const [what, isLate, description, ms] of [
    ["a blocked thread may be so for as long as an event may run", true, {}, 40_000],
    ["and at least for 5 s", true, { maxConsumeSeconds: -9 }, 5000],
    ["and for 30 s where events may run for ever", true, NO_LIMIT, 30_000],
    ["a thread that turns has to answer within 5 s", false, {}, 5000],
    ["after it has gathered its batch", false, BATCH, 8000],
  ] as const
) {
  Deno.test(`unresponsive threads: ${what}`, () => {
    assert.equal(reason({ isLate, unresponsiveMs: ms }, description), undefined);
    const end = reason({ isLate, unresponsiveMs: ms + 1 }, description);
    assert(end?.kind === "unresponsive");
    assert.equal(end.seconds, ms / 1000);
    assert.equal(end.error.message, `The thread did not respond for ${ms / 1000} s`);
  });
}

Deno.test("a thread that is being stopped need not respond, but may hang", () => {
  assert.equal(reason({ unresponsiveMs: 60_000, isStopping: true }), undefined);
  const running = [{ job: a, since: 0 }];
  assert.equal(reason({ running, isStopping: true }, {}, 40_000)?.kind, "hung");
});

Deno.test("a handler hangs after its limit and its grace, whatever runs beside it", () => {
  const running = [{ job: a, since: 0 }, { job: b, since: 1 }];
  assert.equal(reason({ running }, {}, 39_999), undefined);
  assert.deepEqual(reason({ running, isLate: true }, BATCH, 40_000), {
    kind: "hung",
    error: {
      name: "WorkerTimeoutError",
      message: "Timed out in q after 30 seconds processing 1 events",
    },
    seconds: 30,
    jobs: [a],
    running: [a, b],
    isBlocked: true,
    isBatch: true,
  });
  assert.equal(reason({ running }, NO_LIMIT, 1e9), undefined);
});
