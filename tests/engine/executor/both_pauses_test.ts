/**
 * An event whose handler throws PauseQueue: what waits is released, in its order and without a run.
 *
 * @module
 */

import assert from "node:assert/strict";
import { bothTest } from "../../fixtures/executor/both.ts";
import { event, events, waiting } from "../../fixtures/executor/bench.ts";

const throwing = (id: string, thrown: string) => event({ id, throws: thrown });

bothTest("a pause says what is away, for how long, and why", {}, async (bench) => {
  const { executor, recorder } = bench;
  executor.run([throwing("a", "PauseQueue")]);
  await recorder.outcomes(1);
  executor.run([throwing("b", "PauseQueue of nonsense")]);
  await recorder.outcomes(2);
  const pauses = recorder.told.map(({ outcome }) => {
    assert(outcome.kind === "paused");
    const { reason, seconds, why, attempt } = outcome;
    return { reason, seconds, why, attempt };
  });
  assert.deepEqual(pauses, [
    { reason: "SMTP", seconds: 7, why: "refused", attempt: 1 },
    { reason: "what it needs", seconds: 5, why: "", attempt: 1 },
  ]);
});

bothTest("what waits behind an event that pauses its queue is released", {}, async (bench) => {
  const { executor, handlers, recorder } = bench;
  executor.run([throwing("a", "PauseQueue"), ...waiting("b", "c", "d")]);
  await recorder.outcomes(4);
  assert.deepEqual(recorder.told.map(({ id }) => id), ["a", "b", "c", "d"]);
  assert.deepEqual(recorder.ids("released"), ["b", "c", "d"]);
  await handlers.turn();
  assert.deepEqual(handlers.entered, ["a"]);
  executor.run(events("b"));
  await recorder.outcomes(5);
  assert.deepEqual(recorder.ids("done"), ["b"]);
});

bothTest(
  "what runs beside an event that pauses its queue goes on, and what waits for its key is released",
  { worker: "ordered", concurrency: 3 },
  async ({ executor, handlers, recorder }) => {
    executor.run([
      event({ id: "a", key: "one", do: "wait" }),
      event({ id: "b", key: "one", do: "wait" }),
      event({ id: "c", key: "two", do: "wait" }),
    ]);
    await handlers.waits("a", "c");
    handlers.leave("c", "PauseQueue");
    await recorder.outcomes(2);
    assert.deepEqual(recorder.ids("released"), ["b"]);
    handlers.leave("a");
    await recorder.outcomes(3);
    assert.deepEqual(recorder.ids("done"), ["a"]);
    assert.deepEqual(handlers.entered, ["a", "c"]);
  },
);
