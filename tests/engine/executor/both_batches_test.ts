/**
 * Batches: the same for every executor.
 *
 * @module
 */

import assert from "node:assert/strict";
import { outcomeText } from "../../fixtures/executor.ts";
import { bothTest } from "../../fixtures/executor/both.ts";
import { event, events, range, waiting } from "../../fixtures/executor/bench.ts";

const GATHERED = { worker: "gathered" } as const;

bothTest("a batch has its size, or what came in its time", { worker: "hasty" }, async (bench) => {
  bench.executor.run(events("a", "b"));
  await bench.recorder.outcomes(2);
  await bench.handlers.entries(2);
  assert.deepEqual(bench.handlers.calls, [["a", "b"]]);
  assert.deepEqual(bench.recorder.ids("done"), ["a", "b"]);
});

bothTest(
  "a full batch does not wait",
  { worker: "gathered" },
  async ({ executor, handlers, recorder }) => {
    executor.run(events(...range(6)));
    await recorder.outcomes(6);
    await handlers.entries(6);
    assert.deepEqual(handlers.calls.map((ids) => ids.length), [3, 3]);
  },
);

bothTest("BatchError gives each event its own outcome", { worker: "gathered" }, async (bench) => {
  bench.executor.run(events("a", { id: "b", each: "Fail" }, { id: "c", each: "an error" }));
  await bench.recorder.outcomes(3);
  assert.deepEqual(bench.recorder.told.map(({ outcome }) => outcomeText(outcome)), [
    "done",
    "failed (fail) 1",
    "error (error) 1",
  ]);
});

bothTest("a batch that throws is run again one by one", { worker: "gathered" }, async (bench) => {
  const { executor, handlers, recorder } = bench;
  executor.run(events("a", { id: "b", throws: "an error" }, "c"));
  await recorder.outcomes(3);
  await handlers.entries(6);
  assert.deepEqual(handlers.calls, [["a", "b", "c"], ["a"], ["b"], ["c"]]);
  assert.deepEqual(recorder.ids("done"), ["a", "c"]);
  assert.equal(recorder.outcomeOf("b"), "error (error) 1");
});

bothTest(
  "a suspect is a batch of one",
  { worker: "eager" },
  async ({ executor, handlers, recorder }) => {
    executor.run([...events("a"), event({ id: "s" }, { alone: true }), ...events("b")]);
    await recorder.outcomes(3);
    await handlers.entries(3);
    assert.deepEqual(handlers.calls, [["a"], ["s"], ["b"]]);
  },
);

bothTest("batches run one after another", GATHERED, async ({ executor, handlers, recorder }) => {
  executor.run(waiting("a", "b", "c", "d", "e", "f"));
  await handlers.waits("a");
  assert.deepEqual(executor.running().map(({ job }) => job.id).toSorted(), ["a", "b", "c"]);
  handlers.leave("a");
  await handlers.waits("d");
  handlers.leave("d");
  await recorder.outcomes(6);
  assert.deepEqual(handlers.inside, [["a", "b", "c"], ["d", "e", "f"]]);
  assert.deepEqual(recorder.ids("done"), ["a", "b", "c", "d", "e", "f"]);
});

bothTest("what comes later fills a batch that has started", GATHERED, async (bench) => {
  const { executor, handlers, recorder } = bench;
  executor.run(events("a", "b", "c", "d"));
  await recorder.outcomes(3);
  executor.run(events("e", "f"));
  await recorder.outcomes(6);
  await handlers.entries(6);
  assert.deepEqual(handlers.calls, [["a", "b", "c"], ["d", "e", "f"]]);
});

bothTest("a batch counts its time from when its first event came", GATHERED, async (bench) => {
  const { executor, handlers, recorder } = bench;
  executor.run([event({ id: "old" }, { receivedAt: performance.now() - 1_000_000 })]);
  await recorder.outcomes(1);
  await handlers.entries(1);
  assert.deepEqual(handlers.calls, [["old"]]);
});

bothTest("a batch without a time does not wait", { worker: "eager" }, async (bench) => {
  bench.executor.run(events("a", "b"));
  await bench.recorder.outcomes(2);
  await bench.handlers.entries(2);
  assert.deepEqual(bench.handlers.calls, [["a", "b"]]);
});

bothTest("what does not fit is left out of its batch", GATHERED, async (bench) => {
  const { executor, handlers, recorder } = bench;
  executor.run([
    ...events({ id: "a" }),
    event({ id: "bad" }, { body: "{" }),
    ...events({ id: "b", each: "Fail" }),
  ]);
  await recorder.outcomes(3);
  await handlers.entries(2);
  assert.deepEqual(handlers.calls, [["a", "b"]]);
  assert.deepEqual(["a", "bad", "b"].map((id) => recorder.outcomeOf(id)), [
    "done",
    "failed (invalid) 1",
    "failed (fail) 1",
  ]);
});

bothTest("no handler is called for a batch of which nothing fits", GATHERED, async (bench) => {
  const { executor, handlers, recorder } = bench;
  executor.run(["x", "y", "z"].map((id) => event({ id }, { body: "[]" })));
  await recorder.outcomes(3);
  await handlers.turn();
  assert.deepEqual(recorder.ids("failed"), ["x", "y", "z"]);
  assert.deepEqual(handlers.calls, []);
});

const ONE_BY_ONE = ["undefined", "a BatchError of another length", "a revoked proxy"];

for (const isLate of [false, true]) {
  for (const throws of ONE_BY_ONE) {
    const when = isLate ? "later than at once" : "at once";
    bothTest(`a batch runs one by one after ${throws}, thrown ${when}`, GATHERED, async (bench) => {
      const { executor, handlers, recorder } = bench;
      executor.run(events("a", { id: "b", throws, isLate }, "c", "d", "e", "f"));
      await recorder.outcomes(6);
      await handlers.entries(9);
      assert.deepEqual(handlers.calls, [["a", "b", "c"], ["a"], ["b"], ["c"], ["d", "e", "f"]]);
      assert.deepEqual(recorder.ids("done"), ["a", "c", "d", "e", "f"]);
      assert.equal(recorder.outcomeOf("b"), "error (error) 1");
    });
  }
}

bothTest("what runs one by one is not released because it is old", GATHERED, async (bench) => {
  const { executor, handlers, recorder } = bench;
  executor.run(events({ id: "a", throwsTogether: "an error", do: "wait" }, "b", "c"));
  await handlers.waits("a");
  handlers.leave("a");
  await handlers.entries(4);
  executor.recall(performance.now() + 1000);
  await handlers.waits("a");
  handlers.leave("a");
  await recorder.outcomes(3);
  assert.deepEqual(recorder.ids("done"), ["a", "b", "c"]);
});

bothTest("of what waits for its batch only what is old is released", GATHERED, async (bench) => {
  const { executor, handlers, recorder } = bench;
  const at = (id: string, receivedAt: number) => event({ id, do: "wait" }, { receivedAt });
  const now = performance.now();
  executor.run([at("a", now - 5000), at("b", now - 5000), at("c", now - 5000)]);
  await handlers.waits("a");
  executor.run([at("old", now - 5000), at("young", now)]);
  executor.recall(now - 1000);
  await recorder.outcomes(1);
  executor.recall(now - 1000);
  await handlers.turn();
  assert.deepEqual(recorder.ids("released"), ["old"]);
  executor.recall(Infinity);
  await recorder.outcomes(2);
  assert.deepEqual(recorder.ids("released"), ["old", "young"]);
  handlers.leave("a");
  await recorder.outcomes(5);
});

bothTest("one by one, each event comes as if it had not been used", GATHERED, async (bench) => {
  const { executor, recorder } = bench;
  executor.run(events({ id: "a", throwsTogether: "an error" }, "b", "c"));
  await recorder.outcomes(3);
  assert.deepEqual(recorder.ids("done"), ["a", "b", "c"]);
});

const STEERED = [
  ["RetryLater", "retry-later 1"],
  ["Discard", "discarded"],
  ["Fail", "failed (fail) 1"],
] as const;

for (const [throws, outcome] of STEERED) {
  bothTest(`${throws} holds for every event of the batch`, GATHERED, async (bench) => {
    const { executor, handlers, recorder } = bench;
    executor.run(events({ id: "a", throws }, "b", "c"));
    await recorder.outcomes(3);
    assert.deepEqual(["a", "b", "c"].map((id) => recorder.outcomeOf(id)), Array(3).fill(outcome));
    await handlers.entries(3);
    assert.equal(handlers.calls.length, 1);
  });
}

bothTest("a batch's handler gets each id and attempt", GATHERED, async (bench) => {
  const { executor, handlers } = bench;
  const body = JSON.stringify({ id: "b", failed_tries: 4 });
  executor.run([
    event({ id: "a", tell: "events" }, { attempt: 2 }),
    event({ id: "b" }, { body }),
    event({ id: "c" }, { id: "", publishedAt: 7, retriedAt: 8 }),
  ]);
  const never = { publishedAt: undefined, retriedAt: undefined };
  assert.deepEqual(await handlers.tell("a"), [
    [
      { ...never, id: "a", attempt: 2 },
      { ...never, id: "b", attempt: 5 },
      { ...never, id: "", attempt: 1, publishedAt: 7, retriedAt: 8 },
    ],
    "a",
  ]);
});

bothTest("the time of a batch is shared among its events", GATHERED, async (bench) => {
  bench.executor.run(events({ id: "a", busy: 30 }, "b", "c"));
  await bench.recorder.outcomes(3);
  for (const time of ["runMs", "shareMs"] as const) {
    const [a, b, c] = bench.recorder.told.map((told) => told[time]);
    assert(a === b && b === c && 3 * (a ?? 0) >= 29, `${time} ${a} ms`);
  }
});

bothTest("what a batch reported goes with each failure", GATHERED, async (bench) => {
  const { executor, recorder } = bench;
  executor.run(events({ id: "a", report: [[{ host: "x" }]], each: "an error" }, "b", {
    id: "c",
    each: "Fail",
  }));
  await recorder.outcomes(3);
  const tags = recorder.told.map(({ id, outcome }) => {
    return [id, "error" in outcome ? outcome.error.tags : undefined] as const;
  });
  const host = { host: "x" };
  assert.deepEqual(new Map(tags), new Map([["a", host], ["b", undefined], ["c", host]]));
});
