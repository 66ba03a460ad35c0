import assert from "node:assert/strict";
import type { SettledReport } from "../../lib/engine/report.ts";
import type { LogLevel } from "../../lib/log/log.ts";
import { logReporter } from "../../lib/monitoring/log_reporter.ts";
import { logged } from "../fixtures/monitoring/logged.ts";

const ERROR = { name: "Error", message: "boom", stack: "Error: boom\n    at x.ts:1:1" };
const SETTLED: SettledReport = {
  kind: "settled",
  queue: "test",
  id: "e1",
  outcome: "processed",
  attempt: 2,
  waitMs: 12.34567,
  runMs: 1.23456,
  shareMs: 1.23456,
  inFlight: 0,
};

const reported = (level: LogLevel, report: Parameters<ReturnType<typeof logReporter>>[0]) =>
  logged(level, () => logReporter(0)(report));

Deno.test("logReporter writes a notice at its level, with queue and properties", () => {
  const message = "Worker {worker_num} connecting to queue {queue}";
  const notice = { kind: "notice", level: "info", queue: "test", message } as const;
  assert.deepEqual(reported("info", { ...notice, properties: { a: 1 }, error: ERROR }), [{
    level: "info",
    logger: "process_queue",
    message: "Worker 0 connecting to queue test",
    queue: "test",
    worker_num: 0,
    a: 1,
    error: ERROR,
  }]);
  assert.deepEqual(reported("warning", notice), []);
});

Deno.test("logReporter writes a processed event at debug, with its times", () => {
  assert.deepEqual(reported("debug", SETTLED), [{
    level: "debug",
    logger: "process_queue",
    message: "Processed an event of queue test",
    queue: "test",
    worker_num: 0,
    event: "e1",
    attempt: 2,
    duration: 1.235,
    wait: 12.346,
  }]);
  assert.deepEqual(reported("info", SETTLED), []);
});

Deno.test("logReporter distinguishes discarded, released and processed events", () => {
  const messages = (["discarded", "released"] as const).map((outcome) =>
    reported("debug", { ...SETTLED, id: "", outcome })[0]
  );
  assert.deepEqual(messages.map((line) => line?.["message"]), [
    "Discarded an event of queue test",
    "Released an event to queue test",
  ]);
  assert.equal("event" in (messages[0] ?? {}), false);
});

Deno.test("logReporter says why an event was discarded", () => {
  const error = { name: "Discard", message: "Message 7 was deleted" };
  const [line] = reported("debug", { ...SETTLED, outcome: "discarded", error });
  assert.equal(line?.["message"], "Discarded an event of queue test: Message 7 was deleted");
});

Deno.test("logReporter warns of an event that will be retried", () => {
  const report = {
    ...SETTLED,
    outcome: "retried",
    reason: "error",
    delay: 5,
    error: ERROR,
  } as const;
  const [line] = reported("info", report);
  assert.equal(line?.["level"], "warning");
  assert.equal(
    line?.["message"],
    "Event failed on queue test (attempt 2), retrying in 5s: Error: boom",
  );
  assert.deepEqual([line?.["reason"], line?.["delay"], line?.["error"]], ["error", 5, ERROR]);
});

Deno.test("logReporter writes an event that asked to run later at info", () => {
  const error = { name: "RetryLater", message: "Retry later" };
  const report = {
    ...SETTLED,
    outcome: "retried",
    reason: "retry-later",
    delay: 5,
    error,
  } as const;
  const [line] = reported("info", report);
  assert.equal(line?.["level"], "info");
  assert.equal(
    line?.["message"],
    "Event on queue test (attempt 2) runs again in 5s: RetryLater: Retry later",
  );
});

Deno.test("logReporter writes a failed event as an error with Zulip's text", () => {
  const report = { ...SETTLED, outcome: "failed", reason: "error", error: ERROR } as const;
  assert.deepEqual(reported("error", report), [{
    level: "error",
    logger: "process_queue",
    message: "Problem handling data on queue test",
    queue: "test",
    worker_num: 0,
    event: "e1",
    attempt: 2,
    duration: 1.235,
    wait: 12.346,
    reason: "error",
    dead_letter_queue: "test.failed",
    error: ERROR,
  }]);
});

Deno.test("logReporter writes an event that failed by a timeout with Zulip's text for that", () => {
  const message = "Timed out in test after 30 seconds processing 1 events";
  const error = { name: "WorkerTimeoutError", message };
  const report = { ...SETTLED, outcome: "failed", reason: "timeout", error } as const;
  const [line] = reported("error", report);
  assert.deepEqual([line?.["message"], line?.["reason"]], [message, "timeout"]);
  assert.deepEqual(line?.["error"], error);
});

Deno.test("logReporter shows bodies in debug lines only, redacted and cut", () => {
  const body = `{"password":"hunter2","text":"visible ${"a".repeat(10_000)}"}`;
  for (const outcome of ["failed", "retried"] as const) {
    const report = { ...SETTLED, outcome, error: ERROR, body };
    assert.ok(!JSON.stringify(reported("info", report)).includes("visible"));
    const text = JSON.stringify(reported("debug", report));
    assert.ok(text.includes("visible") && !text.includes("hunter2"));
    assert.ok(text.length < 15_000);
  }
  const bytes = new TextEncoder().encode("caf\u00e9 token=hunter2");
  const [, line] = reported("debug", { ...SETTLED, outcome: "failed", body: bytes });
  assert.equal(line?.["body"], "caf\u00e9 token=***");
});

Deno.test("logReporter writes nothing when a queue wakes", () => {
  assert.deepEqual(reported("debug", { kind: "woke", queue: "test" }), []);
});
