/**
 * `runBatch`: many events, and the outcome of each.
 *
 * @module
 */

import assert from "node:assert/strict";
import { BatchError, defineWorker, Discard, Fail } from "process-queue/worker";
import { runBatch } from "process-queue/testing";
import { z } from "zod";
import { batches, letters, names, worker } from "../fixtures/greetings.ts";

Deno.test("runBatch runs batches of the worker's size, and waits for no more", async () => {
  const ids: string[][] = [];
  const { events, logs } = await runBatch(
    batches((_, own) => void ids.push([...own])),
    letters("abcd"),
    {
      messageIds: ["1", undefined, "3"],
    },
  );
  assert.deepEqual(events.map(({ outcome }) => outcome), ["done", "done", "done", "done"]);
  assert.deepEqual(events.map(({ tags }) => tags["batch"]), ["abc", "abc", "abc", "d"]);
  assert.deepEqual(logs.map(({ message }) => message), ["Hello abc", "Hello d"]);
  const [first = [], last = []] = ids;
  assert.deepEqual([first[0], first[2]], ["1", "3"]);
  assert.deepEqual([first.length, last.length, new Set([...first, ...last]).size], [3, 1, 4]);
  assert.deepEqual((await runBatch(batches(() => {}), [])).events, []);
});

Deno.test("runBatch answers one outcome for each event of a batch", async () => {
  const sorting = batches((names) => {
    if (names === "abc") throw new BatchError([undefined, new Fail("no"), new Discard("old")]);
  });
  const { events } = await runBatch(sorting, [...letters("abc"), { name: 1 }]);
  assert.deepEqual(events.map(({ outcome, reason }) => [outcome, reason]), [
    ["done", undefined],
    ["failed", "fail"],
    ["discarded", undefined],
    ["failed", "invalid"],
  ]);
});

Deno.test("runBatch runs the events of a batch that failed one by one", async () => {
  const { events, logs } = await runBatch(
    batches((names) => {
      if (names.includes("b")) throw new Error("no b");
    }),
    letters("abc"),
  );
  assert.deepEqual(events.map(({ outcome }) => outcome), ["done", "retried", "done"]);
  assert.deepEqual(events.map(({ tags }) => tags["batch"]), ["a", "b", "c"]);
  assert.deepEqual(logs.map(({ message }) => message), [
    "Hello abc",
    "A batch of 3 events failed as a whole; its events run again one by one: Error: no b",
    ...["Hello a", "Hello b", "Hello c"],
  ]);
});

Deno.test("runBatch runs a batch that hangs again one by one", async () => {
  const release = Promise.withResolvers<void>();
  const hanging = defineWorker({
    queue: "greetings",
    event: z.object({ name: z.string() }),
    batch: { size: 3, seconds: 60 },
    consumeBatch: (events) => names(events).includes("b") ? release.promise : undefined,
  });
  const { events } = await runBatch(hanging, letters("abcd"), {
    maxConsumeSeconds: 0.01,
    environment: { ABORT_GRACE_SECONDS: "0" },
  });
  release.resolve();
  assert.deepEqual(events.map(({ reason }) => reason), [
    ...[undefined, "timeout", undefined, undefined],
  ]);
});

Deno.test("runBatch runs events by a worker that takes them one by one, in their order", async () => {
  const { events, published } = await runBatch(
    worker(async ({ name }, ctx) => {
      await ctx.publish("letters", name);
      if (name === "b") throw new Fail("no b");
    }, { concurrency: 4 }),
    letters("abc"),
  );
  assert.deepEqual(events.map(({ outcome }) => outcome), ["done", "failed", "done"]);
  assert.deepEqual(published.map(({ event }) => event), ["a", "b", "c"]);
});
