/**
 * Handlers past their limit of time: the same for every executor.
 *
 * @module
 */

import assert from "node:assert/strict";
import { bothTest } from "../../fixtures/executor/both.ts";
import type { Bench, BenchOptions } from "../../fixtures/executor/bench.ts";
import { event, events, waiting } from "../../fixtures/executor/bench.ts";

/** Two at once, so that the abort of the second shows that the first was aborted, too. */
const TWO: BenchOptions = { concurrency: 2, maxConsumeSeconds: 0.1, abortGraceSeconds: 60 };

/** Resolves when everything that started before has been aborted. */
async function untilAborted({ executor, handlers }: Bench): Promise<void> {
  executor.run(events({ id: "watch", do: "reject on abort" }));
  await handlers.abort("watch");
}

const ENDS: readonly (readonly [title: string, thrown: string])[] = [
  ["the signal's kind of error", "an abort error"],
  ["another error", "an error"],
  ["RetryLater", "RetryLater"],
  ["Discard", "Discard"],
];

for (const [title, thrown] of ENDS) {
  bothTest(
    `a handler that was aborted ran too long though it throws ${title}`,
    TWO,
    async (bench) => {
      const { executor, handlers, recorder } = bench;
      executor.run([event({ id: "a", do: "wait" }, { attempt: 2 })]);
      await handlers.waits("a");
      await untilAborted(bench);
      handlers.leave("a", thrown);
      await recorder.outcomes(2);
      const outcome = recorder.told.find(({ id }) => id === "a")?.outcome;
      assert(outcome?.kind === "error");
      assert.deepEqual([outcome.reason, outcome.attempt], ["timeout", 2]);
      assert.equal(outcome.error.name, "WorkerTimeoutError");
      assert.match(outcome.error.message, /^Timed out in steered after 0\.1 seconds/);
    },
  );
}

bothTest(
  "a handler is aborted at its limit, in Zulip's words",
  { maxConsumeSeconds: 0.1 },
  async (bench) => {
    const { executor, handlers, recorder } = bench;
    executor.run(events({ id: "a", do: "reject on abort" }, "b"));
    assert.equal(
      await handlers.abort("a"),
      "WorkerTimeoutError: Timed out in steered after 0.1 seconds processing 1 events",
    );
    await recorder.outcomes(2);
    assert.equal(recorder.outcomeOf("a"), "error (timeout) 1");
    assert.equal(recorder.outcomeOf("b"), "done");
  },
);

bothTest("a handler without a limit is left alone", { maxConsumeSeconds: null }, async (bench) => {
  bench.executor.run(events({ id: "a", do: "check late" }));
  await bench.handlers.waits("a");
  await bench.handlers.turn();
  bench.handlers.leave("a");
  assert.equal(await bench.handlers.tell("a"), false);
});

bothTest("what returns late without checking its signal is done", TWO, async (bench) => {
  const { executor, handlers, recorder } = bench;
  executor.run(waiting("a"));
  await handlers.waits("a");
  await untilAborted(bench);
  handlers.leave("a");
  await recorder.outcomes(2);
  assert.equal(recorder.outcomeOf("a"), "done");
});

bothTest(
  "a handler that checks late sees an aborted signal, and ran too long",
  TWO,
  async (bench) => {
    const { executor, handlers, recorder } = bench;
    executor.run(events({ id: "a", do: "check late" }));
    await handlers.waits("a");
    await untilAborted(bench);
    handlers.leave("a");
    assert.equal(await handlers.tell("a"), true);
    await recorder.outcomes(2);
    assert.equal(recorder.outcomeOf("a"), "error (timeout) 1");
  },
);

bothTest("a handler that returns when its signal is aborted ran too long", TWO, async (bench) => {
  bench.executor.run(events({ id: "a", do: "return on abort" }));
  await bench.recorder.outcomes(1);
  assert.equal(bench.recorder.outcomeOf("a"), "error (timeout) 1");
});

bothTest(
  "after one that ran too long, the next has a time of its own",
  { maxConsumeSeconds: 1 },
  async ({ executor, handlers, recorder }) => {
    executor.run(events({ id: "a", do: "reject on abort" }, { id: "b", do: "check late" }));
    await handlers.abort("a");
    await handlers.waits("b");
    handlers.leave("b");
    assert.equal(await handlers.tell("b"), false);
    await recorder.outcomes(2);
    assert.equal(recorder.outcomeOf("b"), "done");
  },
);

for (const late of ["reject on abort", "return on abort"] as const) {
  bothTest(
    `of a batch that ran too long, each event gets the time for itself (${late})`,
    { worker: "gathered", maxConsumeSeconds: 0.1 },
    async ({ executor, handlers, recorder }) => {
      executor.run(events({ id: "a", do: late }, "b", "c"));
      await recorder.outcomes(3);
      assert.deepEqual(recorder.ids("done"), ["b", "c"]);
      const outcome = recorder.told.find(({ id }) => id === "a")?.outcome;
      assert(outcome?.kind === "error" && outcome.reason === "timeout");
      assert.equal(
        outcome.error.message,
        "Timed out in gathered after 0.1 seconds processing 1 events",
      );
      await handlers.entries(6);
      assert.deepEqual(handlers.calls, [["a", "b", "c"], ["a"], ["b"], ["c"]]);
    },
  );
}

bothTest(
  "what BatchError says is done is done, though the batch ran too long",
  { worker: "gathered", maxConsumeSeconds: 0.1 },
  async ({ executor, recorder }) => {
    executor.run(events({ id: "a", do: "return on abort" }, { id: "b", each: "an error" }, "c"));
    await recorder.outcomes(3);
    assert.deepEqual(["a", "b", "c"].map((id) => recorder.outcomeOf(id)), [
      "done",
      "error (timeout) 1",
      "done",
    ]);
  },
);
