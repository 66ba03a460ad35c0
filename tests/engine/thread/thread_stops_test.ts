/**
 * How an executor stops or retires a thread, also one that is blocked, hangs or is gone.
 *
 * @module
 */

import assert from "node:assert/strict";
import { event, events, range, waiting } from "../../fixtures/executor/bench.ts";
import { CRASH, crash, threadBench } from "../../fixtures/executor/thread_bench.ts";
import { assertWithin } from "../../fixtures/pace.ts";

Deno.test("without a thread, events wait; at a stop they are released", async () => {
  await using bench = await threadBench();
  const { executor, handlers, recorder } = bench;
  executor.run(waiting("a"));
  await handlers.waits("a");
  await bench.end();
  executor.detach(CRASH);
  executor.run(events("b"));
  assert.deepEqual(executor.running(), []);
  assert.deepEqual(recorder.told, []);
  await executor.stop(60_000);
  assert.deepEqual(recorder.ids("released"), ["a", "b"]);
});

Deno.test("a stop ends when its thread does", async () => {
  await using bench = await threadBench();
  const { executor, handlers, recorder } = bench;
  executor.run(waiting("a", "b"));
  await handlers.waits("a");
  const stopped = executor.stop(600_000);
  await recorder.outcomes(1);
  await bench.end();
  executor.detach(CRASH);
  await stopped;
  assert.deepEqual(recorder.ids("released"), ["b", "a"]);
});

Deno.test("a thread that retires and does not end in time keeps its events for the next", async () => {
  await using bench = await threadBench();
  const { executor, handlers, recorder } = bench;
  executor.run([...events({ id: "a", do: "block" }), ...events("b")]);
  await handlers.entries(1);
  await executor.retire(0);
  executor.run(events("c"));
  assert.deepEqual(recorder.told, []);
  const blamed = executor.running().map(({ job }) => job);
  await crash(bench, { blamed, suspects: [] });
  await recorder.outcomes(3);
  assert.deepEqual(recorder.ids("crashed"), ["a"]);
  assert.deepEqual(recorder.ids("done"), ["b", "c"]);
});

Deno.test("a blocked thread shows what runs in it, by the main thread's clock", async () => {
  await using bench = await threadBench();
  const { executor, handlers } = bench;
  const before = performance.now();
  executor.run(events({ id: "a", do: "block" }, "b"));
  await handlers.entries(1);
  const [running, ...others] = executor.running();
  assert.deepEqual([running?.job.id, others.length], ["a", 0]);
  const since = running?.since ?? 0;
  assert(since >= before - 50 && since <= performance.now(), `${since - before} ms`);
});

Deno.test("what is too new is not released while the thread is blocked", async () => {
  await using bench = await threadBench();
  const { executor, handlers, recorder } = bench;
  const jobs = ["a", ...range(300)].map((id, at) =>
    event(id === "a" ? { id, do: "block" } : { id }, { receivedAt: at })
  );
  executor.run(jobs);
  await handlers.entries(1);
  executor.recall(100);
  assert.deepEqual(recorder.told, []);
  const blamed = executor.running().map(({ job }) => job);
  await crash(bench, { blamed, suspects: [] });
  await recorder.outcomes(301);
  assert.deepEqual(recorder.ids("done"), range(300));
});

Deno.test("a stop of a blocked thread ends soon after its grace", async () => {
  await using bench = await threadBench();
  const { executor, handlers, recorder } = bench;
  executor.run(events({ id: "a", do: "block" }, ...range(300)));
  await handlers.entries(1);
  const before = performance.now();
  await executor.stop(100);
  const ms = performance.now() - before;
  assert(ms >= 100, `${ms} ms`);
  await assertWithin(ms, 5000, "the stop");
  assert.deepEqual(recorder.ids("released").toSorted(), ["a", ...range(300)].toSorted());
  assert.deepEqual(executor.running(), []);
});

Deno.test("a stop ends the thread of what does not return before its event may run elsewhere", async () => {
  await using bench = await threadBench();
  const { executor, handlers, recorder } = bench;
  const hadThread: boolean[] = [];
  const onOutcome = recorder.onOutcome.bind(recorder);
  recorder.onOutcome = (...told) => {
    hadThread.push(bench.hasThread);
    onOutcome(...told);
  };
  executor.run(waiting("a"));
  await handlers.waits("a");
  await executor.stop(0);
  assert.deepEqual(recorder.ids("released"), ["a"]);
  assert.deepEqual(hadThread, [false]);
});

Deno.test("a handler that returns when its signal is aborted does not hang", async () => {
  await using bench = await threadBench({ maxConsumeSeconds: 0.1, abortGraceSeconds: 60 });
  const { executor, recorder } = bench;
  executor.run(events({ id: "a", do: "reject on abort" }));
  await recorder.outcomes(1);
  assert.deepEqual(bench.hangs, []);
  assert.deepEqual(recorder.hung, []);
});
