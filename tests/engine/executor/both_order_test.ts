/**
 * What runs beside what, and after what: the same for every executor.
 *
 * @module
 */

import assert from "node:assert/strict";
import fc from "fast-check";
import { bothTest } from "../../fixtures/executor/both.ts";
import { event, events, range, waiting } from "../../fixtures/executor/bench.ts";

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

bothTest("it is known what runs, and since when", {}, async ({ executor, handlers }) => {
  const before = performance.now();
  executor.run(waiting("a", "b"));
  await handlers.waits("a");
  const [running, ...others] = executor.running();
  assert.deepEqual([running?.job.id, others.length], ["a", 0]);
  // The clocks of two threads differ by what a message takes.
  assert((running?.since ?? 0) > before - 50 && (running?.since ?? 0) <= performance.now() + 50);
});

bothTest("handlers that never wait run in the order of their events", {}, async (bench) => {
  const { executor, handlers, recorder } = bench;
  const ids = range(500);
  executor.run(events(
    ...ids.map((id) => ({ id, isSilent: true })),
    { id: "last", tell: "entered", isSilent: true },
  ));
  assert.deepEqual(await handlers.tell("last"), [...ids, "last"]);
  await recorder.outcomes(501);
  assert.deepEqual(recorder.ids("done"), [...ids, "last"]);
});

for (const concurrency of [2, 3, 10]) {
  bothTest(
    `${concurrency} of 25 run at once until all have run`,
    { concurrency },
    async (bench) => {
      const { executor, handlers, recorder } = bench;
      executor.run(waiting(...range(25)));
      for (let ended = 0; ended < 25; ended++) {
        await handlers.waiters(Math.min(concurrency, 25 - ended));
        handlers.leave(handlers.waiting.at(ended % handlers.waiting.length) ?? "");
      }
      await recorder.outcomes(25);
      assert.deepEqual(recorder.ids("done").toSorted(), range(25).toSorted());
      assert.deepEqual(handlers.entered, range(25));
      assert.equal(handlers.mostAtOnce, concurrency);
    },
  );
}

bothTest("events that come one by one fill what is free", { concurrency: 2 }, async (bench) => {
  const { executor, handlers, recorder } = bench;
  for (const id of ["a", "b", "c"]) executor.run(waiting(id));
  await handlers.waits("a", "b");
  handlers.leave("a");
  await handlers.waits("b", "c");
  handlers.leave("b");
  handlers.leave("c");
  await recorder.quiet();
  executor.run(waiting("d"));
  await handlers.waits("d");
  handlers.leave("d");
  await recorder.outcomes(4);
});

bothTest("one that waits does not keep others from running", { concurrency: 2 }, async (bench) => {
  const { executor, handlers, recorder } = bench;
  const quick = range(600);
  executor.run([...waiting("slow"), ...events(...quick.map((id) => ({ id, isSilent: true })))]);
  await handlers.waits("slow");
  await recorder.outcomes(600);
  assert.deepEqual(recorder.ids("done"), quick);
  handlers.leave("slow");
  await recorder.outcomes(601);
});

bothTest("suspects run by themselves, beside many at once", { concurrency: 4 }, async (bench) => {
  const { executor, handlers, recorder } = bench;
  const suspect = (id: string) => event({ id, do: "wait" }, { alone: true });
  executor.run([
    ...waiting("a", "b", "c"),
    ...["s1", "s2"].map(suspect),
    ...waiting("d", "e", "f"),
  ]);
  for (const together of [["a", "b", "c"], ["s1"], ["s2"], ["d", "e", "f"]]) {
    await handlers.waits(...together);
    await handlers.turn();
    assert.deepEqual(handlers.waiting.toSorted(), together);
    for (const id of together) handlers.leave(id);
  }
  await recorder.outcomes(8);
  const beside = handlers.inside.filter((ids) => ids.some((id) => id.startsWith("s")));
  assert.deepEqual(beside, [["s1"], ["s2"]]);
});

bothTest(
  "all is free again after a suspect that does not fit",
  { concurrency: 3 },
  async (bench) => {
    const { executor, handlers, recorder } = bench;
    executor.run([event({ id: "s" }, { alone: true, body: "{" }), ...waiting("a", "b", "c")]);
    await handlers.waits("a", "b", "c");
    assert.equal(recorder.outcomeOf("s"), "failed (invalid) 1");
    for (const id of ["a", "b", "c"]) handlers.leave(id);
    await recorder.outcomes(4);
  },
);

bothTest(
  "the listener hears what runs before it runs, and when nothing does",
  {},
  async (bench) => {
    const { executor, handlers, recorder } = bench;
    executor.run([
      ...waiting("a"),
      event({ id: "s", do: "wait" }, { alone: true }),
      ...events("b"),
    ]);
    await handlers.waits("a");
    assert(recorder.starts.at(-1)?.includes("a"));
    handlers.leave("a");
    await handlers.waits("s");
    assert.deepEqual(recorder.starts.at(-1), ["s"]);
    handlers.leave("s");
    await recorder.outcomes(3);
    await recorder.quiet();
    assert(recorder.starts.at(-2)?.includes("b"));
  },
);

bothTest("what runs is shown for as long as it runs", { concurrency: 2 }, async (bench) => {
  const { executor, handlers, recorder } = bench;
  const shown = () => executor.running().map(({ job }) => job.id).toSorted();
  executor.run(waiting("a", "b", "c"));
  await handlers.waits("a", "b");
  assert.deepEqual(shown(), ["a", "b"]);
  handlers.leave("a");
  await handlers.waits("b", "c");
  assert.deepEqual(shown(), ["b", "c"]);
  for (const id of ["b", "c"]) handlers.leave(id);
  await recorder.quiet();
  assert.deepEqual(shown(), []);
});

const TEXTS: readonly (readonly [name: string, text: string])[] = [
  ["of every script", "grüße \u{1f600} \0 \u2028 日本"],
  ["that is no valid Unicode", "\ud800 and \udfff"],
  ["of a megabyte", "x".repeat(1_000_000)],
];

for (const [name, text] of TEXTS) {
  bothTest(`a text ${name} comes to its handler as it is`, {}, async ({ executor, handlers }) => {
    const body = `{"id":"a","tell":"body","text":"${text.replace("\0", "\\u0000")}"}`;
    executor.run([event({ id: "a" }, { body })]);
    assert.deepEqual(await handlers.tell("a"), { id: "a", tell: "body", text });
  });
}

bothTest(
  "each key keeps its order, whatever runs when",
  { worker: "ordered", concurrency: 3 },
  async (bench) => {
    const { executor, handlers, recorder } = bench;
    let run = 0;
    const anyKeys = fc.array(fc.constantFrom("k", "l", "m", "n"), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(anyKeys, fc.infiniteStream(fc.nat(2)), async (keys, choices) => {
        const name = `run${run++}`;
        const ids = keys.map((key, index) => `${key} ${name} ${index}`);
        const before = recorder.told.length;
        executor.run(
          events(...keys.map((key, index) => ({ id: ids[index] ?? "", key, do: "wait" as const }))),
        );
        for (let ended = 1; ended <= ids.length; ended++) {
          await handlers.until("one waits", () => handlers.waiting.length > 0);
          const { waiting } = handlers;
          handlers.leave(waiting[(choices.next().value ?? 0) % waiting.length] ?? "");
          await recorder.outcomes(before + ended);
        }
        for (const key of new Set(keys)) {
          const ofKey = (id: string) => id.startsWith(`${key} ${name} `);
          assert.deepEqual(handlers.entered.filter(ofKey), ids.filter(ofKey));
        }
      }),
      { numRuns: 20 },
    );
    const keysOf = (ids: readonly string[]) => ids.map((id) => id[0]);
    assert(handlers.inside.every((ids) => new Set(keysOf(ids)).size === ids.length));
    assert(handlers.mostAtOnce <= 3);
  },
);
