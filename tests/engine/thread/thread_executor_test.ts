/**
 * What only an executor of threads has to do: go on when a thread is gone.
 *
 * @module
 */

import assert from "node:assert/strict";
import { describe } from "../../../lib/engine/host/describe.ts";
import type { JobsAnswer } from "../../../lib/engine/thread/messages.ts";
import { type SharedMemory, SharedRuns } from "../../../lib/engine/thread/shared_runs.ts";
import { type JobThread, ThreadExecutor } from "../../../lib/engine/thread/thread_executor.ts";
import { InnerThreads } from "../../../lib/engine/thread/inner_threads.ts";
import { WorkerHost } from "../../../lib/engine/host/host.ts";
import type { Worker } from "../../../lib/worker.ts";
import { COMMON, type ExecutorSettings, jobs, Recorder } from "../../fixtures/executor.ts";
import { BenchSetup, event, events, waiting } from "../../fixtures/executor/bench.ts";
import { threadBench } from "../../fixtures/executor/thread_bench.ts";

const CRASH = { reason: "crashed", error: { name: "ThreadEnded", message: "it ended" } } as const;

Deno.test("what a dead thread has not finished runs in the next one, in its order", async () => {
  await using bench = await threadBench();
  const { executor, handlers, recorder } = bench;
  executor.run([...events("a"), ...waiting("b"), ...events("c", "d")]);
  await handlers.waits("b");
  await bench.end();
  assert.equal(executor.detach({ ...CRASH, blamed: [], suspects: [] }), false);
  assert.deepEqual(recorder.ids("done"), ["a"]);
  handlers.waiting.length = 0;
  await bench.start();
  await handlers.waits("b");
  handlers.leave("b");
  await recorder.outcomes(4);
  assert.deepEqual(recorder.ids("done"), ["a", "b", "c", "d"]);
});

Deno.test("what ran when its thread crashed is blamed only if it ran alone", async () => {
  await using bench = await threadBench();
  const { executor, handlers, recorder } = bench;
  executor.run(waiting("a", "b"));
  await handlers.waits("a");
  for (const isAlone of [false, true]) {
    assert.equal(executor.running()[0]?.job.alone, isAlone);
    await bench.end();
    assert.equal(executor.detach({ ...CRASH, blamed: [], suspects: "running" }), true);
    handlers.waiting.length = 0;
    await bench.start();
    await handlers.waits(isAlone ? "b" : "a");
  }
  assert.equal(recorder.outcomeOf("a"), "crashed (crashed) 1");
  handlers.leave("b");
  await recorder.outcomes(2);
  assert.equal(recorder.outcomeOf("b"), "done");
});

Deno.test("a suspect is sent to its thread by itself", async () => {
  await using bench = await threadBench();
  const { executor, handlers, recorder } = bench;
  executor.run([event({ id: "s", do: "wait" }, { alone: true }), ...events("a")]);
  await handlers.waits("s");
  assert.deepEqual(recorder.starts.at(-1), ["s"]);
  handlers.leave("s");
  await recorder.outcomes(2);
  assert.deepEqual(recorder.starts.filter((ids) => ids.includes("s")), [["s"]]);
});

Deno.test("a thread that retires finishes what runs, and the rest waits", async () => {
  await using bench = await threadBench();
  const { executor, handlers, recorder } = bench;
  executor.run([...waiting("a"), ...events("b", "c")]);
  await handlers.waits("a");
  const retired = executor.retire(60_000);
  handlers.leave("a");
  await retired;
  assert.deepEqual(recorder.ids("done"), ["a"]);
  assert.deepEqual(recorder.ids("released"), []);
  await bench.end();
  executor.detach({ ...CRASH, blamed: [], suspects: [] });
  await bench.start();
  await recorder.outcomes(3);
  assert.deepEqual(recorder.ids("done"), ["a", "b", "c"]);
});

Deno.test("a stop does not wait for a thread that is blocked", async () => {
  await using bench = await threadBench();
  const { executor, handlers, recorder } = bench;
  executor.run(events({ id: "a", do: "block" }, "b"));
  await handlers.entries(1);
  await executor.stop(0);
  assert.deepEqual(recorder.ids("released").toSorted(), ["a", "b"]);
});

/** A thread that answers nothing by itself. */
class SilentThread implements JobThread {
  readonly ready = Promise.resolve(true);
  readonly isLate = false;
  unresponsiveMs = 0;
  memory: SharedMemory = { buffer: new SharedArrayBuffer(), running: 0, outstanding: 0 };
  answer: (answer: JobsAnswer) => void = () => {};

  constructor(readonly canBeEnded: boolean) {}

  setUp(...[memory, _description, answer]: Parameters<JobThread["setUp"]>): void {
    this.memory = memory;
    this.answer = answer;
  }

  post(): void {}

  stop(): Promise<boolean> {
    return Promise.resolve(this.canBeEnded);
  }
}

/** An executor with jobs in a thread that answers nothing, and what that thread can say in memory. */
async function silentExecutor(settings: ExecutorSettings = {}, canBeEnded = true) {
  const recorder = new Recorder();
  const executor = new ThreadExecutor({
    description: describe({ ...COMMON, consume() {} } as unknown as Worker, settings),
    listener: recorder,
    abortGraceSeconds: settings.abortGraceSeconds ?? 5,
  });
  const thread = new SilentThread(canBeEnded);
  await executor.attach(thread);
  executor.run(jobs("a", "b"));
  const { answer } = thread;
  return { executor, recorder, thread, answer, memory: new SharedRuns(thread.memory) };
}

for (const [concurrency, graceMs] of [[1, 0], [2, 1000]] as const) {
  Deno.test(`with concurrency ${concurrency} a handler has at least ${graceMs} ms of grace`, async () => {
    const settings = { concurrency, maxConsumeSeconds: 30, abortGraceSeconds: 0 };
    const { executor, memory } = await silentExecutor(settings);
    const now = performance.now();
    memory.start(0, 1, now);
    assert.equal(executor.reasonToEnd(now + 29_999 + graceMs), undefined);
    const end = executor.reasonToEnd(now + 30_001 + graceMs);
    assert(end?.kind === "hung");
    assert.deepEqual(end.jobs.map(({ id }) => id), ["a"]);
  });
}

Deno.test("what runs in a thread that cannot be ended stays among what runs after a stop", async () => {
  const { executor, recorder, memory } = await silentExecutor({}, false);
  memory.start(0, 1, performance.now());
  await executor.stop(0);
  assert.deepEqual(recorder.ids("released").toSorted(), ["a", "b"]);
  assert.deepEqual(executor.running().map(({ job }) => job.id), ["a"]);
  await executor.stop(0);
  assert.deepEqual(recorder.ids("released").toSorted(), ["a", "b"]);
});

Deno.test("a stop does not wait for a thread in which nothing runs and that does not answer", async () => {
  const { executor, recorder, thread } = await silentExecutor();
  thread.unresponsiveMs = 60_000;
  const stopped = executor.stop(3_600_000);
  const since = performance.now();
  executor.sweep(since + 1400);
  assert.deepEqual(recorder.ids("released"), [], "it is given time to answer");
  executor.sweep(since + 1600);
  await stopped;
  assert.deepEqual(recorder.ids("released"), ["a", "b"]);
});

Deno.test("a stop waits for a thread that responds", async () => {
  const { executor, recorder, answer } = await silentExecutor();
  const stopped = executor.stop(3_600_000);
  executor.sweep(performance.now() + 60_000);
  assert.deepEqual(recorder.ids("released"), []);
  answer(["stopped"]);
  await stopped;
  assert.deepEqual(recorder.ids("released"), ["a", "b"]);
});

Deno.test("a handler that does not return after its grace hangs, and all that run are known", async () => {
  await using bench = await threadBench({ maxConsumeSeconds: 0.1, abortGraceSeconds: 0 });
  bench.executor.run(events({ id: "a", do: "block" }, "b"));
  await bench.until("it hangs", () => bench.hangs.length > 0);
  const [hang] = bench.hangs;
  assert.deepEqual(hang?.jobs.map(({ id }) => id), ["a"]);
  assert.deepEqual(hang.running.map(({ id }) => id), ["a"]);
});

Deno.test("a handler that its own thread sees past its grace has its outcome when it returns", async () => {
  using around = new BenchSetup({ maxConsumeSeconds: 1, abortGraceSeconds: 0 }, () => {});
  const { file, config, publish, recorder, handlers } = around;
  const worker = { queue: file.name, workerNum: 0, config };
  const threads = new InnerThreads(worker);
  const host = await WorkerHost.load(file, { ...worker, publish, threads });
  await host.setup();
  const executor = host.executor({ listener: recorder });
  executor.run(waiting("a"));
  await handlers.waits("a");
  executor.sweep(performance.now() + 60_000);
  handlers.leave("a");
  await recorder.outcomes(1);
  assert.equal(recorder.outcomeOf("a"), "done");
  await host.close();
});

Deno.test("a thread that ends by itself says how", async () => {
  await using bench = await threadBench();
  bench.executor.run(events({ id: "a", do: "exit" }));
  await bench.until("it died", () => bench.deaths.length > 0);
  assert.equal(bench.deaths[0]?.reason, "crashed");
  assert.match(bench.deaths[0].error.message, /ended by itself, with exit code 1/);
});
