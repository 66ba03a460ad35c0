import assert from "node:assert/strict";
import type { SingleWorker } from "../../../lib/worker.ts";
import { Gates, jobs, singles, type TestEvent, turn } from "../../fixtures/executor.ts";

type Consume = SingleWorker<TestEvent>["consume"];

/** A handler that waits for the test, and whose context the test can read. */
function waiting(settings: Parameters<typeof singles>[1] = {}) {
  const gates = new Gates();
  const signals = new Map<string, AbortSignal>();
  const consume: Consume = (event, ctx) => {
    signals.set(event.id, ctx.signal);
    return gates.enter(event.id);
  };
  return { gates, signals, ...singles({ consume }, settings) };
}

/** A handler that never checks its signal. */
function ignoring(settings: Parameters<typeof singles>[1] = {}) {
  const gates = new Gates();
  return { gates, ...singles({ consume: (event) => gates.enter(event.id) }, settings) };
}

const after = (seconds: number) => performance.now() + seconds * 1000;

Deno.test("sweep aborts a handler at its limit, with Zulip's text", async () => {
  const { executor, recorder, gates, signals } = waiting();
  executor.run(jobs("a"));
  executor.sweep(after(29));
  assert(!signals.get("a")?.aborted);
  executor.sweep(after(30));
  const { aborted, reason } = signals.get("a") ?? {};
  assert(aborted);
  assert.equal(reason.name, "WorkerTimeoutError");
  assert.equal(
    reason.message,
    "Timed out in user_activity after 30 seconds processing 1 events",
  );
  assert.deepEqual(recorder.told, []);
  gates.leave("a", reason);
  await recorder.outcomes(1);
  assert.equal(recorder.outcomeOf("a"), "error (timeout) 1");
});

Deno.test("sweep aborts each handler by its own time", async () => {
  const { executor, recorder, gates, signals } = waiting({ concurrency: 2, maxConsumeSeconds: 10 });
  executor.run(jobs("a"));
  const later = after(6);
  await recorder.until("started", () => executor.running().length === 1);
  executor.sweep(later);
  executor.sweep(after(10));
  assert(signals.get("a")?.aborted);
  gates.leave("a");
  await recorder.outcomes(1);
  executor.run(jobs("b"));
  executor.sweep(after(9));
  assert(!signals.get("b")?.aborted);
  gates.leave("b");
  await recorder.outcomes(2);
});

Deno.test("sweep reports once what does not return within the grace, and a stop releases it", async () => {
  const { executor, recorder, gates } = ignoring({ abortGraceSeconds: 5 });
  executor.run(jobs("a", "b"));
  executor.sweep(after(30));
  executor.sweep(after(34));
  assert.deepEqual(recorder.hung, []);
  executor.sweep(after(35));
  executor.sweep(after(40));
  assert.deepEqual(recorder.hung, [["a"]]);
  await turn();
  assert.deepEqual(recorder.told, []);
  assert.deepEqual(gates.entered, ["a"]);
  await executor.stop(0);
  assert.deepEqual(recorder.ids("released"), ["b", "a"]);
  assert.deepEqual(executor.running().map(({ job }) => job.id), ["a"]);
  gates.leave("a");
  await turn();
  assert.equal(recorder.outcomeOf("a"), "released");
});

Deno.test("a handler that returns after it was reported as hung has its outcome", async () => {
  const { executor, recorder, gates } = ignoring({ abortGraceSeconds: 5 });
  executor.run(jobs("a"));
  executor.sweep(after(40));
  assert.deepEqual(recorder.hung, [["a"]]);
  gates.leave("a", new Error("late"));
  await recorder.outcomes(1);
  assert.equal(recorder.outcomeOf("a"), "error (timeout) 1");
});

Deno.test("sweep aborts first what it sees so late that it hangs already", () => {
  const { executor, recorder, signals } = waiting({ abortGraceSeconds: 5 });
  executor.run(jobs("a"));
  executor.sweep(after(100));
  assert(signals.get("a")?.aborted);
  assert.deepEqual(recorder.hung, [["a"]]);
});

Deno.test("time for which the process was stopped does not count for what ran", async () => {
  const { executor, recorder, gates, signals } = waiting({ concurrency: 2 });
  executor.run(jobs("a"));
  const [started] = executor.running();
  executor.sweep(after(20), 10_000);
  const [running] = executor.running();
  assert.equal((running?.since ?? 0) - (started?.since ?? 0), 10_000);
  executor.sweep(after(39));
  assert(!signals.get("a")?.aborted);
  executor.sweep(after(41));
  assert(signals.get("a")?.aborted);
  executor.run(jobs("b"));
  executor.sweep(after(5), 60_000);
  executor.sweep(after(34));
  assert(!signals.get("b")?.aborted);
  executor.sweep(after(36));
  assert(signals.get("b")?.aborted, "no time is given that it did not run for");
  gates.leave("a");
  gates.leave("b");
  await recorder.outcomes(2);
});

Deno.test("running says since when each event runs", async () => {
  const { executor, recorder, gates } = ignoring({ concurrency: 2 });
  const before = performance.now();
  executor.run(jobs("a", "b", "c"));
  const running = executor.running();
  assert.deepEqual(running.map(({ job }) => job.id), ["a", "b"]);
  assert(running.every(({ since }) => since >= before && since <= performance.now()));
  for (const id of ["a", "b", "c"]) {
    await gates.until(id, () => gates.open.includes(id));
    gates.leave(id);
  }
  await recorder.quiet();
  assert.deepEqual(executor.running(), []);
});

Deno.test("what comes while a lane closes is run, though another handler runs for long", async () => {
  for (let turns = 0; turns < 12; turns++) {
    const { executor, gates, recorder } = waiting({ concurrency: 2 });
    executor.run(jobs("long", "b"));
    await gates.entries(2);
    gates.leave("b");
    for (let i = 0; i < turns; i++) await undefined;
    executor.run(jobs("c"));
    await gates.entries(3);
    gates.open.forEach((id) => gates.leave(id));
    await recorder.outcomes(3);
  }
});
