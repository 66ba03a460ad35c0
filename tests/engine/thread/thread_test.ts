/**
 * What only an executor of threads has to do: go on when a thread is gone.
 *
 * @module
 */

import assert from "node:assert/strict";
import { describe } from "../../../lib/engine/host/describe.ts";
import { type Hang, ThreadExecutor } from "../../../lib/engine/thread/thread_executor.ts";
import { Pulse } from "../../../lib/engine/thread/pulse.ts";
import { SharedRuns } from "../../../lib/engine/thread/shared_runs.ts";
import { removeOldLifeFiles } from "../../../lib/engine/thread/worker_thread.ts";
import { WorkerHost } from "../../../lib/engine/host/host.ts";
import type { Worker } from "../../../lib/worker.ts";
import { COMMON, type ExecutorSettings, jobs, Recorder } from "../../fixtures/executor.ts";
import { event, events, range, Surroundings, waiting } from "../../fixtures/executor/bench.ts";
import { threadBench } from "../../fixtures/executor/thread_bench.ts";

const CRASH = { reason: "crashed", error: { name: "ThreadEnded", message: "it ended" } } as const;

Deno.test("what a dead thread has not finished runs in the next one, in its order", async () => {
  await using bench = await threadBench();
  const { executor, prompter, recorder } = bench;
  executor.run([...events("a"), ...waiting("b"), ...events("c", "d")]);
  await prompter.waits("b");
  await bench.end();
  assert.equal(executor.detach({ ...CRASH, guilty: [], isSuspicious: false }), false);
  assert.deepEqual(recorder.ids("done"), ["a"]);
  prompter.waiting.length = 0;
  await bench.begin();
  await prompter.waits("b");
  prompter.leave("b");
  await recorder.outcomes(4);
  assert.deepEqual(recorder.ids("done"), ["a", "b", "c", "d"]);
});

Deno.test("what ran when its thread crashed is blamed only if it ran alone", async () => {
  await using bench = await threadBench();
  const { executor, prompter, recorder } = bench;
  executor.run(waiting("a", "b"));
  await prompter.waits("a");
  for (const isAlone of [false, true]) {
    assert.equal(executor.running()[0]?.job.alone, isAlone);
    await bench.end();
    assert.equal(executor.detach({ ...CRASH, guilty: [], isSuspicious: true }), true);
    prompter.waiting.length = 0;
    await bench.begin();
    await prompter.waits(isAlone ? "b" : "a");
  }
  assert.equal(recorder.outcomeOf("a"), "crashed (crashed) 1");
  prompter.leave("b");
  await recorder.outcomes(2);
  assert.equal(recorder.outcomeOf("b"), "done");
});

Deno.test("a suspect is given to its thread by itself", async () => {
  await using bench = await threadBench();
  const { executor, prompter, recorder } = bench;
  executor.run([event({ id: "s", do: "wait" }, { alone: true }), ...events("a")]);
  await prompter.waits("s");
  assert.deepEqual(recorder.starts.at(-1), ["s"]);
  prompter.leave("s");
  await recorder.outcomes(2);
  assert.deepEqual(recorder.starts.filter((ids) => ids.includes("s")), [["s"]]);
});

Deno.test("a thread that retires finishes what runs, and the rest waits", async () => {
  await using bench = await threadBench();
  const { executor, prompter, recorder } = bench;
  executor.run([...waiting("a"), ...events("b", "c")]);
  await prompter.waits("a");
  const retired = executor.retire(60_000);
  prompter.leave("a");
  await retired;
  assert.deepEqual(recorder.ids("done"), ["a"]);
  assert.deepEqual(recorder.ids("released"), []);
  await bench.end();
  executor.detach({ ...CRASH, guilty: [], isSuspicious: false });
  await bench.begin();
  await recorder.outcomes(3);
  assert.deepEqual(recorder.ids("done"), ["a", "b", "c"]);
});

Deno.test("a stop does not wait for a thread that is blocked", async () => {
  await using bench = await threadBench();
  const { executor, prompter, recorder } = bench;
  executor.run(events({ id: "a", do: "block" }, "b"));
  await prompter.entries(1);
  await executor.stop(0);
  assert.deepEqual(recorder.ids("released").toSorted(), ["a", "b"]);
});

/** An executor with jobs in a thread that answers nothing, and what that thread can say in memory. */
function deafExecutor(settings: ExecutorSettings = {}, canBeEnded = true) {
  const recorder = new Recorder();
  const hangs: Hang[] = [];
  const executor = new ThreadExecutor({
    description: describe({ ...COMMON, consume() {} } as unknown as Worker, settings),
    listener: recorder,
    abortGraceSeconds: settings.abortGraceSeconds ?? 5,
    onHang: (hang) => hangs.push(hang),
    endThread: () => Promise.resolve(canBeEnded),
  });
  const shared = executor.newShared();
  executor.attach({ post() {} }, shared);
  executor.run(jobs("a", "b"));
  return { executor, recorder, hangs, thread: new SharedRuns(shared.memory) };
}

for (const [concurrency, graceMs] of [[1, 0], [2, 1000]] as const) {
  Deno.test(`with concurrency ${concurrency} a handler has ${graceMs} ms of grace at the least`, () => {
    const settings = { concurrency, maxConsumeSeconds: 30, abortGraceSeconds: 0 };
    const { executor, hangs, thread } = deafExecutor(settings);
    const now = performance.now();
    thread.start(0, 1, now);
    executor.sweep(now + 29_999 + graceMs);
    assert.equal(hangs.length, 0);
    executor.sweep(now + 30_001 + graceMs);
    assert.deepEqual(hangs.map(({ jobs }) => jobs.map(({ id }) => id)), [["a"]]);
  });
}

Deno.test("a thread that has jobs and neither runs nor answers is deaf, unless nobody looked", () => {
  const { executor } = deafExecutor();
  const now = performance.now();
  executor.sweep(now + 1000);
  assert(executor.deafMs >= 1000);
  executor.sweep(now + 9000, 8000);
  assert.equal(executor.deafMs, 0);
  executor.sweep(now + 10_000);
  assert.equal(executor.deafMs, 1000);
  executor.onMessage(0);
  assert.equal(executor.deafMs, 0);
});

Deno.test("what runs in a thread that cannot be ended stays among what runs after a stop", async () => {
  const { executor, recorder, thread } = deafExecutor({}, false);
  thread.start(0, 1, performance.now());
  await executor.stop(0);
  assert.deepEqual(recorder.ids("released").toSorted(), ["a", "b"]);
  assert.deepEqual(executor.running().map(({ job }) => job.id), ["a"]);
  await executor.stop(0);
  assert.deepEqual(recorder.ids("released").toSorted(), ["a", "b"]);
});

Deno.test("a stop does not wait for a thread in which nothing runs and that does not answer", async () => {
  const { executor, recorder } = deafExecutor();
  executor.sweep(performance.now() + 60_000);
  assert(executor.deafMs > 0);
  const stopped = executor.stop(3_600_000);
  executor.sweep(performance.now() + 1400);
  assert.deepEqual(recorder.ids("released"), [], "it is given time to answer");
  executor.sweep(performance.now() + 1600);
  await stopped;
  assert.deepEqual(recorder.ids("released"), ["a", "b"]);
});

Deno.test("a handler that does not return after its grace is told, with all that run", async () => {
  await using bench = await threadBench({ maxConsumeSeconds: 0.1, abortGraceSeconds: 0 });
  bench.executor.run(events({ id: "a", do: "block" }, "b"));
  await bench.until("it hangs", () => bench.hangs.length > 0);
  const [hang] = bench.hangs;
  assert.deepEqual(hang?.jobs.map(({ id }) => id), ["a"]);
  assert.deepEqual(hang.running.map(({ id }) => id), ["a"]);
});

Deno.test("what a thread itself sees past its grace has its outcome when it returns", async () => {
  using around = new Surroundings({ maxConsumeSeconds: 1, abortGraceSeconds: 0 }, () => {});
  const { file, config, publish, recorder, prompter } = around;
  const host = await WorkerHost.load(file, { queue: file.name, workerNum: 0, config, publish });
  await host.setup();
  const executor = host.executor({ listener: recorder });
  executor.run(waiting("a"));
  await prompter.waits("a");
  executor.sweep(performance.now() + 60_000);
  prompter.leave("a");
  await recorder.outcomes(1);
  assert.equal(recorder.outcomeOf("a"), "done");
  await host.close();
});

Deno.test("a thread that ends by itself is told", async () => {
  await using bench = await threadBench();
  bench.executor.run(events({ id: "a", do: "exit" }));
  await bench.until("it died", () => bench.deaths.length > 0);
  assert.equal(bench.deaths[0]?.reason, "crashed");
  assert.match(bench.deaths[0].error.message, /ended by itself, with exit code 1/);
});

Deno.test("shared runs tell what went well, in its order, however often the ring goes round", () => {
  const shared = SharedRuns.ofSize({ running: 2, outstanding: 3 });
  const thread = new SharedRuns(shared.memory);
  const taken: number[] = [];
  for (const id of range(10).keys()) {
    thread.finish(id + 1, 1, 2);
    if (id % 3 === 2) shared.takeFinished((seq) => taken.push(seq));
  }
  shared.takeFinished((seq, startedAt, runMs) => taken.push(seq, startedAt, runMs));
  assert.deepEqual(taken, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 2]);
  shared.takeFinished(() => assert.fail("nothing is new"));
});

Deno.test("shared runs tell what went well when 2³² jobs have", () => {
  const { memory } = SharedRuns.ofSize({ running: 2, outstanding: 200 });
  // The count, which comes behind the times of runs and of the ring.
  new Int32Array(memory.buffer, 8 * (memory.running + 2 * memory.outstanding), 1)[0] = -100;
  const [shared, thread] = [new SharedRuns(memory), new SharedRuns(memory)];
  for (let seq = 1; seq <= 200; seq++) thread.finish(seq, 1, 2);
  const taken: number[] = [];
  shared.takeFinished((seq) => taken.push(seq));
  assert.deepEqual(taken, Array.from({ length: 200 }, (_, index) => index + 1));
});

Deno.test("shared runs tell what runs and since when", () => {
  const shared = SharedRuns.ofSize({ running: 2, outstanding: 3 });
  const thread = new SharedRuns(shared.memory);
  thread.start(1, 7, 12.5);
  thread.start(0, 8, 13.5);
  assert.deepEqual(shared.running(), [{ seq: 8, since: 13.5 }, { seq: 7, since: 12.5 }]);
  thread.end(0);
  assert.deepEqual(shared.running(), [{ seq: 7, since: 12.5 }]);
});

Deno.test("shared runs postpone what runs, but not beyond now", () => {
  const shared = SharedRuns.ofSize({ running: 2, outstanding: 3 });
  const thread = new SharedRuns(shared.memory);
  thread.start(0, 7, 1000);
  thread.start(1, 8, 5000);
  shared.postpone(4000, 6000);
  assert.deepEqual(shared.running(), [{ seq: 7, since: 5000 }, { seq: 8, since: 6000 }]);
});

Deno.test("a pulse tells that a thread lives, and of its heap", () => {
  const pulse = new Pulse();
  const thread = new Pulse(pulse.buffer);
  assert.deepEqual([pulse.beats, pulse.heapUsedMb, pulse.isHeapFull], [0, 0, false]);
  thread.beat(12);
  thread.heapFull();
  assert.deepEqual([pulse.beats, pulse.heapUsedMb, pulse.isHeapFull], [1, 12, true]);
});

Deno.test({
  name: "nothing is left open of threads whose worker cannot be loaded",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const script = new URL("../../fixtures/executor/fail_to_load.ts", import.meta.url).href;
    const args = ["run", "-A", script, "30"];
    const { stdout } = await new Deno.Command(Deno.execPath(), { args, stderr: "inherit" })
      .output();
    const { before, after } = JSON.parse(new TextDecoder().decode(stdout));
    assert(after < before + 8, `${before} files were open before, and ${after} after 30 threads`);
  },
});

Deno.test("what is left of threads that were killed at their birth is removed, once it is old", () => {
  const folder = Deno.makeTempDirSync({ prefix: "pq-births-" });
  try {
    const name = (digit: string) =>
      `thread-${"00000000-0000-0000-0000-000000000000".replaceAll("0", digit)}.lock`;
    const hourAgo = new Date(Date.now() - 3_601_000);
    for (const file of [name("1"), name("2"), "thread-of-another.lock"]) {
      Deno.writeTextFileSync(`${folder}/${file}`, "");
      if (file !== name("2")) Deno.utimeSync(`${folder}/${file}`, hourAgo, hourAgo);
    }
    removeOldLifeFiles(folder);
    const left = [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();
    assert.deepEqual(left, [name("2"), "thread-of-another.lock"].sort());
    removeOldLifeFiles(`${folder}/missing`);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
