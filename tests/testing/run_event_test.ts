/**
 * `runEvent`: one event, and its outcome.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Discard, type EventInfo, Fail, RetryLater } from "process-queue/worker";
import { openTestDatabase, runEvent } from "process-queue/testing";
import { sql } from "kysely";
import { aborted, ADA, failing, worker } from "../fixtures/greetings.ts";

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

Deno.test("runEvent returns what was published, as it went through JSON", async () => {
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

Deno.test("runEvent returns what was logged, filled in and without secrets", async () => {
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

Deno.test("runEvent returns the outcome of an event whose handler threw", async () => {
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
    message: "a value of type undefined is not JSON",
  });
  await assert.rejects(runEvent(worker(() => {}), { name: NaN }), TypeError);
});

Deno.test("runEvent returns what the handler reported, however it ended", async () => {
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
  await runEvent(noting, ADA, { messageId: "a", attempt: 3, publishedAt: 9, retriedAt: 11 });
  await runEvent(noting, { ...ADA, failed_tries: 1 });
  const { id } = seen[3] as EventInfo;
  assert.match(id, /^[0-9a-f-]{36}$/);
  assert.deepEqual(seen, [
    ...[{ id: "a", attempt: 3, publishedAt: 9, retriedAt: 11 }, "greetings", 0],
    ...[{ id, attempt: 2, publishedAt: undefined, retriedAt: undefined }, "greetings", 0],
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
