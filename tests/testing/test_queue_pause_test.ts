/**
 * `PauseQueue` and `patienceSeconds`, on a queue with a clock of its own.
 *
 * @module
 */

import assert from "node:assert/strict";
import { BatchError, PauseQueue, RetryLater } from "process-queue/worker";
import { FakeClock, runEvent, TestQueue } from "process-queue/testing";
import { ADA, batches, failing, letters, worker } from "../fixtures/greetings.ts";

const START = new FakeClock().now();
const away = () => new PauseQueue({ reason: "SMTP", cause: new Error("connection refused") });
/** `<name> <outcome> <seconds>` of each run that was not merely released. */
const runs = ({ results }: TestQueue) =>
  results.filter(({ outcome }) => outcome !== "released").map(({ event, outcome, at }) =>
    `${(event as { name: string }).name} ${outcome} ${(at - START) / 1000}`
  );

Deno.test("a queue whose worker throws PauseQueue tries one event after 5, 10, 20 s, and then runs all in their order", async () => {
  let isAway = true;
  const mailing = worker(() => {
    if (isAway) throw away();
  });
  await using queue = await TestQueue.start(mailing);
  await queue.publish(...letters("abcd"));
  await queue.idle();
  assert.equal(queue.waitingFor, "SMTP");
  await queue.advance(34_999);
  isAway = false;
  await queue.advance(1);
  await queue.settled();
  assert.deepEqual(runs(queue), [
    ...["a paused 0", "a paused 5", "a paused 15"],
    ...["a done 35", "b done 35", "c done 35", "d done 35"],
  ]);
  assert.equal(queue.waitingFor, undefined);
  assert(queue.results.every(({ attempt }) => attempt === 1));
});

Deno.test("a pause ends with whatever else becomes of the event that tries", async () => {
  const thrown = [away(), new Error("its own fault"), away()];
  const mailing = worker(() => {
    const error = thrown.shift();
    if (error) throw error;
  });
  await using queue = await TestQueue.start(mailing);
  await queue.publish(...letters("ab"));
  await queue.settled();
  assert.deepEqual(runs(queue), [
    ...["a paused 0", "a retried 5", "b paused 5", "b done 10", "a done 10"],
  ]);
});

Deno.test("what runs beside an event that pauses its queue ends as usual, and opens nothing", async () => {
  const beside = Promise.withResolvers<void>();
  let isAway = true;
  const mailing = worker(async ({ name }) => {
    if (name === "b") await beside.promise;
    else if (isAway) throw away();
  }, { concurrency: 4, maxConsumeSeconds: null });
  await using queue = await TestQueue.start(mailing);
  await queue.publish(...letters("abcdef"));
  while (queue.results.length < 5) await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(queue.results.map(({ outcome }) => outcome).toSorted(), [
    ...["paused", "paused", "paused", "released", "released"],
  ]);
  beside.resolve();
  await queue.idle();
  assert.equal(queue.waitingFor, "SMTP");
  isAway = false;
  await queue.settled();
  const [a, c, d, b, ...then] = runs(queue);
  assert.deepEqual([a, c, d, b], ["a paused 0", "c paused 0", "d paused 0", "b done 0"]);
  assert.equal(then[0], "a done 5");
  assert.deepEqual(then.toSorted(), ["a done 5", "c done 5", "d done 5", "e done 5", "f done 5"]);
});

Deno.test("a worker of batches pauses its queue for all events, or for those it names", async () => {
  const thrown = [away(), new BatchError([away()]), new BatchError([undefined, away()])];
  const sizes: number[] = [];
  const mailing = batches((events) => {
    sizes.push(events.length);
    const error = thrown.shift();
    if (error) throw error;
  });
  await using queue = await TestQueue.start(mailing);
  await queue.publish(...letters("abc"));
  await queue.publish(...letters("de"));
  await queue.settled();
  assert.deepEqual(sizes.slice(0, 2), [3, 1]);
  assert.deepEqual(runs(queue).slice(0, 4), [
    ...["a paused 0", "b paused 0", "c paused 0", "a paused 5"],
  ]);
  const done = runs(queue).filter((run) => run.includes("done")).map((run) => run[0]);
  assert.deepEqual(done.toSorted(), ["a", "b", "c", "d", "e"]);
});

Deno.test("TestQueue says when a pause lasts for ever", async () => {
  await using queue = await TestQueue.start(failing(away()));
  await queue.publish(ADA);
  await assert.rejects(queue.settled(), {
    message: "Events of greetings still wait after 1000 retries or pauses (the last: paused, " +
      "after 5 s): use advance, or let the handler give up",
  });
});

Deno.test("runEvent shows a pause, with its cause in the stack", async () => {
  const { outcome, delay, error } = await runEvent(failing(away()), ADA);
  assert.deepEqual([outcome, delay], ["paused", 5]);
  assert.equal(error?.message, "Waiting for SMTP");
  assert.match(error?.stack ?? "", /Caused by: Error: connection refused/);
});

Deno.test("an event that waited for its worker's patience is a dead letter with the last message", async () => {
  const later = () => {
    throw new RetryLater({ after: 900, counts: false, message: "No route to the database" });
  };
  await using queue = await TestQueue.start(worker(later, { patienceSeconds: 3600 }));
  await queue.publish(ADA);
  await queue.settled();
  assert.deepEqual(runs(queue), [
    ...["Ada retried 0", "Ada retried 900", "Ada retried 1800", "Ada retried 2700"],
    "Ada failed 3600",
  ]);
  const [letter] = await queue.failed();
  assert.equal(letter?.reason, "waited too long");
  assert.equal(
    letter?.error.message,
    "No route to the database (given up after 1 h of waiting)",
  );
});

Deno.test("a pause does not use up the patience of an event", async () => {
  const thrown = [away(), new RetryLater({ after: 5, counts: false })];
  const mailing = worker(() => {
    const error = thrown.shift();
    if (error) throw error;
  }, { patienceSeconds: 3 });
  await using queue = await TestQueue.start(mailing);
  await queue.publish(ADA);
  await queue.settled();
  assert.deepEqual(runs(queue), ["Ada paused 0", "Ada retried 5", "Ada done 10"]);
});
