/**
 * What holds for every executor: one suite for the main thread and for threads, with the same
 * workers.
 *
 * @module
 */

import assert from "node:assert/strict";
import { BrokerError } from "../../../lib/engine/broker/broker.ts";
import { outcomeText } from "../../fixtures/executor.ts";
import { event, events, range, waiting } from "../../fixtures/executor/bench.ts";
import { bothTest } from "../../fixtures/executor/both.ts";

bothTest("events run one after another, in their order", {}, async (bench) => {
  const { executor, handlers, recorder } = bench;
  executor.run(waiting("a", "b", "c"));
  for (const id of ["a", "b", "c"]) {
    await handlers.waits(id);
    handlers.leave(id);
  }
  await recorder.outcomes(3);
  assert.deepEqual(recorder.ids("done"), ["a", "b", "c"]);
  assert.equal(handlers.mostAtOnce, 1);
  await recorder.quiet();
});

bothTest("more events than fit at once all run, once and in order", {}, async (bench) => {
  const ids = range(1000);
  for (let at = 0; at < ids.length; at += 100) {
    bench.executor.run(events(...ids.slice(at, at + 100)));
  }
  await bench.recorder.outcomes(1000);
  assert.deepEqual(bench.recorder.ids("done"), ids);
});

const THROWN: readonly (readonly [thrown: string, outcome: string])[] = [
  ["an error", "error (error) 1"],
  ["Fail", "failed (fail) 1"],
  ["Discard", "discarded"],
  ["RetryLater", "retry-later 1"],
  ["RetryLater of nonsense", "retry-later 1"],
  ["undefined", "error (error) 1"],
  ["a text", "error (error) 1"],
  ["a symbol", "error (error) 1"],
  ["a function", "error (error) 1"],
  ["an object that is no error", "error (error) 1"],
  ["a proxy that answers nothing", "error (error) 1"],
  ["a revoked proxy", "error (error) 1"],
  ["a thenable that throws", "error (error) 1"],
];

bothTest("whatever a handler throws, its event has its outcome", {}, async (bench) => {
  const ids = THROWN.map(([thrown]) => thrown);
  bench.executor.run(events(...ids.flatMap((id) => [
    { id, throws: id },
    { id: `${id} late`, throws: id, isLate: true },
  ])));
  await bench.recorder.outcomes(2 * ids.length);
  for (const [thrown, outcome] of THROWN) {
    assert.equal(bench.recorder.outcomeOf(thrown), outcome, thrown);
    assert.equal(bench.recorder.outcomeOf(`${thrown} late`), outcome, thrown);
  }
});

bothTest("an error keeps its name, message, code and stack, without secrets", {}, async (bench) => {
  const { executor, recorder } = bench;
  executor.run(events({ id: "a", throws: "an error with a code" }));
  await recorder.outcomes(1);
  const outcome = recorder.told[0]?.outcome;
  const error = outcome?.kind === "error" ? outcome.error : undefined;
  assert.equal(error?.name, "ServerError");
  assert.equal(error.message, "The server said no, password=***");
  assert.equal(error.code, "ESERVER");
  assert.match(error.stack ?? "", /thrown\.ts/);
});

bothTest("RetryLater says when, and whether it counts", {}, async ({ executor, recorder }) => {
  executor.run(events({ id: "a", throws: "RetryLater" }));
  await recorder.outcomes(1);
  const outcome = recorder.told[0]?.outcome;
  assert(outcome?.kind === "retry-later");
  assert.deepEqual([outcome.after, outcome.counts, outcome.error.message], [90, false, "away"]);
});

bothTest("what a handler reported goes with its failure", {}, async ({ executor, recorder }) => {
  executor.run(events({
    id: "a",
    report: [[{ realm: "x" }, "looked"], [{ user: "7" }]],
    throws: "an error",
  }));
  await recorder.outcomes(1);
  const outcome = recorder.told[0]?.outcome;
  const error = outcome?.kind === "error" ? outcome.error : undefined;
  assert.deepEqual(error?.tags, { realm: "x", user: "7" });
  assert.deepEqual(error.breadcrumbs, ["looked"]);
});

bothTest("what does not fit fails, and its neighbours run", { maxEventDepth: 5 }, async (bench) => {
  const { executor, recorder } = bench;
  executor.run([
    ...events("a"),
    event({ id: "not JSON" }, { body: "{" }),
    event({ id: "wrong shape" }, { body: '{"id": 7}' }),
    event({ id: "deep" }, { body: `{"id": "deep", "x": ${"[".repeat(9)}${"]".repeat(9)}}` }),
    ...events("b"),
  ]);
  await recorder.outcomes(5);
  assert.deepEqual(recorder.ids("done"), ["a", "b"]);
  for (const id of ["not JSON", "wrong shape", "deep"]) {
    assert.equal(recorder.outcomeOf(id), "failed (invalid) 1");
  }
});

bothTest("a handler gets its event, attempt and queue", {}, async ({ executor, handlers }) => {
  executor.run([event({ id: "a", tell: "context" }, { attempt: 2, publishedAt: 5 })]);
  assert.deepEqual(await handlers.tell("a"), [
    { id: "a" },
    { id: "a", attempt: 2, publishedAt: 5 },
    "steered",
    0,
    false,
  ]);
});

bothTest("Zulip's failed_tries count as attempts", {}, async ({ executor, recorder }) => {
  const body = JSON.stringify({ id: "a", throws: "an error", failed_tries: 2 });
  executor.run([event({ id: "a" }, { body })]);
  await recorder.outcomes(1);
  assert.equal(recorder.outcomeOf("a"), "error (error) 3");
});

bothTest("as many run at once as the concurrency says", { worker: "ordered" }, async (bench) => {
  const { executor, handlers, recorder } = bench;
  const keys = ["a", "b", "c", "d"];
  executor.run(events(...keys.map((id) => ({ id, key: id, do: "wait" as const }))));
  await handlers.waits("a", "b");
  await handlers.turn();
  assert.equal(handlers.entered.length, 2);
  handlers.leave("b");
  await handlers.waits("a", "c");
  for (const id of ["a", "c"]) handlers.leave(id);
  await handlers.waits("d");
  handlers.leave("d");
  await recorder.outcomes(4);
  assert.equal(handlers.mostAtOnce, 2);
});

bothTest(
  "events of one key keep their order while others go on",
  { worker: "ordered" },
  async (bench) => {
    const { executor, handlers, recorder } = bench;
    executor.run(events(
      { id: "a1", key: "a", do: "wait" },
      { id: "a2", key: "a", do: "wait" },
      { id: "b1", key: "b" },
      { id: "b2", key: "b" },
    ));
    await recorder.outcomes(2);
    assert.deepEqual(recorder.ids("done"), ["b1", "b2"]);
    await handlers.waits("a1");
    handlers.leave("a1");
    await handlers.waits("a2");
    handlers.leave("a2");
    await recorder.outcomes(4);
  },
);

bothTest(
  "an event whose key cannot be computed is retried",
  { worker: "ordered" },
  async (bench) => {
    bench.executor.run(events({ id: "a", key: "none" }, { id: "b", key: "b" }));
    await bench.recorder.outcomes(2);
    assert.equal(bench.recorder.outcomeOf("a"), "error (error) 1");
    assert.equal(bench.recorder.outcomeOf("b"), "done");
  },
);

bothTest("a suspect runs with nothing beside it", { worker: "ordered" }, async (bench) => {
  const { executor, handlers, recorder } = bench;
  executor.run([
    event({ id: "a", key: "a", do: "wait" }),
    event({ id: "suspect", key: "s", do: "wait" }, { alone: true }),
    event({ id: "b", key: "b", do: "wait" }),
  ]);
  for (const id of ["a", "suspect", "b"]) {
    await handlers.waits(id);
    handlers.leave(id);
  }
  await recorder.outcomes(3);
  assert.equal(handlers.mostAtOnce, 1);
});

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

bothTest("it is known what runs, and since when", {}, async ({ executor, handlers }) => {
  const before = performance.now();
  executor.run(waiting("a", "b"));
  await handlers.waits("a");
  const [running, ...others] = executor.running();
  assert.deepEqual([running?.job.id, others.length], ["a", 0]);
  // The clocks of two threads differ by what a message takes.
  assert((running?.since ?? 0) > before - 50 && (running?.since ?? 0) <= performance.now() + 50);
});

bothTest("the outcome says how long a handler ran", {}, async ({ executor, recorder }) => {
  executor.run(events({ id: "a", busy: 30 }));
  await recorder.outcomes(1);
  assert((recorder.told[0]?.runMs ?? 0) >= 30);
});

bothTest("a handler that runs alone has all the time for itself", {}, async (bench) => {
  bench.executor.run(events({ id: "a", busy: 30 }));
  await bench.recorder.outcomes(1);
  const { runMs = 0, shareMs = 0 } = bench.recorder.told[0] ?? {};
  assert(Math.abs(shareMs - runMs) < 0.001, `${shareMs} of ${runMs} ms`);
});

bothTest(
  "handlers that run beside each other share the time",
  { concurrency: 4 },
  async ({ executor, handlers, recorder }) => {
    const ids = ["a", "b", "c", "d"];
    const before = performance.now();
    executor.run(waiting(...ids));
    await handlers.waits(...ids);
    handlers.leaveAll();
    await recorder.outcomes(4);
    const passed = performance.now() - before;
    for (const { runMs, shareMs } of recorder.told) assert(shareMs > 0 && shareMs < runMs);
    const shared = recorder.told.reduce((sum, { shareMs }) => sum + shareMs, 0);
    assert(shared <= passed, `${shared} ms in ${passed} ms`);
  },
);

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

for (
  const [what, error] of [
    ["that is confirmed", undefined],
    ["that is refused", new BrokerError("refused", "the queue is full")],
  ] as const
) {
  const published: string[] = [];
  const publish = (queue: string, body: string) => {
    published.push(`${queue} ${body}`);
    return error ? Promise.reject(error) : Promise.resolve();
  };
  bothTest(`a handler publishes an event ${what}`, { publish }, async ({ executor, handlers }) => {
    published.length = 0;
    executor.run(events({ id: "a", do: "publish", to: "other" }));
    const told = await handlers.tell("a");
    assert.deepEqual(published, ['other {"from":"a"}']);
    const refusal = { name: "BrokerError", message: "the queue is full", kind: "refused" };
    assert.deepEqual(told, error ? refusal : "published");
  });
}

bothTest("an event knows when it was published, whatever others say", {}, async (bench) => {
  const { executor, handlers } = bench;
  const times = [1_700_000_000_000.5, Infinity, 1_700_000_000_001, 0];
  executor.run(times.map((publishedAt, index) => {
    return event({ id: `e${index}`, tell: "context" }, { publishedAt, attempt: index + 1 });
  }));
  for (const [index, publishedAt] of times.entries()) {
    const [, told] = await handlers.tell(`e${index}`) as [unknown, Record<string, unknown>];
    assert.equal(told["publishedAt"], publishedAt === 0 ? undefined : publishedAt);
    assert.equal(told["attempt"], index + 1);
  }
});
