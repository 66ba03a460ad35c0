/**
 * Loops of a worker under test: `TestQueue` runs their passes by its clock, `runLoop` runs one.
 *
 * @module
 */

import assert from "node:assert/strict";
import { defineWorker, type LoopOptions, RetryLater, type Worker } from "process-queue/worker";
import { FakeClock, runEvent, runLoop, TestQueue } from "process-queue/testing";
import { z } from "zod";

/** A worker with a loop, which by default publishes one event at each pass. */
function looping(options: Partial<LoopOptions> = {}): Worker<{ n: number }> {
  return defineWorker({
    queue: "looping",
    event: z.object({ n: z.number() }),
    setup(ctx) {
      const run = () => ctx.publish("other", { from: "tidy" });
      ctx.loop({ name: "tidy", everySeconds: 10, maxSeconds: 60, run, ...options });
    },
    consume({ n }, ctx) {
      if (ctx.event.attempt <= n) throw new RetryLater({ after: 60 });
    },
  });
}

Deno.test("TestQueue runs a pass at its start, and each further one when its clock says so", async () => {
  await using queue = await TestQueue.start(looping());
  await queue.idle();
  assert.equal(queue.published.length, 1);
  await queue.advance(9999);
  assert.equal(queue.published.length, 1);
  await queue.advance(20_001);
  assert.equal(queue.published.length, 4);
});

Deno.test("TestQueue waits for passes while it waits for events", async () => {
  await using queue = await TestQueue.start(looping({ everySeconds: 0.05 }));
  await queue.publish({ n: 1 });
  await queue.settled();
  assert.deepEqual(queue.results.map(({ outcome }) => outcome), ["retried", "done"]);
  assert(queue.published.length > 1000, `${queue.published.length} passes`);
});

Deno.test("TestQueue logs a pass that fails, and runs the next one later each time", async () => {
  const at: number[] = [];
  const clock = new FakeClock();
  const run = () => {
    at.push(clock.now());
    throw new Error("no disk");
  };
  await using queue = await TestQueue.start(looping({ run }), { clock });
  await queue.advance(40_000);
  assert.deepEqual(at.map((time) => (time - (at[0] ?? 0)) / 1000), [0, 10, 30]);
  assert.deepEqual(queue.logs[0], {
    level: "error",
    message: "The loop tidy failed: Error: no disk",
    properties: { loop: "tidy", reason: "Error: no disk" },
  });
});

Deno.test("runEvent runs no loop", async () => {
  assert.deepEqual((await runEvent(looping(), { n: 0 })).published, []);
});

Deno.test("runLoop runs one pass, and says whether there is more", async () => {
  const { hasMore, published } = await runLoop(looping(), "tidy");
  assert.deepEqual([hasMore, published], [false, [{ queue: "other", event: { from: "tidy" } }]]);
  assert.equal((await runLoop(looping({ run: () => true }), "tidy")).hasMore, true);
});

Deno.test("runLoop rejects with what the pass throws, at its limit, and at a stop", async () => {
  const run = (signal: AbortSignal) =>
    new Promise<void>((_, reject) => {
      if (signal.aborted) reject(signal.reason);
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  const broken = looping({ run: () => Promise.reject(new TypeError("broken")) });
  await assert.rejects(runLoop(broken, "tidy"), { name: "TypeError", message: "broken" });
  await assert.rejects(runLoop(looping({ run }), "tidy", { maxSeconds: 0.01 }), {
    name: "LoopTimeoutError",
    message: "A pass of the loop tidy of looping did not end within 0.01 s",
  });
  const stop = AbortSignal.abort(new Error("stopped"));
  await assert.rejects(runLoop(looping({ run }), "tidy", { stop }), { message: "stopped" });
});

Deno.test("runLoop names the loops that there are", async () => {
  await assert.rejects(runLoop(looping(), "tidi"), {
    name: "RangeError",
    message: "The worker of looping has no loop tidi: it has tidy",
  });
});

Deno.test("a handler that declares a loop fails", async () => {
  const worker = defineWorker({
    queue: "late",
    event: z.unknown(),
    consume: (_event, ctx) => ctx.loop({ name: "tidy", everySeconds: 1, maxSeconds: 1, run() {} }),
  });
  assert.equal(
    (await runEvent(worker, 1)).error?.message,
    "The worker of late called ctx.loop for tidy outside of setup: declare every loop in " +
      "`setup(ctx)`, before it returns",
  );
});
