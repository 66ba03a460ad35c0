/**
 * What a recall releases, and that each event has one outcome: the same for every executor.
 *
 * @module
 */

import assert from "node:assert/strict";
import fc from "fast-check";
import { bothTest } from "../../fixtures/executor/both.ts";
import { type Bench, event, events, waiting } from "../../fixtures/executor/bench.ts";

const at = (id: string, receivedAt: number) => event({ id, do: "wait" }, { receivedAt });

bothTest(
  "what waits is released when it is recalled",
  {},
  async ({ executor, handlers, recorder }) => {
    executor.run(waiting("a", "b", "c"));
    await handlers.waits("a");
    executor.recall(Infinity);
    await recorder.outcomes(2);
    assert.deepEqual(recorder.ids("released"), ["b", "c"]);
    handlers.leave("a");
    await recorder.outcomes(3);
    assert.deepEqual(recorder.ids("done"), ["a"]);
  },
);

bothTest(
  "when one is too old, everything that waits is released, to keep its order",
  {},
  async (bench) => {
    const { executor, handlers, recorder } = bench;
    executor.run([at("running", 10), at("old", 10), at("new", 20)]);
    await handlers.waits("running");
    executor.recall(10);
    await handlers.turn();
    assert.deepEqual(recorder.told, []);
    executor.recall(20);
    await recorder.outcomes(2);
    assert.deepEqual(recorder.ids("released").toSorted(), ["new", "old"]);
    handlers.leave("running");
    await recorder.outcomes(3);
    assert.deepEqual(handlers.entered, ["running"]);
  },
);

bothTest("what there is no room for yet is released, too", { concurrency: 2 }, async (bench) => {
  const { executor, handlers, recorder } = bench;
  const many = Array.from({ length: 30 }, (_, index) => at(`e${index}`, index));
  executor.run(many);
  await handlers.waits("e0", "e1");
  executor.recall(3);
  await recorder.outcomes(28);
  for (const id of ["e0", "e1"]) handlers.leave(id);
  await recorder.outcomes(30);
  assert.deepEqual(handlers.entered, ["e0", "e1"]);
});

bothTest("what waits for its key is released", { worker: "ordered" }, async (bench) => {
  const { executor, handlers, recorder } = bench;
  executor.run(waiting("a", "b", "c"));
  await handlers.waits("a");
  executor.recall(Infinity);
  await recorder.outcomes(2);
  assert.deepEqual(recorder.ids("released").toSorted(), ["b", "c"]);
  handlers.leave("a");
  executor.run(waiting("d"));
  await handlers.waits("d");
  handlers.leave("d");
  await recorder.outcomes(4);
  assert.deepEqual(handlers.entered, ["a", "d"]);
});

bothTest(
  "a batch that is being gathered is released, and gathered again",
  { worker: "gathered" },
  async (bench) => {
    const { executor, handlers, recorder } = bench;
    executor.run(events("a", "b"));
    await handlers.turn();
    executor.recall(Infinity);
    await recorder.outcomes(2);
    assert.deepEqual(recorder.ids("released"), ["a", "b"]);
    executor.run(events("x", "y", "z"));
    await recorder.outcomes(5);
    await handlers.entries(3);
    assert.deepEqual(handlers.calls, [["x", "y", "z"]]);
  },
);

bothTest("what is to run one by one is released", { worker: "gathered" }, async (bench) => {
  const { executor, handlers, recorder } = bench;
  executor.run(events({ id: "a", do: "wait", throwsTogether: "an error" }, "b", "c"));
  await handlers.waits("a");
  handlers.leave("a");
  await handlers.until("a runs by itself", () => handlers.calls.length === 2);
  await handlers.waits("a");
  executor.recall(Infinity);
  await recorder.outcomes(2);
  assert.deepEqual(recorder.ids("released"), ["b", "c"]);
  handlers.leave("a");
  await recorder.outcomes(3);
  assert.deepEqual(handlers.calls, [["a", "b", "c"], ["a"]]);
});

const anyScript = fc.record({
  do: fc.constantFrom("wait" as const, undefined),
  throws: fc.constantFrom("an error", "Fail", "RetryLater", undefined, undefined),
  isLate: fc.boolean(),
  key: fc.constantFrom("k", "l", "m"),
});
const anyJob = fc.record({
  script: anyScript,
  alone: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
  isBroken: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
});
const anyAct = fc.constantFrom("run", "run", "leave", "leave", "recall", "turn");
type JobList = { readonly jobs: (typeof anyJob extends fc.Arbitrary<infer One> ? One : never)[] };

/** Runs, lets go and recalls at random; then sees each event to its end. */
async function runJobs(
  bench: Bench,
  { jobs }: JobList,
  acts: string[],
  name: string,
): Promise<void> {
  const { executor, handlers, recorder } = bench;
  const all = jobs.map(({ script, alone, isBroken }, index) =>
    event({ id: `${name} ${index}`, ...script }, { alone, ...(isBroken ? { body: "{" } : {}) })
  );
  const left = [...all];
  const leave = (most: number) =>
    handlers.waiting.slice(0, most).forEach((id) => handlers.leave(id));
  const before = recorder.told.length;
  for (const [index, act] of acts.entries()) {
    if (act === "run") executor.run(left.splice(0, 1 + index % 5));
    else if (act === "leave") leave(1);
    else if (act === "recall") executor.recall(Infinity);
    else await handlers.turn();
  }
  executor.run(left);
  const count = before + all.length;
  const letGo = handlers.until("all have been let go", () => {
    leave(Infinity);
    return recorder.told.length >= count;
  });
  await Promise.all([letGo, recorder.outcomes(count).then(() => handlers.changed())]);
  await handlers.turn();
  const ids = recorder.told.slice(before).map(({ id }) => id);
  assert.deepEqual(ids.toSorted(), all.map(({ id }) => id).toSorted());
}

for (
  const options of [{}, { concurrency: 3 }, { worker: "ordered" as const }, {
    worker: "eager" as const,
  }]
) {
  bothTest(
    `every event has one outcome, whatever happens, with ${JSON.stringify(options)}`,
    options,
    async (bench) => {
      let run = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(anyJob, { maxLength: 25 }),
          fc.array(anyAct, { maxLength: 25 }),
          (jobs, acts) => runJobs(bench, { jobs }, acts, `run${run++}`),
        ),
        { numRuns: 20 },
      );
    },
  );
}
