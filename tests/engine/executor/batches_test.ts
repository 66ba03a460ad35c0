import assert from "node:assert/strict";
import fc from "fast-check";
import { BatchError, Discard, Fail, RetryLater } from "../../../lib/worker.ts";
import { batches, Gates, job, jobs, type TestEvent, turn } from "../../fixtures/executor.ts";

const range = (count: number) => Array.from({ length: count }, (_, index) => `e${index}`);
const LONG = 1000;
const idsOf = (events: TestEvent[]) => events.map(({ id }) => id);

/** A batch worker that keeps the ids of each batch, and then does what the test wants. */
function recording(
  size: number,
  seconds: number,
  consume: (ids: string[], events: TestEvent[]) => Promise<void> | void = () => {},
) {
  const seen: string[][] = [];
  const started = batches({
    batch: { size, seconds },
    consumeBatch(events) {
      seen.push(idsOf(events));
      return consume(idsOf(events), events);
    },
  });
  return { seen, ...started };
}

Deno.test("Batches hand over as many as a batch has, without waiting", async () => {
  const { executor, recorder, seen } = recording(3, LONG);
  executor.run(jobs(...range(4)));
  executor.run(jobs("x", "y"));
  await recorder.outcomes(6);
  assert.deepEqual(seen, [["e0", "e1", "e2"], ["e3", "x", "y"]]);
  assert.deepEqual(recorder.ids("done"), ["e0", "e1", "e2", "e3", "x", "y"]);
});

Deno.test("Batches hand over fewer when their time is over", async () => {
  const { executor, recorder, seen } = recording(100, 0.05);
  const began = performance.now();
  executor.run(jobs("a"));
  await turn();
  executor.run(jobs("b"));
  await recorder.outcomes(2);
  assert.deepEqual(seen, [["a", "b"]]);
  assert(performance.now() - began >= 49);
});

Deno.test("Batches say what is about to run before its bodies are parsed", async () => {
  const { executor, recorder } = recording(2, LONG);
  executor.run([...jobs("a"), job("bad", { body: "{" })]);
  await recorder.quiet();
  assert.deepEqual(recorder.starts, [["a", "bad"], []]);
});

Deno.test("Batches leave out what does not fit, and call no handler for nothing", async () => {
  const { executor, recorder, seen } = recording(2, LONG);
  executor.run([
    ...jobs("a"),
    job("bad", { body: "{" }),
    job("worse", { body: "[]" }),
    job("worst", { body: "" }),
  ]);
  await recorder.outcomes(4);
  assert.deepEqual(seen, [["a"]]);
  assert.equal(recorder.outcomeOf("a"), "done");
  for (const id of ["bad", "worse", "worst"]) {
    assert.equal(recorder.outcomeOf(id), "failed (invalid) 1");
  }
});

Deno.test("BatchError gives each event its own outcome", async () => {
  const { executor, recorder } = recording(6, LONG, () => {
    throw new BatchError([
      undefined,
      new TypeError("x"),
      new Fail("no"),
      new Discard(),
      new RetryLater({ after: 5 }),
      null,
    ]);
  });
  executor.run(jobs("done", "error", "fail", "discard", "later", "null"));
  await recorder.outcomes(6);
  assert.deepEqual(
    ["done", "error", "fail", "discard", "later", "null"].map((id) => recorder.outcomeOf(id)),
    ["done", "error (error) 1", "failed (fail) 1", "discarded", "retry-later 1", "error (error) 1"],
  );
});

Deno.test("BatchError counts by the events that fitted", async () => {
  const { executor, recorder } = recording(3, LONG, () => {
    throw new BatchError([undefined, new Fail("no")]);
  });
  executor.run([...jobs("a"), job("bad", { body: "{" }), ...jobs("b")]);
  await recorder.outcomes(3);
  assert.equal(recorder.outcomeOf("a"), "done");
  assert.equal(recorder.outcomeOf("b"), "failed (fail) 1");
});

const OTHERS: readonly [title: string, thrown: unknown][] = [
  ["an error", new Error("x")],
  ["undefined", undefined],
  ["a BatchError of another length", new BatchError([undefined, undefined])],
  ["a revoked proxy", revoked()],
];

for (const [title, thrown] of OTHERS) {
  for (const isAsync of [false, true]) {
    Deno.test(`Batches run one by one after ${title}${isAsync ? " of an async handler" : ""}`, async () => {
      const { executor, recorder, seen } = recording(3, LONG, (ids) => {
        if (!ids.includes("b")) return;
        if (isAsync) return Promise.reject(thrown);
        throw thrown;
      });
      executor.run(jobs("a", "b", "c", "d", "e", "f"));
      await recorder.outcomes(6);
      assert.deepEqual(seen, [["a", "b", "c"], ["a"], ["b"], ["c"], ["d", "e", "f"]]);
      assert.deepEqual(recorder.ids("done"), ["a", "c", "d", "e", "f"]);
      assert.equal(recorder.outcomeOf("b"), "error (error) 1");
    });
  }
}

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

Deno.test("Batches say each event that runs one by one by itself", async () => {
  const { executor, recorder } = recording(2, LONG, (ids) => {
    if (ids.length > 1) throw new Error("together");
  });
  executor.run(jobs("a", "b"));
  await recorder.quiet();
  assert.deepEqual(recorder.starts, [["a", "b"], ["a"], ["b"], []]);
});

const STEERED: readonly [error: Error, outcome: string][] = [
  [new RetryLater({ after: 5 }), "retry-later 1"],
  [new Discard(), "discarded"],
  [new Fail("no"), "failed (fail) 1"],
];

for (const [error, outcome] of STEERED) {
  Deno.test(`Batches take ${error.name} for every event of the batch`, async () => {
    const { executor, recorder, seen } = recording(3, LONG, () => {
      throw error;
    });
    executor.run(jobs("a", "b", "c"));
    await recorder.outcomes(3);
    assert.deepEqual(["a", "b", "c"].map((id) => recorder.outcomeOf(id)), Array(3).fill(outcome));
    assert.equal(seen.length, 1);
  });
}

Deno.test("Batches tell a handler each event's id and attempt", async () => {
  let seen: unknown;
  const { executor, recorder } = batches({
    batch: { size: 2, seconds: LONG },
    consumeBatch(_, ctx) {
      seen = [ctx.events, ctx.event.id];
    },
  });
  executor.run([job("a", { attempt: 2 }), job("b", { fields: { failed_tries: 4 } })]);
  await recorder.outcomes(2);
  const never = { publishedAt: undefined, retriedAt: undefined };
  assert.deepEqual(seen, [
    [{ id: "a", attempt: 2, ...never }, { id: "b", attempt: 5, ...never }],
    "a",
  ]);
});

Deno.test("Batches end when all that was being gathered is released", async () => {
  const { executor, recorder } = recording(3, LONG);
  executor.run(jobs("a"));
  await turn();
  executor.recall(Infinity);
  await executor.stop(10_000);
  assert.deepEqual(recorder.ids("released"), ["a"]);
});

Deno.test("Batches give every event an outcome when they stop while one of them never returns", async () => {
  const { executor, recorder, seen } = recording(3, LONG, (ids) => {
    if (ids.length > 1) throw new Error("together");
    return new Promise(() => {});
  });
  executor.run(jobs("a", "b", "c"));
  await recorder.until("a runs alone", () => recorder.starts.at(-1)?.length === 1);
  await executor.stop(0);
  assert.deepEqual(recorder.ids("released").toSorted(), ["a", "b", "c"]);
  assert.equal(seen.length, 2);
});

type Behaviour = "good" | "bad" | "fails" | "invalid";
const anyJob = fc.record({
  behaviour: fc.constantFrom<Behaviour>("good", "good", "good", "bad", "fails", "invalid"),
  alone: fc.integer({ max: 5, min: 0 }).map((n) => n === 0),
});
const anyAct = fc.constantFrom("run", "run", "leave", "leave", "recall", "sweep");

Deno.test("Batches give every job one outcome, whatever happens", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyJob, { maxLength: 25 }),
      fc.array(anyAct, { maxLength: 30 }),
      fc.integer({ min: 1, max: 6 }),
      fc.boolean(),
      async (wanted, acts, size, stopsEarly) => {
        const gates = new Gates();
        let calls = 0;
        const { executor, recorder } = batches({
          batch: { size, seconds: 0 },
          async consumeBatch(events) {
            await gates.enter(`call ${calls++}`);
            if (events.some(({ behaviour }) => behaviour === "bad")) throw new Error("bad");
            if (events.every(({ behaviour }) => behaviour === "good")) return;
            throw new BatchError(
              events.map(({ behaviour }) => behaviour === "fails" ? new Fail("x") : undefined),
            );
          },
        });
        const all = wanted.map(({ behaviour, alone }, index) =>
          job(`e${index}`, {
            alone,
            fields: { behaviour },
            ...(behaviour === "invalid" ? { body: "{" } : {}),
          })
        );
        const left = [...all];
        const leave = () => gates.open.slice(0, 1).forEach((key) => gates.leave(key));
        for (const [index, act] of acts.entries()) {
          if (act === "run") executor.run(left.splice(0, 1 + index % 5));
          else if (act === "leave") leave();
          else if (act === "recall") executor.recall(performance.now());
          else executor.sweep(performance.now());
          if (index % 2 === 0) await turn(1);
        }
        const stopped = stopsEarly ? executor.stop(60_000) : undefined;
        executor.run(left);
        for (let i = 0; recorder.told.length < all.length && i < 1000; i++) {
          leave();
          await turn(1);
        }
        leave();
        await (stopped ?? executor.stop(60_000));
        for (const { id } of all) {
          const count = recorder.told.filter((told) => told.id === id).length;
          assert.equal(count, 1, `${id} had ${count} outcomes`);
        }
      },
    ),
    { numRuns: 60 },
  );
});
