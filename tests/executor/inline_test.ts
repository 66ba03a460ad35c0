import assert from "node:assert/strict";
import { RetryLater, type SingleWorker } from "../../lib/worker.ts";
import { Gates, job, jobs, singles, type TestEvent, turn } from "../fixtures/executor.ts";

type Consume = SingleWorker<TestEvent>["consume"];

/** A handler that waits for the test, and whose context the test can look at. */
function waiting(settings: Parameters<typeof singles>[1] = {}) {
  const gates = new Gates();
  const signals = new Map<string, AbortSignal>();
  const consume: Consume = (event, ctx) => {
    signals.set(event.id, ctx.signal);
    return gates.enter(event.id);
  };
  return { gates, signals, ...singles({ consume }, settings) };
}

/** A handler that never asks for its signal. */
function unheeding(settings: Parameters<typeof singles>[1] = {}) {
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

const ENDS: readonly [title: string, thrown: [] | [unknown]][] = [
  ["returns", []],
  ["throws the signal's reason", [new DOMException("aborted", "AbortError")]],
  ["throws something else", [new TypeError("socket closed")]],
  ["throws RetryLater", [new RetryLater({ counts: false })]],
];

for (const [title, thrown] of ENDS) {
  Deno.test(`sweep reports a handler as a timeout that ${title} once it was aborted`, async () => {
    const { executor, recorder, gates } = waiting();
    executor.run([job("a", { attempt: 2 })]);
    executor.sweep(after(31));
    gates.leave("a", ...thrown);
    await recorder.outcomes(1);
    const outcome = recorder.told[0]?.outcome;
    assert(outcome?.kind === "error" && outcome.reason === "timeout" && outcome.attempt === 2);
    assert.equal(outcome.error.name, "WorkerTimeoutError");
    assert.match(outcome.error.message, /^Timed out in user_activity after 30 seconds/);
  });
}

Deno.test("sweep takes as done what returns late without ever having asked for its signal", async () => {
  const { executor, recorder, gates } = unheeding();
  executor.run(jobs("a"));
  executor.sweep(after(31));
  gates.leave("a");
  await recorder.outcomes(1);
  assert.equal(recorder.outcomeOf("a"), "done");
});

Deno.test("sweep aborts each handler by its own time", async () => {
  const { executor, recorder, gates, signals } = waiting({ concurrency: 2, maxConsumeSeconds: 10 });
  executor.run(jobs("a"));
  const later = after(6);
  await recorder.until("begun", () => executor.running().length === 1);
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

Deno.test("sweep leaves handlers alone that have no limit", async () => {
  const { executor, recorder, gates, signals } = waiting({ maxConsumeSeconds: null });
  executor.run(jobs("a"));
  executor.sweep(after(1e9));
  assert(!signals.get("a")?.aborted);
  assert.deepEqual(recorder.stuck, []);
  gates.leave("a");
  await recorder.outcomes(1);
  assert.equal(recorder.outcomeOf("a"), "done");
});

Deno.test("sweep shows an aborted signal to who asks for it late", async () => {
  const gates = new Gates();
  let signal: AbortSignal | undefined;
  const { executor, recorder } = singles({
    async consume(event, ctx) {
      await gates.enter(event.id);
      signal = ctx.signal;
    },
  });
  executor.run(jobs("a"));
  executor.sweep(after(31));
  gates.leave("a");
  await recorder.outcomes(1);
  assert(signal?.aborted);
  assert.equal(recorder.outcomeOf("a"), "error (timeout) 1");
});

Deno.test("sweep reports once what does not return within the grace, and gives it no outcome", async () => {
  const { executor, recorder, gates } = unheeding({ abortGraceSeconds: 5 });
  executor.run(jobs("a", "b"));
  executor.sweep(after(30));
  executor.sweep(after(34));
  assert.deepEqual(recorder.stuck, []);
  executor.sweep(after(35));
  executor.sweep(after(40));
  assert.deepEqual(recorder.stuck, [{ ids: ["a"], seconds: 30 }]);
  await turn();
  assert.deepEqual(recorder.told, []);
  assert.deepEqual(gates.entered, ["a"]);
  await executor.stop(0);
  assert.deepEqual(recorder.ids("released"), ["b"]);
  assert.equal(recorder.outcomeOf("a"), "nothing");
  gates.leave("a");
  await turn();
  assert.equal(recorder.outcomeOf("a"), "nothing");
});

Deno.test("sweep aborts first what it sees so late that it is stuck already", () => {
  const { executor, recorder, signals } = waiting({ abortGraceSeconds: 5 });
  executor.run(jobs("a"));
  executor.sweep(after(100));
  assert(signals.get("a")?.aborted);
  assert.deepEqual(recorder.stuck, [{ ids: ["a"], seconds: 30 }]);
});

Deno.test("running tells since when each event runs", async () => {
  const { executor, recorder, gates } = unheeding({ concurrency: 2 });
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

Deno.test("stop ends at once where nothing runs", async () => {
  const { executor, recorder } = unheeding();
  await executor.stop(60_000);
  executor.run(jobs("late"));
  assert.deepEqual(recorder.ids("released"), ["late"]);
});

Deno.test("stop gives back what has not started and waits for what runs", async () => {
  const { executor, recorder, gates } = unheeding({ concurrency: 2 });
  executor.run(jobs("a", "b", "c", "d"));
  let hasStopped = false;
  const stopped = executor.stop(60_000).then(() => hasStopped = true);
  assert.deepEqual(recorder.ids("released"), ["c", "d"]);
  gates.leave("a");
  await recorder.outcomes(3);
  assert(!hasStopped);
  gates.leave("b", new TypeError("x"));
  await stopped;
  assert.equal(recorder.outcomeOf("a"), "done");
  assert.equal(recorder.outcomeOf("b"), "error (error) 1");
});

Deno.test("stop aborts after the grace what still runs, and releases what then gives up", async () => {
  const { executor, recorder } = singles({
    consume: (_, ctx) =>
      new Promise((_, reject) => {
        ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason));
      }),
  });
  executor.run(jobs("a"));
  await executor.stop(10);
  assert.equal(recorder.outcomeOf("a"), "released");
});

Deno.test("stop releases a handler that looks at its signal and returns: its work may be undone", async () => {
  const { executor, recorder } = singles({
    async consume(_, ctx) {
      while (!ctx.signal.aborted) await turn(1);
    },
  });
  executor.run(jobs("a"));
  await executor.stop(10);
  assert.equal(recorder.outcomeOf("a"), "released");
});

Deno.test("stop takes as done what returns after the abort without having looked at it", async () => {
  const { executor, recorder, gates } = unheeding();
  executor.run(jobs("a"));
  const stopped = executor.stop(0);
  await turn();
  gates.leave("a");
  await stopped;
  assert.equal(recorder.outcomeOf("a"), "done");
});

Deno.test("stop gives up what does not return, and its late end says nothing", async () => {
  const { executor, recorder, gates } = unheeding();
  executor.run(jobs("a"));
  await executor.stop(0);
  assert.equal(recorder.outcomeOf("a"), "released");
  assert.deepEqual(executor.running(), []);
  gates.leave("a", new Error("late"));
  await turn();
  assert.equal(recorder.outcomeOf("a"), "released");
});

Deno.test("stop can be cut short by a second one", async () => {
  const { executor, recorder } = unheeding();
  executor.run(jobs("a"));
  const patient = executor.stop(600_000);
  await executor.stop(0);
  await patient;
  assert.equal(recorder.outcomeOf("a"), "released");
});
