/**
 * What is released, when it is recalled and at a stop: the same for every executor.
 *
 * @module
 */

import assert from "node:assert/strict";
import fc from "fast-check";
import { bothTest } from "../../fixtures/executor/both.ts";
import { type Bench, event, events, openInline, waiting } from "../../fixtures/executor/bench.ts";

const at = (id: string, receivedAt: number) => event({ id, do: "wait" }, { receivedAt });

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

bothTest("a stop waits for all that run, however they end", { concurrency: 2 }, async (bench) => {
  const { executor, handlers, recorder } = bench;
  executor.run(waiting("a", "b", "c", "d"));
  await handlers.waits("a", "b");
  let hasStopped = false;
  const stopped = executor.stop(60_000).then(() => void (hasStopped = true));
  await recorder.outcomes(2);
  assert.deepEqual(recorder.ids("released"), ["c", "d"]);
  handlers.leave("a");
  await recorder.outcomes(3);
  await handlers.turn();
  assert(!hasStopped);
  handlers.leave("b", "an error");
  await stopped;
  assert.equal(recorder.outcomeOf("a"), "done");
  assert.equal(recorder.outcomeOf("b"), "error (error) 1");
});

bothTest(
  "a handler that returns when a stop aborts its signal is released",
  {},
  async (bench) => {
    bench.executor.run(events({ id: "a", do: "return on abort" }));
    await bench.handlers.entries(1);
    await bench.executor.stop(10);
    assert.equal(bench.recorder.outcomeOf("a"), "released");
  },
);

bothTest(
  "what ends after a stop's abort without having seen it is done",
  { concurrency: 2 },
  async (bench) => {
    const { executor, handlers, recorder } = bench;
    executor.run(events({ id: "a", do: "wait" }, { id: "watch", do: "reject on abort" }));
    await handlers.waits("a");
    await handlers.entries(2);
    const stopped = executor.stop(0);
    await handlers.abort("watch");
    handlers.leave("a");
    await stopped;
    assert.equal(recorder.outcomeOf("a"), "done");
  },
);

Deno.test("main thread: the late end of what was given up says nothing", async () => {
  await using bench = await openInline();
  const { executor, handlers, recorder } = bench;
  executor.run(waiting("a"));
  await handlers.waits("a");
  await executor.stop(0);
  assert.deepEqual(executor.running().map(({ job }) => job.id), ["a"]);
  handlers.leave("a", "an error");
  await handlers.turn();
  assert.deepEqual(executor.running(), []);
  executor.run(events("late"));
  await recorder.outcomes(2);
  assert.equal(recorder.outcomeOf("a"), "released");
  assert.equal(recorder.outcomeOf("late"), "released");
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

bothTest(
  "a stop does not wait for a batch that is being gathered",
  { worker: "gathered" },
  async (bench) => {
    const { executor, handlers, recorder } = bench;
    executor.run(events("a", "b"));
    await handlers.turn();
    await executor.stop(60_000);
    assert.deepEqual(recorder.ids("released"), ["a", "b"]);
    assert.deepEqual(handlers.calls, []);
  },
);

bothTest(
  "a stop lets a batch finish and starts no other",
  { worker: "gathered" },
  async (bench) => {
    const { executor, handlers, recorder } = bench;
    executor.run(waiting("a", "b", "c", "d", "e", "f", "g"));
    await handlers.waits("a");
    const stopped = executor.stop(60_000);
    await recorder.outcomes(4);
    handlers.leave("a");
    await stopped;
    assert.deepEqual(recorder.ids("released"), ["d", "e", "f", "g"]);
    assert.deepEqual(recorder.ids("done"), ["a", "b", "c"]);
    assert.equal(handlers.calls.length, 1);
  },
);

bothTest("a batch that fails at a stop is released, and not run one by one", {
  worker: "gathered",
}, async (bench) => {
  const { executor, handlers, recorder } = bench;
  executor.run(waiting("a", "b", "c"));
  await handlers.waits("a");
  const stopped = executor.stop(60_000);
  // The stop has reached the handlers' thread when what it releases has come from there.
  executor.run(events("late"));
  await handlers.turn();
  handlers.leave("a", "an error");
  await stopped;
  assert.deepEqual(recorder.ids("released").toSorted(), ["a", "b", "c", "late"]);
  assert.equal(handlers.calls.length, 1);
});

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
