/**
 * Which jobs are blamed when a thread ends, and what happens to the others.
 *
 * @module
 */

import assert from "node:assert/strict";
import { event, events, range, waiting } from "../../fixtures/executor/bench.ts";
import { CRASH, crash, threadBench } from "../../fixtures/executor/thread_bench.ts";

Deno.test("each of several jobs that ran when their thread crashed runs alone next", async () => {
  await using bench = await threadBench({ concurrency: 3 });
  const { executor, handlers, recorder } = bench;
  executor.run(waiting("a", "b", "c", "d", "e"));
  await handlers.waits("a", "b", "c");
  assert.equal(await crash(bench), true);
  assert.deepEqual(recorder.told, []);
  const before = handlers.inside.length;
  for (const id of ["a", "b", "c"]) {
    await handlers.waits(id);
    assert.deepEqual(recorder.starts.at(-1), [id]);
    handlers.leave(id);
  }
  await handlers.waits("d", "e");
  assert.deepEqual(handlers.inside.slice(before, before + 3), [["a"], ["b"], ["c"]]);
  for (const id of ["d", "e"]) handlers.leave(id);
  await recorder.outcomes(5);
  assert.deepEqual(recorder.ids("done").toSorted(), ["a", "b", "c", "d", "e"]);
});

Deno.test("among suspects only the one that ends its thread again is blamed", async () => {
  await using bench = await threadBench({ concurrency: 2 });
  const { executor, handlers, recorder } = bench;
  executor.run([...waiting("a"), ...events({ id: "bad", do: "exit" }, "c")]);
  await bench.until("it died", () => bench.deaths.length === 1);
  await crash(bench);
  assert.equal(recorder.told.length, 0);
  await handlers.waits("a");
  assert.deepEqual(recorder.starts.at(-1), ["a"]);
  handlers.leave("a");
  await bench.until("it died again", () => bench.deaths.length === 2);
  await crash(bench);
  // What ran before it in its thread may have left behind what ended it: now it is the first.
  await bench.until("it died once more", () => bench.deaths.length === 3);
  assert.deepEqual(recorder.ids("crashed"), []);
  await crash(bench, { error: bench.deaths[2]?.error ?? CRASH.error });
  await recorder.outcomes(3);
  assert.deepEqual(recorder.ids("done"), ["a", "c"]);
  const outcome = recorder.told.find(({ id }) => id === "bad")?.outcome;
  assert(outcome?.kind === "crashed");
  assert.deepEqual([outcome.reason, outcome.attempt], ["crashed", 1]);
  assert.match(outcome.error.message, /ended by itself, with exit code 1/);
});

Deno.test("what another left behind in a thread does not count against one that runs alone", async () => {
  await using bench = await threadBench();
  const { executor, handlers, recorder } = bench;
  executor.run([
    event({ id: "bad", do: "exit later" }, { alone: true }),
    event({ id: "innocent", do: "wait" }, { alone: true }),
  ]);
  await handlers.waits("innocent");
  await bench.until("it died", () => bench.deaths.length === 1);
  await crash(bench);
  await handlers.waits("innocent");
  handlers.leave("innocent");
  await recorder.outcomes(2);
  assert.deepEqual(recorder.ids("done"), ["bad", "innocent"]);
});

Deno.test("a job that has ended has one outcome, whatever the end of its thread is blamed on", async () => {
  await using bench = await threadBench();
  const { executor, handlers, recorder } = bench;
  executor.run(waiting("a"));
  await handlers.waits("a");
  await crash(bench);
  await handlers.waits("a");
  const jobs = executor.running().map(({ job }) => job);
  handlers.leave("a");
  await recorder.outcomes(1);
  await crash(bench, { blamed: jobs, suspects: jobs });
  executor.run(events("b"));
  await recorder.outcomes(2);
  assert.deepEqual(recorder.told.map(({ id }) => id), ["a", "b"]);
  assert.deepEqual(recorder.ids("done"), ["a", "b"]);
});

Deno.test("a job that was done when its thread ended is done, though the thread had not reported it", async () => {
  await using bench = await threadBench({ concurrency: 2 });
  const { executor, handlers, recorder } = bench;
  executor.run([...events(...range(5)), ...events({ id: "block", do: "block" })]);
  await handlers.entries(6);
  await crash(bench, { blamed: executor.running().map(({ job }) => job) });
  assert.deepEqual(recorder.ids("done"), range(5));
  assert.equal(recorder.outcomeOf("block"), "crashed (crashed) 1");
  await handlers.turn();
  assert.deepEqual(handlers.entered, [...range(5), "block"]);
});

Deno.test("a job that surely ended its thread has used an attempt; what ran beside it is no suspect", async () => {
  await using bench = await threadBench({ concurrency: 2 });
  const { executor, handlers, recorder } = bench;
  executor.run([
    event({ id: "bad", do: "wait" }, { attempt: 2 }),
    ...waiting("b", "c"),
  ]);
  await handlers.waits("bad", "b");
  const blamed = executor.running().filter(({ job }) => job.id === "bad").map(({ job }) => job);
  const before = performance.now();
  await crash(bench, { reason: "timeout", blamed, suspects: [] });
  assert.equal(recorder.outcomeOf("bad"), "crashed (timeout) 2");
  const [told] = recorder.told;
  assert(told && told.startedAt < before && told.runMs > 0);
  await handlers.waits("b", "c");
  for (const id of ["b", "c"]) handlers.leave(id);
  await recorder.outcomes(3);
});

Deno.test("where nothing ran, no job is blamed for the end of a thread", async () => {
  await using bench = await threadBench({ worker: "gathered" });
  const { executor, handlers, recorder } = bench;
  executor.run(events("a", "b"));
  await handlers.turn();
  assert.equal(await crash(bench), false);
  executor.run(events("c"));
  await recorder.outcomes(3);
  await handlers.entries(3);
  assert.deepEqual(handlers.calls, [["a", "b", "c"]]);
});

Deno.test("a batch that ended its thread runs one by one", async () => {
  await using bench = await threadBench({ worker: "gathered" });
  const { executor, handlers, recorder } = bench;
  executor.run([...waiting("a", "b", "c"), ...events("d", "e", "f")]);
  await handlers.waits("a");
  await crash(bench);
  for (const id of ["a", "b", "c"]) {
    await handlers.waits(id);
    handlers.leave(id);
  }
  await recorder.outcomes(6);
  await handlers.entries(9);
  assert.deepEqual(handlers.calls, [["a", "b", "c"], ["a"], ["b"], ["c"], ["d", "e", "f"]]);
});

Deno.test("what a thread that retires has given up runs alone, and is blamed when it does so again", async () => {
  await using bench = await threadBench();
  const { executor, handlers, recorder } = bench;
  executor.run([...waiting("a"), ...events("b")]);
  await handlers.waits("a");
  const stillRunning = await executor.retire(20);
  assert.deepEqual(stillRunning.map(({ id }) => id), ["a"]);
  await crash(bench, { suspects: stillRunning });
  await handlers.waits("a");
  const again = await executor.retire(20);
  assert.deepEqual(again.map(({ id, alone }) => [id, alone]), [["a", true]]);
  await crash(bench, { suspects: again });
  await recorder.outcomes(2);
  assert.deepEqual([recorder.ids("crashed"), recorder.ids("done")], [["a"], ["b"]]);
});

Deno.test("while there is no thread, nothing counts as running", async () => {
  await using bench = await threadBench();
  const { executor, handlers, recorder } = bench;
  executor.run(waiting("a"));
  await handlers.waits("a");
  await bench.end();
  executor.detach({ ...CRASH, suspects: [] });
  assert.deepEqual(recorder.starts.at(-1), []);
});

Deno.test("however often threads end, nothing is lost, and nothing runs again that was done", async () => {
  await using bench = await threadBench({ concurrency: 3 });
  const { executor, handlers, recorder } = bench;
  const ids = range(60);
  const waits = (id: string) => id.endsWith("5");
  executor.run(events(...ids.map((id) => waits(id) ? { id, do: "wait" as const } : { id })));
  for (let crashes = 0; crashes < 3; crashes++) {
    await handlers.waiters(3);
    handlers.leave(handlers.waiting.toSorted()[0] ?? "");
    await handlers.waiters(3);
    await crash(bench, { suspects: [] });
  }
  await handlers.waiters(3);
  handlers.leaveAll();
  await recorder.outcomes(60);
  assert.deepEqual(recorder.ids("done").toSorted(), ids.toSorted());
  await handlers.turn();
  const quick = (some: readonly string[]) => some.filter((id) => !waits(id));
  assert.deepEqual(quick(handlers.entered).toSorted(), quick(ids).toSorted());
});
