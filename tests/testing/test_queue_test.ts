/**
 * `TestQueue`: a queue with retries and dead letters on a clock of its own.
 *
 * @module
 */

import assert from "node:assert/strict";
import { defineWorker, exactInteger, RetryLater, type SingleWorker } from "process-queue/worker";
import { FakeClock, TestQueue } from "process-queue/testing";
import { z } from "zod";
import { assertWithin } from "../fixtures/pace.ts";
import { aborted, ADA, batches, failing, letters, worker } from "../fixtures/greetings.ts";

/** Seconds from the start of the clock to each end of a run. */
const seconds = ({ results }: TestQueue) =>
  results.map(({ at }) => (at - new FakeClock().now()) / 1000);

Deno.test("TestQueue runs an event again after 5, 60 and 300 s, without waiting", async () => {
  const began = performance.now();
  await using queue = await TestQueue.start(failing(new Error("x")));
  await queue.publish(ADA);
  await queue.settled();
  await assertWithin(performance.now() - began, 5000, "three retries");
  assert.deepEqual(queue.results.map(({ outcome, delay }) => [outcome, delay]), [
    ["retried", 5],
    ["retried", 60],
    ["retried", 300],
    ["failed", undefined],
  ]);
  assert.deepEqual(queue.results.map(({ attempt }) => attempt), [1, 2, 3, 4]);
  assert.deepEqual(seconds(queue), [0, 5, 65, 365]);
  assert.deepEqual(await queue.failed(), [{
    event: ADA,
    messageId: "event-1",
    reason: "error",
    attempts: 4,
    error: { name: "Error", message: "x" },
  }]);
});

const NUMBERED = defineWorker({
  queue: "numbered",
  event: z.object({ id: exactInteger(), rest: z.unknown() }),
  async consume({ id, rest }, ctx) {
    ctx.log.info("Passing on {id}", { id });
    await ctx.publish("other", { id: id + 1n, rest });
  },
});

Deno.test("a handler gets a whole number of any size, and publishes it exactly", async () => {
  await using queue = await TestQueue.start(NUMBERED);
  const rest = { id: 1970670598291982290n };
  await queue.publish({ id: 9007199254740993n, rest }, { id: 5, rest: 6 });
  await queue.settled();
  assert.deepEqual(queue.published.map(({ event }) => event), [
    { id: 9007199254740994, rest },
    { id: 6, rest: 6 },
  ]);
  assert.deepEqual(queue.logs.map(({ message }) => message), [
    "Passing on 9007199254740993",
    "Passing on 5",
  ]);
});

Deno.test("ctx.publish refuses what JSON would change, and names its place", async () => {
  const event = z.object({});
  const items = [{ price: 1 }, { price: NaN }];
  const consume: SingleWorker<unknown>["consume"] = (_, ctx) => ctx.publish("other", { items });
  await using queue = await TestQueue.start(defineWorker({ queue: "prices", event, consume }));
  await queue.publish({});
  await queue.settled();
  const [letter] = await queue.failed();
  assert.match(letter?.error.message ?? "", /NaN at \$\.items\[1\]\.price is not JSON$/);
  assert.deepEqual(queue.published, []);
});

Deno.test("an event that a worker publishes with an id has it, in published too", async () => {
  const event = z.object({});
  const consume: SingleWorker<unknown>["consume"] = async (_, ctx) => {
    await ctx.publish("other", {}, { id: "missed:7" });
    await ctx.publish("other", {});
  };
  await using queue = await TestQueue.start(defineWorker({ queue: "mails", event, consume }));
  await queue.publish({});
  await queue.settled();
  assert.deepEqual(queue.published, [
    { queue: "other", event: {}, id: "missed:7" },
    { queue: "other", event: {} },
  ]);
  const [one, other] = await queue.broker.peek("other", 2);
  assert.equal(one?.properties.messageId, "missed:7");
  assert.equal(other?.properties.messageId, "event-2");
});

Deno.test("TestQueue moves its time on as the test says", async () => {
  const clock = new FakeClock();
  await using queue = await TestQueue.start(failing(new Error("x")), { clock });
  await queue.publish(ADA);
  await queue.idle();
  assert.deepEqual([seconds(queue), await queue.waiting()], [[0], 1]);
  await queue.advance(4999);
  assert.deepEqual(seconds(queue), [0]);
  await queue.advance(1);
  assert.deepEqual(seconds(queue), [0, 5]);
  await queue.advance(3_600_000);
  assert.deepEqual(seconds(queue), [0, 5, 65, 365]);
  assert.equal(clock.now() - new FakeClock().now(), 3_605_000);
  await assert.rejects(queue.advance(-1), RangeError);
});

Deno.test("TestQueue waits for handlers that take real time", async () => {
  let runs = 0;
  const slow = worker(async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (++runs < 3) throw new Error("not yet");
  });
  await using queue = await TestQueue.start(slow);
  await queue.publish(ADA);
  await queue.settled();
  assert.deepEqual(seconds(queue), [0, 5, 65]);
  assert.equal(queue.results.at(-1)?.outcome, "done");
  assert.deepEqual(await queue.failed(), []);
});

Deno.test("TestQueue waits for as long as RetryLater says, also for days", async () => {
  const day = 86_400;
  const patient = worker((_, { event }) => {
    if (event.attempt === 1) throw new RetryLater({ after: 7 * day });
  });
  await using queue = await TestQueue.start(patient, { clock: new FakeClock(1000) });
  await queue.publish(ADA);
  await queue.settled();
  assert.deepEqual(queue.results.map(({ at }) => at - 1000), [0, 7 * day * 1000]);
});

Deno.test("TestQueue says when events wait for ever", async () => {
  const later = failing(new RetryLater({ after: 15, counts: false }));
  await using queue = await TestQueue.start(later);
  await queue.publish(ADA);
  await assert.rejects(queue.settled(), {
    message:
      "Events of greetings still wait after 1000 retries or pauses (the last: retry-later, " +
      "after 15 s): use advance, or let the handler give up",
  });
});

Deno.test("TestQueue hands over what was published together as a batch", async () => {
  await using queue = await TestQueue.start(batches(() => {}));
  await queue.publish(...letters("abcd"));
  await queue.idle();
  await queue.publish(...letters("ef"));
  await queue.settled();
  assert.deepEqual(queue.results.map(({ tags }) => tags["batch"]), [
    ...["abc", "abc", "abc", "d", "ef", "ef"],
  ]);
  assert.deepEqual(queue.results.map(({ messageId }) => messageId), [
    ...["event-1", "event-2", "event-3", "event-4", "event-5", "event-6"],
  ]);
});

Deno.test("TestQueue publishes what the worker publishes, also to its own queue", async () => {
  const counting = worker(async ({ name, times }, ctx) => {
    ctx.log.info("{times} for {name}", { name, times });
    if (times > 1) await ctx.publish("greetings", { name, times: times - 1 });
    else await ctx.publish("letters", { to: name });
  }, { setup: (ctx) => ctx.publish("letters", "ready") });
  await using queue = await TestQueue.start(counting);
  await queue.publish({ name: "Ada", times: 3 });
  await queue.settled();
  assert.deepEqual(queue.logs.map(({ message }) => message), [
    ...["3 for Ada", "2 for Ada", "1 for Ada"],
  ]);
  assert.deepEqual(queue.published.map(({ queue }) => queue), [
    ...["letters", "greetings", "greetings", "letters"],
  ]);
  assert.deepEqual((await queue.broker.depth("letters"))?.ready, 2);
});

Deno.test("TestQueue knows whose report is whose where several run at once", async () => {
  const both = Promise.withResolvers<void>();
  let running = 0;
  const beside = worker(async ({ name }, ctx) => {
    if (++running === 2) both.resolve();
    await both.promise;
    ctx.report({ name });
  }, { concurrency: 2, maxConsumeSeconds: null });
  await using queue = await TestQueue.start(beside);
  await queue.publish(...letters("ab"));
  await queue.settled();
  assert.deepEqual(queue.results.map(({ event, tags }) => [event, tags]), [
    [{ name: "a" }, { name: "a" }],
    [{ name: "b" }, { name: "b" }],
  ]);
});

Deno.test("TestQueue goes on after a handler that hangs", async () => {
  const release = Promise.withResolvers<void>();
  const hanging = worker(({ name }) => name === "a" ? release.promise : undefined, { retries: [] });
  await using queue = await TestQueue.start(hanging, {
    maxConsumeSeconds: 0.01,
    environment: { ABORT_GRACE_SECONDS: "0" },
  });
  await queue.publish(...letters("ab"));
  await queue.settled();
  release.resolve();
  assert.deepEqual(queue.results.map(({ event, outcome, reason }) => [event, outcome, reason]), [
    [{ name: "a" }, "failed", "timeout"],
    [{ name: "b" }, "done", undefined],
  ]);
});

Deno.test("TestQueue shows what was given up before a handler had it", async () => {
  await using queue = await TestQueue.start(worker(() => {}));
  await queue.broker.publish("greetings", new Uint8Array([0xff]));
  await queue.broker.publish("greetings", "{");
  await queue.settled();
  assert.deepEqual(queue.results.map(({ reason }) => reason), ["invalid"]);
  const failed = await queue.failed();
  assert.deepEqual(failed.map(({ reason, event }) => [reason, event]), [
    ["invalid", "\ufffd"],
    ["invalid", "{"],
  ]);
});

Deno.test("TestQueue stops the worker and closes what it opened", async () => {
  let closed = 0;
  let folder = "";
  const waiting = worker((_, { signal }) => aborted(signal), {
    setup(ctx) {
      folder = ctx.config.stateDir;
      return { [Symbol.asyncDispose]: () => Promise.resolve(void closed++) };
    },
  });
  const queue = await TestQueue.start(waiting);
  await queue.publish(ADA);
  await queue[Symbol.asyncDispose]();
  await queue[Symbol.asyncDispose]();
  assert.equal(closed, 1);
  assert.deepEqual(queue.results.map(({ outcome }) => outcome), ["released"]);
  assert.throws(() => Deno.statSync(folder), Deno.errors.NotFound);
});
