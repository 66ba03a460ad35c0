import assert from "node:assert/strict";
import {
  BatchError,
  type Context,
  defineWorker,
  Discard,
  Fail,
  RetryLater,
  type SingleWorker,
} from "process-queue/worker";
import { FakeClock, openTestDatabase, runBatch, runEvent, TestQueue } from "process-queue/testing";
import { sql } from "kysely";
import { z } from "zod";

const event = z.object({ name: z.string(), times: z.number().default(1) });
type Greeting = z.infer<typeof event>;

/** A worker whose handler is the test's. */
function worker(
  consume: (event: Greeting, ctx: Context) => Promise<void> | void,
  more: Partial<SingleWorker<Greeting>> = {},
) {
  return defineWorker({ queue: "greetings", event, consume, ...more });
}

const failing = (thrown: unknown, more?: Partial<SingleWorker<Greeting>>) =>
  worker(() => {
    throw thrown;
  }, more);

const ADA = { name: "Ada" };

/** Resolves when the signal is aborted. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}

Deno.test("runEvent hands the handler what the schema makes of the event", async () => {
  const seen: unknown[] = [];
  const result = await runEvent(worker((event) => void seen.push(event)), { ...ADA, more: 1 });
  assert.deepEqual(seen, [{ name: "Ada", times: 1 }]);
  assert.deepEqual(result, {
    outcome: "done",
    attempt: 1,
    tags: {},
    breadcrumbs: [],
    published: [],
    logs: [],
  });
});

Deno.test("runEvent answers what was published, as it went through JSON", async () => {
  const { published } = await runEvent(
    worker(async ({ name }, ctx) => {
      await ctx.publish("letters", { to: name, at: new Date(0), never: undefined });
      await assert.rejects(ctx.publish("letters", undefined), TypeError);
    }),
    ADA,
  );
  assert.deepEqual(published, [
    { queue: "letters", event: { to: "Ada", at: "1970-01-01T00:00:00.000Z" } },
  ]);
});

Deno.test("runEvent answers what was logged, filled in and without secrets", async () => {
  const { logs } = await runEvent(
    worker(({ name }, { log }) => {
      log.debug("Look at {name}, run {attempt}", { name });
      log.info("Hello");
      log.warn("{list} is short", { list: [1, 2] });
      log.error("Refused", { password: "s3cret", error: new RangeError("no") });
    }, {
      setup: (ctx) => ctx.log.info("Up"),
    }),
    ADA,
    { attempt: 2 },
  );
  assert.deepEqual(logs.map(({ level, message }) => [level, message]), [
    ["info", "Up"],
    ["debug", "Look at Ada, run 2"],
    ["info", "Hello"],
    ["warning", "[1,2] is short"],
    ["error", "Refused"],
  ]);
  assert.deepEqual(logs[1]?.properties, { name: "Ada" });
  assert.equal(logs[4]?.properties["password"], "***");
  assert.equal((logs[4]?.properties["error"] as Error).message, "no");
});

Deno.test("runEvent answers what became of an event whose handler threw", async () => {
  const cases: [thrown: unknown, attempt: number, expected: Record<string, unknown>][] = [
    [new Error("x"), 1, { outcome: "retried", reason: "error", delay: 5, counted: true }],
    [new Error("x"), 3, { outcome: "retried", reason: "error", delay: 300, counted: true }],
    [new Error("x"), 4, { outcome: "failed", reason: "error" }],
    [new Discard("x"), 1, { outcome: "discarded" }],
    [new Fail("x"), 1, { outcome: "failed", reason: "fail" }],
    [new RetryLater({ message: "x" }), 2, {
      ...{ outcome: "retried", reason: "retry-later", delay: 60, counted: true },
    }],
    [new RetryLater({ message: "x", after: 7, counts: false }), 1, {
      ...{ outcome: "retried", reason: "retry-later", delay: 7, counted: false },
    }],
  ];
  for (const [thrown, attempt, expected] of cases) {
    const { error, published: _, logs: __, ...ended } = await runEvent(failing(thrown), ADA, {
      attempt,
    });
    assert.deepEqual(ended, { ...expected, attempt, tags: {}, breadcrumbs: [] });
    assert.deepEqual([error?.name, error?.message], [(thrown as Error).name, "x"]);
  }
});

Deno.test("runEvent fails an event that does not fit the schema, and calls no handler", async () => {
  const { outcome, reason, error } = await runEvent(
    worker(() => assert.fail("It was called")),
    { name: 1 },
  );
  assert.deepEqual([outcome, reason], ["failed", "invalid"]);
  assert.match(error?.message ?? "", /^The body does not fit the worker's schema: name: /);
});

Deno.test("runEvent refuses what cannot be written as JSON", async () => {
  await assert.rejects(runEvent(worker(() => {}), undefined), {
    name: "TypeError",
    message: "An event of type undefined is no JSON",
  });
  await assert.rejects(runEvent(worker(() => {}), { name: 1n }), TypeError);
});

Deno.test("runEvent answers what the handler reported, however it ended", async () => {
  for (const thrown of [undefined, new Error("x")]) {
    const { outcome, tags, breadcrumbs, error } = await runEvent(
      worker((_, { report }) => {
        report({ realm: "zulip" }, "began");
        report({ user: "7" }, "went on");
        if (thrown) throw thrown;
      }),
      ADA,
    );
    assert.equal(outcome, thrown ? "retried" : "done");
    assert.deepEqual(tags, { realm: "zulip", user: "7" });
    assert.deepEqual(breadcrumbs, ["began", "went on"]);
    assert(!error || !("tags" in error));
  }
});

Deno.test("runEvent tells the handler of its event what the test says", async () => {
  const seen: unknown[] = [];
  const noting = worker((_, ctx) => void seen.push(ctx.event, ctx.queue, ctx.workerNum));
  await runEvent(noting, ADA, { messageId: "a", attempt: 3, publishedAt: 9 });
  await runEvent(noting, { ...ADA, failed_tries: 1 });
  assert.deepEqual(seen, [
    ...[{ id: "a", attempt: 3, publishedAt: 9 }, "greetings", 0],
    ...[{ id: undefined, attempt: 2, publishedAt: undefined }, "greetings", 0],
  ]);
});

Deno.test("runEvent sets the worker up, and disposes of what that opened", async () => {
  const steps: string[] = [];
  const resource = () => ({
    [Symbol.asyncDispose]: () => Promise.resolve(void steps.push("closed")),
  });
  const setup = () => (steps.push("open"), resource());
  await runEvent(worker(() => void steps.push("run"), { setup }), ADA);
  assert.deepEqual(steps, ["open", "run", "closed"]);
  await assert.rejects(
    runEvent(
      worker(() => {}, {
        setup() {
          throw new RangeError("no");
        },
      }),
      ADA,
    ),
    { name: "RangeError", message: "no" },
  );
});

Deno.test("runEvent makes the configuration of the test's variables alone", async () => {
  Deno.env.set("MAX_EVENT_DEPTH", "7");
  try {
    let folder = "";
    const { outcome } = await runEvent(
      worker((_, { config }) => {
        folder = config.stateDir;
        assert(Deno.statSync(folder).isDirectory);
        assert.equal(config.limits.maxEventDepth, 1000);
        assert.equal(config.testFile, "/a/file");
        throw new Error("Retried by its setting");
      }),
      ADA,
      { environment: { ZULIP_WORKER_TEST_FILE: "/a/file", PQ_GREETINGS_RETRIES: "" } },
    );
    assert.equal(outcome, "failed");
    assert.throws(() => Deno.statSync(folder), Deno.errors.NotFound);
  } finally {
    Deno.env.delete("MAX_EVENT_DEPTH");
  }
  await assert.rejects(
    runEvent(worker(() => {}), ADA, { environment: { MAX_EVENT_DEPTH: "deep" } }),
    { name: "ConfigError", message: /MAX_EVENT_DEPTH/ },
  );
});

Deno.test("runEvent gives the worker a database of its own", async () => {
  const { outcome } = await runEvent(
    worker(async (_, ctx) => {
      const db = await ctx.database();
      assert.equal(db, await ctx.database());
      assert.deepEqual(await db.selectFrom("zerver_useractivity").selectAll().execute(), []);
    }),
    ADA,
  );
  assert.equal(outcome, "done");
});

Deno.test("runEvent leaves the test's own database open", async () => {
  await using database = await openTestDatabase();
  const row = { queue: "greetings", message_id: "a", seen_at: 1 };
  const storing = worker(async (_, ctx) => {
    await (await ctx.database()).insertInto("process_queue_inbox").values(row).execute();
  });
  assert.equal((await runEvent(storing, ADA, { database })).outcome, "done");
  const rows = await database.selectFrom("process_queue_inbox").selectAll().execute();
  assert.deepEqual(rows.map((row) => ({ ...row })), [row]);
  await sql`drop table process_queue_inbox`.execute(database);
  assert.equal((await runEvent(storing, ADA, { database })).outcome, "retried");
});

Deno.test("runEvent aborts a handler at its limit", async () => {
  const waiting = worker(async (_, { signal }) => {
    await aborted(signal);
    signal.throwIfAborted();
  });
  const { outcome, reason, delay, error } = await runEvent(waiting, ADA, {
    maxConsumeSeconds: 0.01,
  });
  assert.deepEqual([outcome, reason, delay], ["retried", "timeout", 5]);
  assert.deepEqual(
    [error?.name, error?.message],
    ["WorkerTimeoutError", "Timed out in greetings after 0.01 seconds processing 1 events"],
  );
  await assert.rejects(runEvent(waiting, ADA, { maxConsumeSeconds: 0 }), {
    name: "RangeError",
    message: /maxConsumeSeconds 0/,
  });
});

Deno.test("runEvent leaves a handler behind that does not return when it is aborted", async () => {
  const release = Promise.withResolvers<void>();
  const hanging = worker(() => release.promise);
  const { outcome, reason, attempt } = await runEvent(hanging, ADA, {
    maxConsumeSeconds: 0.01,
    environment: { ABORT_GRACE_SECONDS: "0" },
    attempt: 4,
  });
  release.resolve();
  assert.deepEqual([outcome, reason, attempt], ["failed", "timeout", 4]);
});

Deno.test("runEvent stops the worker when the test says so", async () => {
  const stop = new AbortController();
  const waiting = worker(async (_, { signal }) => {
    setTimeout(() => stop.abort());
    await aborted(signal);
  }, { maxConsumeSeconds: null });
  assert.equal((await runEvent(waiting, ADA, { stop: stop.signal })).outcome, "released");
  const never = worker(() => assert.fail("It was called"));
  const { outcome, error } = await runEvent(never, ADA, { stop: AbortSignal.abort() });
  assert.deepEqual([outcome, error], ["released", undefined]);
});

const names = (events: { name: string }[]) => events.map(({ name }) => name).join("");
const letters = (text: string) => [...text].map((name) => ({ name }));

/** A worker of batches of three whose handler is the test's. */
function batches(consumeBatch: (names: string, ids: (string | undefined)[]) => void) {
  return defineWorker({
    queue: "greetings",
    event: z.object({ name: z.string() }),
    batch: { size: 3, seconds: 60 },
    consumeBatch(events, ctx) {
      ctx.report({ batch: names(events) });
      ctx.log.info("Hello {names}", { names: names(events) });
      consumeBatch(names(events), ctx.events.map(({ id }) => id));
    },
  });
}

Deno.test("runBatch runs batches of the worker's size, and waits for no more", async () => {
  const ids: unknown[] = [];
  const { events, logs } = await runBatch(
    batches((_, own) => void ids.push(own)),
    letters("abcd"),
    {
      messageIds: ["1", undefined, "3"],
    },
  );
  assert.deepEqual(events.map(({ outcome }) => outcome), ["done", "done", "done", "done"]);
  assert.deepEqual(events.map(({ tags }) => tags["batch"]), ["abc", "abc", "abc", "d"]);
  assert.deepEqual(logs.map(({ message }) => message), ["Hello abc", "Hello d"]);
  assert.deepEqual(ids, [["1", undefined, "3"], [undefined]]);
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
    "A batch of 3 events failed as a whole, and they run again one by one: Error: no b",
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

Deno.test("FakeClock fires timers in the order of their times, each at its own", () => {
  const clock = new FakeClock(1000);
  const fired: unknown[] = [];
  const at = (name: string) => () => fired.push([name, clock.now()]);
  clock.after(20, at("b"));
  clock.after(10, () => {
    at("a")();
    clock.after(10, at("c"));
    clock.after(5, at("between"));
  });
  const cancel = clock.after(15, at("never"));
  clock.after(31, at("late"));
  cancel();
  clock.advance(30);
  assert.deepEqual(fired, [["a", 1010], ["between", 1015], ["b", 1020], ["c", 1020]]);
  assert.deepEqual([clock.now(), clock.next], [1030, 1031]);
  clock.advance(1);
  assert.deepEqual([fired.length, clock.next], [5, undefined]);
  cancel();
});

Deno.test("FakeClock begins at the same time in every test, and goes one way", () => {
  const clock = new FakeClock();
  assert.equal(new Date(clock.now()).toISOString(), "2026-01-01T00:00:00.000Z");
  for (const ms of [-1, NaN]) assert.throws(() => clock.advance(ms), RangeError);
});

/** Seconds from the start of the clock to each end of a run. */
const seconds = ({ results }: TestQueue) =>
  results.map(({ at }) => (at - new FakeClock().now()) / 1000);

Deno.test("TestQueue runs an event again after 5, 60 and 300 s, without waiting", async () => {
  const begun = performance.now();
  await using queue = await TestQueue.start(failing(new Error("x")));
  await queue.publish(ADA);
  await queue.settled();
  assert(performance.now() - begun < 5000);
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
    message: "Events of greetings still wait after 1000 retries (the last: retry-later, " +
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
