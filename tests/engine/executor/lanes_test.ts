import assert from "node:assert/strict";
import fc from "fast-check";
import { Fail } from "../../../lib/worker.ts";
import { Gates, job, jobs, singles, type TestEvent, turn } from "../../fixtures/executor.ts";

const range = (count: number) => Array.from({ length: count }, (_, index) => `e${index}`);

Deno.test("Lanes let the event loop turn while handlers that never wait run", async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  const { executor, recorder } = singles({
    consume() {
      const end = performance.now() + 2;
      while (performance.now() < end);
    },
  });
  executor.run(jobs(...range(50)));
  await recorder.outcomes(50);
  clearInterval(timer);
  assert(turns >= 3, `${turns} turns`);
});

for (const concurrency of [2, 3, 10]) {
  Deno.test(`Lanes run ${concurrency} events at once with a concurrency of ${concurrency}`, async () => {
    const gates = new Gates();
    const { executor, recorder } = singles({
      concurrency,
      consume: (event) => gates.enter(event.id),
    });
    executor.run(jobs(...range(25)));
    await gates.entries(concurrency);
    await turn();
    assert.equal(gates.open.length, concurrency);
    for (let ended = 1; ended <= 25; ended++) {
      gates.leave(gates.open.at(ended % gates.open.length) ?? "");
      await recorder.outcomes(ended);
      await turn();
      assert.equal(gates.open.length, Math.min(concurrency, 25 - ended));
    }
    assert.deepEqual(recorder.ids("done").sort(), range(25).sort());
  });
}

Deno.test("Lanes keep the order of each key, and never run too many, whatever the schedule", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom("a", "b", "c", "d"), { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 2, max: 5 }),
      fc.scheduler(),
      async (keys, concurrency, scheduler) => {
        const ids = keys.map((key, index) => `${key}${index}`);
        const started: string[] = [];
        let running = 0;
        const runningKeys = new Set<string>();
        const { executor, recorder } = singles({
          concurrency,
          orderBy: (event) => event.id[0] ?? "",
          async consume({ id }) {
            const key = id[0] ?? "";
            started.push(id);
            assert(!runningKeys.has(key), `two of ${key} ran at once`);
            assert(++running <= concurrency);
            runningKeys.add(key);
            try {
              await scheduler.schedule(Promise.resolve(), id);
            } finally {
              running--;
              runningKeys.delete(key);
            }
          },
        });
        executor.run(jobs(...ids.slice(0, 10)));
        executor.run(jobs(...ids.slice(10)));
        await scheduler.waitFor(recorder.outcomes(ids.length));
        assert.deepEqual(recorder.ids("done").toSorted(), ids.toSorted());
        for (const key of new Set(keys)) {
          const ofKey = (id: string) => id.startsWith(key);
          assert.deepEqual(started.filter(ofKey), ids.filter(ofKey));
        }
      },
    ),
    { numRuns: 100 },
  );
});

for (const concurrency of [1, 2, 4]) {
  Deno.test(`Lanes run a suspect with nothing beside it at a concurrency of ${concurrency}`, async () => {
    const gates = new Gates();
    const { executor, recorder } = singles({
      concurrency,
      consume: (event) => gates.enter(event.id),
    });
    const suspect = job("suspect", { alone: true });
    const second = job("second", { alone: true });
    executor.run([...jobs("a", "b", "c"), suspect, second, ...jobs("d", "e", "f")]);
    for (let ended = 1; ended <= 8; ended++) {
      await turn();
      const { open } = gates;
      if (open.some((id) => id.startsWith("s"))) assert.equal(open.length, 1);
      gates.leave(open.at(-1) ?? "");
      await recorder.outcomes(ended);
    }
    const order = gates.entered;
    assert.deepEqual(order.slice(3, 5), ["suspect", "second"]);
    assert.deepEqual(order.slice(5), ["d", "e", "f"]);
    await recorder.quiet();
    assert(recorder.starts.some((ids) => ids.length === 1 && ids[0] === "suspect"));
  });
}

Deno.test("Lanes say what is about to run before they run it, and when nothing runs", async () => {
  const started: (readonly string[] | undefined)[] = [];
  const { executor, recorder } = singles({
    consume: (event) =>
      void started.push(recorder.starts.findLast((ids) => ids.includes(event.id))),
  });
  executor.run([...jobs(...range(250)), job("suspect", { alone: true }), ...jobs("z")]);
  await recorder.quiet();
  assert.equal(started.length, 252);
  assert(started.every((ids) => ids !== undefined));
  assert.deepEqual(started.at(-2), ["suspect"]);
  assert.deepEqual(started.at(-1), ["z"]);
  assert(recorder.starts.length < 10, "each costs a write");
});

Deno.test("Lanes say at each start all that runs beside it, also for what waited for its key", async () => {
  const gates = new Gates();
  const { executor, recorder } = singles({
    concurrency: 2,
    orderBy: (event) => event.id[0] ?? "",
    consume(event) {
      const said = new Set(recorder.starts.at(-1));
      for (const { job } of executor.running()) assert(said.has(job.id), `${job.id} was not said`);
      return gates.enter(event.id);
    },
  });
  executor.run(jobs("a1", "a2", "b1", "a3", "b2"));
  for (let ended = 1; ended <= 5; ended++) {
    await turn();
    gates.leave(gates.open[ended % gates.open.length] ?? "");
    await recorder.outcomes(ended);
  }
  assert.deepEqual(recorder.ids("done").length, 5);
});

for (const concurrency of [1, 2]) {
  Deno.test(`Lanes say what is about to run before its body is parsed, at a concurrency of ${concurrency}`, async () => {
    const { executor, recorder } = singles({ concurrency, consume() {} });
    executor.run([job("bad", { body: "{" })]);
    await recorder.quiet();
    assert.deepEqual(recorder.starts, [["bad"], []]);
  });
}

Deno.test("Lanes tell a handler its event, its attempt and its queue", async () => {
  const seen: unknown[] = [];
  const { executor, recorder } = singles({
    consume(event, ctx) {
      seen.push([event, ctx.event, ctx.queue, ctx.workerNum, ctx.signal.aborted]);
    },
  });
  executor.run([
    job("a", { attempt: 3, publishedAt: 5, fields: { failed_tries: 1 } }),
    job("", { attempt: 1, fields: { failed_tries: 4 } }),
  ]);
  await recorder.outcomes(2);
  const never = { publishedAt: undefined, retriedAt: undefined };
  assert.deepEqual(seen, [
    [{ id: "a" }, { ...never, id: "a", attempt: 3, publishedAt: 5 }, "user_activity", 0, false],
    [{ id: "" }, { ...never, id: "", attempt: 5 }, "user_activity", 0, false],
  ]);
});

type Behaviour =
  | "return"
  | "wait"
  | "throw"
  | "throw later"
  | "fail"
  | "invalid"
  | "ignores its signal"
  | "returns at its signal";

/** Handlers of all kinds; those that wait do so until the test lets them go, or for ever. */
function behave(gates: Gates, event: TestEvent, signal: () => AbortSignal): Promise<void> | void {
  switch (event.behaviour as Behaviour) {
    case "throw":
      throw new Error("thrown");
    case "fail":
      throw new Fail("failed");
    case "wait":
      return gates.enter(event.id);
    case "throw later":
      return gates.enter(event.id).then(() => {
        throw new Error("thrown later");
      });
    case "ignores its signal":
      return new Promise(() => {});
    case "returns at its signal":
      return new Promise((_, reject) => {
        const { aborted, reason } = signal();
        if (aborted) return reject(reason);
        signal().addEventListener("abort", () => reject(signal().reason));
      });
    default:
      return undefined;
  }
}

const anyBehaviour = fc.constantFrom<Behaviour>(
  "return",
  "wait",
  "throw",
  "throw later",
  "fail",
  "invalid",
  "returns at its signal",
  "ignores its signal",
);
const anyJob = fc.record({
  behaviour: anyBehaviour,
  key: fc.constantFrom("k", "l", "m"),
  alone: fc.boolean(),
});
type Act = "run" | "leave" | "recall" | "sweep";
const anyAct = fc.constantFrom<Act>("run", "run", "leave", "leave", "leave", "recall", "sweep");

for (const isOrdered of [false, true]) {
  Deno.test(`Lanes give every job one outcome, whatever happens${isOrdered ? ", also by key" : ""}`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyJob, { maxLength: 20 }),
        fc.array(anyAct, { maxLength: 40 }),
        fc.integer({ min: 1, max: 4 }),
        async (wanted, acts, concurrency) => {
          const gates = new Gates();
          const { executor, recorder } = singles({
            concurrency,
            maxConsumeSeconds: 30,
            ...(isOrdered ? { orderBy: (event: TestEvent) => event.key as string } : {}),
            consume: (event, ctx) => behave(gates, event, () => ctx.signal),
          });
          const all = wanted.map(({ behaviour, key, alone }, index) =>
            job(`e${index}`, {
              alone,
              fields: { behaviour, key },
              ...(behaviour === "invalid" ? { body: "{" } : {}),
            })
          );
          const left = [...all];
          const given = new Set<string>();
          for (const [index, act] of acts.entries()) {
            if (act === "run") {
              const some = left.splice(0, 1 + index % 4);
              some.forEach(({ id }) => given.add(id));
              executor.run(some);
            } else if (act === "recall") executor.recall(performance.now());
            else if (act === "sweep") executor.sweep(performance.now() + 31_000);
            else if (gates.open.length > 0) {
              gates.leave(gates.open[index % gates.open.length] ?? "");
            }
            if (index % 3 === 0) await Promise.resolve();
          }
          const stopped = executor.stop(0);
          executor.run(left);
          await stopped;
          for (const { id } of all) {
            const count = recorder.told.filter((told) => told.id === id).length;
            assert.equal(count, 1, `${id} had ${count} outcomes`);
          }
          for (const id of gates.open) gates.leave(id);
          await turn(1);
          assert.equal(recorder.told.length, all.length);
        },
      ),
      // Each handler that ignores its signal makes a stop wait for a second.
      { numRuns: 12 },
    );
  });
}

Deno.test("Lanes count an event's time from its own start, though another computed before", async () => {
  const gates = new Gates();
  const { executor, recorder } = singles({
    concurrency: 2,
    consume(event) {
      const end = performance.now() + (event.id === "busy" ? 50 : 0);
      while (performance.now() < end);
      return gates.enter(event.id);
    },
  });
  executor.run(jobs("busy", "next"));
  const [busy, next] = executor.running();
  assert(busy && next && next.since - busy.since >= 50);
  for (const id of ["busy", "next"]) gates.leave(id);
  await recorder.outcomes(2);
});
