/**
 * What a stop waits for, releases and gives up: the same for every executor.
 *
 * @module
 */

import assert from "node:assert/strict";
import { bothTest } from "../../fixtures/executor/both.ts";
import { events, openInline, waiting } from "../../fixtures/executor/bench.ts";

bothTest("a stop ends at once where nothing runs", {}, async ({ executor, recorder }) => {
  await executor.stop(60_000);
  executor.run(events("a"));
  await recorder.outcomes(1);
  assert.deepEqual(recorder.ids("released"), ["a"]);
});

bothTest("a stop lets what runs finish, and releases the rest", {}, async (bench) => {
  const { executor, handlers, recorder } = bench;
  executor.run(waiting("a", "b", "c"));
  await handlers.waits("a");
  const stopped = executor.stop(60_000);
  await recorder.outcomes(2);
  assert.deepEqual(recorder.ids("released"), ["b", "c"]);
  handlers.leave("a");
  await stopped;
  assert.deepEqual(recorder.ids("done"), ["a"]);
});

bothTest(
  "after the grace of a stop a handler is aborted, and its event released",
  {},
  async (bench) => {
    bench.executor.run(events({ id: "a", do: "reject on abort" }));
    await bench.handlers.entries(1);
    await bench.executor.stop(50);
    assert.match(await bench.handlers.abort("a"), /^StoppingError: /);
    assert.deepEqual(bench.recorder.ids("released"), ["a"]);
  },
);

bothTest("a second stop cuts the first one short", {}, async ({ executor, handlers, recorder }) => {
  executor.run(events({ id: "a", do: "reject on abort" }));
  await handlers.entries(1);
  const first = executor.stop(60_000);
  await executor.stop(0);
  await first;
  assert.deepEqual(recorder.ids("released"), ["a"]);
});

bothTest("a stop gives up what does not return", {}, async ({ executor, handlers, recorder }) => {
  executor.run(waiting("a"));
  await handlers.waits("a");
  await executor.stop(0);
  assert.deepEqual(recorder.ids("released"), ["a"]);
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
