import assert from "node:assert/strict";
import { SharedRuns } from "../../../lib/engine/thread/shared_runs.ts";
import { range } from "../../fixtures/executor/bench.ts";

const TIME = { startedAt: 1, runMs: 2, shareMs: 0.5 };

Deno.test("shared runs report what is done, in its order, however often the ring wraps", () => {
  const shared = SharedRuns.ofSize({ running: 2, outstanding: 3 });
  const thread = new SharedRuns(shared.memory);
  const taken: number[] = [];
  for (const id of range(10).keys()) {
    thread.finish(id + 1, TIME);
    if (id % 3 === 2) shared.takeFinished((seq) => taken.push(seq));
  }
  shared.takeFinished((seq, time) => {
    taken.push(seq);
    assert.deepEqual(time, TIME);
  });
  assert.deepEqual(taken, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  shared.takeFinished(() => assert.fail("nothing is new"));
});

Deno.test("shared runs report what is done when 2³² jobs are", () => {
  const { memory } = SharedRuns.ofSize({ running: 2, outstanding: 200 });
  // The count, which comes behind the times of runs and of the ring.
  new Int32Array(memory.buffer, 8 * (memory.running + 3 * memory.outstanding), 1)[0] = -100;
  const [shared, thread] = [new SharedRuns(memory), new SharedRuns(memory)];
  for (let seq = 1; seq <= 200; seq++) thread.finish(seq, TIME);
  const taken: number[] = [];
  shared.takeFinished((seq) => taken.push(seq));
  assert.deepEqual(taken, Array.from({ length: 200 }, (_, index) => index + 1));
});

Deno.test("shared runs say what runs and since when", () => {
  const shared = SharedRuns.ofSize({ running: 2, outstanding: 3 });
  const thread = new SharedRuns(shared.memory);
  thread.start(1, 7, 12.5);
  thread.start(0, 8, 13.5);
  assert.deepEqual(shared.running(), [{ seq: 8, since: 13.5 }, { seq: 7, since: 12.5 }]);
  thread.end(0);
  assert.deepEqual(shared.running(), [{ seq: 7, since: 12.5 }]);
});

Deno.test("shared runs postpone what runs, but not beyond now", () => {
  const shared = SharedRuns.ofSize({ running: 2, outstanding: 3 });
  const thread = new SharedRuns(shared.memory);
  thread.start(0, 7, 1000);
  thread.start(1, 8, 5000);
  shared.postpone(4000, 6000);
  assert.deepEqual(shared.running(), [{ seq: 7, since: 5000 }, { seq: 8, since: 6000 }]);
});
