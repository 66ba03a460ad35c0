/**
 * The two decisions of a supervisor as tables: whom the end of a thread is blamed on, and what comes
 * next.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Blame } from "../../../lib/engine/thread/blame.ts";
import {
  blameOf,
  type Circumstances,
  type Next,
  nextAfter,
  thrownBy,
} from "../../../lib/engine/supervisor/next.ts";
import type { HungEnd, ThreadEnd } from "../../../lib/engine/thread/thread_end.ts";
import { WorkerDeclarationError } from "../../../lib/engine/host/discovery.ts";
import { jobs } from "../../fixtures/executor.ts";

const error = { name: "ThreadEnded", message: "it ended" };
const [a, b] = jobs("a", "b");
assert(a && b);

const DIED: ThreadEnd = { kind: "died", reason: "crashed", error };
const FULL: ThreadEnd = { kind: "died", reason: "out of memory", error };
const NOT_STARTED: ThreadEnd = { kind: "not started", error };
const THREW: ThreadEnd = { kind: "unhandled error", error, stillRunning: [a] };
const THREW_ALONE: ThreadEnd = { kind: "unhandled error", error, stillRunning: [] };
const RESTARTED: ThreadEnd = { kind: "restarted", by: "ada", error, stillRunning: [a] };
const UNRESPONSIVE: ThreadEnd = { kind: "unresponsive", seconds: 5, error };
const LACKS_SETTING: ThreadEnd = { kind: "not started", error, thrown: new TypeError("none") };
const LOOP_HUNG: ThreadEnd = {
  kind: "hung loop",
  loop: "tidy",
  seconds: 1,
  error,
  isBlocked: false,
};
const REFUSED: ThreadEnd = { kind: "refused", error, thrown: new TypeError("no") };
const RESIZED: ThreadEnd = { kind: "resized", maxHeapMb: 64 };
const INACTIVE: ThreadEnd = { kind: "inactive" };
const STOPPED: ThreadEnd = { kind: "stopped" };
const HUNG: HungEnd = {
  kind: "hung",
  error,
  seconds: 1,
  jobs: [a],
  running: [a],
  isBlocked: false,
  isBatch: false,
};

type Whom = Pick<Blame, "reason" | "blamed" | "suspects">;
const NOBODY: Whom = { reason: "crashed", blamed: [], suspects: [] };

const BLAME: readonly [what: string, end: ThreadEnd, whom: Whom | undefined][] = [
  ["a crash: all that ran are suspects", DIED, { ...NOBODY, suspects: "running" }],
  ["a full heap: likewise", FULL, {
    reason: "out of memory",
    blamed: [],
    suspects: "running",
  }],
  ["a hang: the one that hangs", HUNG, { reason: "timeout", blamed: [a], suspects: [] }],
  ["a hang beside others: only the one that hangs", { ...HUNG, running: [a, b] }, {
    reason: "timeout",
    blamed: [a],
    suspects: [],
  }],
  ["several hangs: all of them", { ...HUNG, jobs: [a, b], running: [a, b] }, {
    reason: "timeout",
    blamed: [a, b],
    suspects: [],
  }],
  ["a hang that blocks: the only one that ran", { ...HUNG, isBlocked: true }, {
    reason: "timeout",
    blamed: [a],
    suspects: [],
  }],
  ["a hang that blocks others: any may do so", { ...HUNG, running: [a, b], isBlocked: true }, {
    reason: "timeout",
    blamed: [],
    suspects: "running",
  }],
  ["a hang that blocks while a pass runs: either may do so", {
    ...HUNG,
    isBlocked: true,
    loop: "tidy",
  }, { reason: "timeout", blamed: [], suspects: "running" }],
  ["a pass that hangs: no event", LOOP_HUNG, { reason: "timeout", blamed: [], suspects: [] }],
  ["a pass that hangs in a blocked thread: an event may block it", {
    ...LOOP_HUNG,
    isBlocked: true,
  }, { reason: "timeout", blamed: [], suspects: "running" }],
  ["a batch that hangs: any may do so", {
    ...HUNG,
    jobs: [a, b],
    running: [a, b],
    isBatch: true,
  }, { reason: "timeout", blamed: [], suspects: "running" }],
  ["a batch of one that hangs: that one", { ...HUNG, isBatch: true }, {
    reason: "timeout",
    blamed: [a],
    suspects: [],
  }],
  ["an unhandled error: what did not end within the time is suspect", THREW, {
    ...NOBODY,
    suspects: [a],
  }],
  ["an unhandled error beside nothing: nobody", THREW_ALONE, NOBODY],
  ["a restart that somebody asked for: what did not end within the time is suspect", RESTARTED, {
    ...NOBODY,
    suspects: [a],
  }],
  ["a worker that did not start: nobody", NOT_STARTED, NOBODY],
  ["a thread that did not respond: nobody, as nothing ran", UNRESPONSIVE, NOBODY],
  ["a broker that refuses: nobody", REFUSED, NOBODY],
  ["another heap: it concerns no event", RESIZED, undefined],
  ["a queue that is not run: it concerns no event", INACTIVE, undefined],
  ["a stop: the executor releases its events itself", STOPPED, undefined],
];

for (const [what, end, whom] of BLAME) {
  Deno.test(`blame for ${what}`, () => {
    assert.deepEqual(blameOf(end, false), whom && { ...whom, error });
  });
}

Deno.test("during a stop a crash makes no suspects, and a hang still counts", () => {
  assert.deepEqual(blameOf(DIED, true), { ...NOBODY, error });
  assert.deepEqual(blameOf(HUNG, true), { reason: "timeout", blamed: [a], suspects: [], error });
});

/** A queue among others that is consumed. */
const CONSUMED: Circumstances = {
  isStopping: false,
  isOnly: false,
  hasConsumed: true,
  isParked: false,
  mayFail: true,
  isBlamed: false,
};
const FIRST = { hasConsumed: false } as const;
const ONLY = { isOnly: true } as const;
const ONCE_TOO_OFTEN = { mayFail: false } as const;
const PARKED = { isParked: true } as const;
const BLAMED = { isBlamed: true } as const;
const STOPPING = { isStopping: true } as const;

const NEXT: readonly [end: ThreadEnd, circumstances: Partial<Circumstances>, next: Next][] = [
  [DIED, BLAMED, "at once"],
  [DIED, { ...BLAMED, ...ONCE_TOO_OFTEN }, "at once"],
  [DIED, {}, "later"],
  [DIED, ONCE_TOO_OFTEN, "when parked"],
  [DIED, PARKED, "when parked"],
  [DIED, FIRST, "later"],
  [DIED, { ...FIRST, ...ONLY }, "throw"],
  [DIED, ONLY, "later"],
  [FULL, BLAMED, "at once"],
  [HUNG, BLAMED, "at once"],
  [HUNG, ONCE_TOO_OFTEN, "at once"],
  [LOOP_HUNG, {}, "at once"],
  [LOOP_HUNG, ONCE_TOO_OFTEN, "at once"],
  [THREW, BLAMED, "later"],
  [THREW, ONCE_TOO_OFTEN, "when parked"],
  [RESTARTED, ONCE_TOO_OFTEN, "at once"],
  [RESTARTED, PARKED, "at once"],
  [RESTARTED, { ...FIRST, ...ONLY }, "at once"],
  [RESTARTED, STOPPING, "never"],
  [UNRESPONSIVE, {}, "later"],
  [UNRESPONSIVE, ONCE_TOO_OFTEN, "when parked"],
  [NOT_STARTED, {}, "later"],
  [NOT_STARTED, FIRST, "later"],
  [NOT_STARTED, ONLY, "later"],
  [NOT_STARTED, { ...FIRST, ...ONLY }, "throw"],
  [NOT_STARTED, ONCE_TOO_OFTEN, "when parked"],
  [NOT_STARTED, PARKED, "when parked"],
  [LACKS_SETTING, FIRST, "throw"],
  [LACKS_SETTING, {}, "later"],
  [LACKS_SETTING, ONCE_TOO_OFTEN, "when parked"],
  [REFUSED, FIRST, "when parked"],
  [REFUSED, { ...FIRST, ...PARKED }, "when parked"],
  [REFUSED, { ...FIRST, ...ONLY }, "throw"],
  [RESIZED, FIRST, "at once"],
  [RESIZED, ONCE_TOO_OFTEN, "at once"],
  [INACTIVE, FIRST, "never"],
  [STOPPED, {}, "never"],
];

for (const [end, circumstances, next] of NEXT) {
  const what = Object.entries(circumstances).map(([name, value]) => value ? name : `not ${name}`);
  const kind = end === LACKS_SETTING ? "lacks a setting" : end.kind;
  Deno.test(`next after "${kind}" (${what.join(", ") || "consumed"}): ${next}`, () => {
    assert.equal(nextAfter(end, { ...CONSUMED, ...circumstances }), next);
  });
}

Deno.test("a queue that is being stopped gets no other thread, however its thread ends", () => {
  const ends = [DIED, FULL, HUNG, THREW, UNRESPONSIVE, NOT_STARTED, REFUSED, RESIZED, INACTIVE];
  for (const end of ends) {
    assert.equal(nextAfter(end, { ...CONSUMED, ...BLAMED, ...STOPPING }), "never", end.kind);
  }
});

Deno.test("what is thrown is the broker's own error, or the worker's as its thread told it", () => {
  assert.equal(thrownBy(REFUSED), REFUSED.kind === "refused" && REFUSED.thrown);
  assert.equal(
    thrownBy(LACKS_SETTING),
    LACKS_SETTING.kind === "not started" && LACKS_SETTING.thrown,
  );
  const thrown = thrownBy(NOT_STARTED);
  assert(thrown instanceof Error);
  assert.deepEqual([thrown.name, thrown.message], ["ThreadEnded", "it ended"]);
  const declaration = { name: "WorkerDeclarationError", message: "no queue" };
  assert(thrownBy({ kind: "not started", error: declaration }) instanceof WorkerDeclarationError);
});
