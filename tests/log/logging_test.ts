import assert from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import { logReporter } from "../../lib/monitoring/log_reporter.ts";
import { eventLogger, isLogged, type LogLevel, writeThreadLog } from "../../lib/log/log.ts";
import { resetLogging, setUpLogging } from "../../lib/log/logging.ts";
import type { SettledReport } from "../../lib/engine/report.ts";

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

/** The lines that `run` logs, as JSON without their time. */
function logged(level: LogLevel, run: () => void): Record<string, unknown>[] {
  const lines: string[] = [];
  setUpLogging({ format: "json", level, write: (line) => void lines.push(line) });
  try {
    run();
  } finally {
    resetLogging();
  }
  return lines.map((line) => {
    const { time, ...fields } = JSON.parse(line);
    assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    return fields;
  });
}

const reported = (level: LogLevel, report: Parameters<ReturnType<typeof logReporter>>[0]) =>
  logged(level, () => logReporter(0)(report));

Deno.test("eventLogger adds queue, worker, event and attempt to each line", () => {
  const event = { id: "e1", attempt: 2, publishedAt: undefined, retriedAt: undefined };
  const lines = logged("info", () => eventLogger("test", 3, event).info("Hi {a}", { a: 1 }));
  assert.deepEqual(lines, [{
    level: "info",
    logger: "process_queue",
    message: "Hi 1",
    queue: "test",
    worker_num: 3,
    event: "e1",
    attempt: 2,
    a: 1,
  }]);
});

Deno.test("eventLogger works when its methods are taken out of it", () => {
  const { warn, error } = eventLogger("test", 0);
  const lines = logged("debug", () => [warn("a"), error("b")]);
  assert.deepEqual(lines.map(({ level }) => level), ["warning", "error"]);
});

Deno.test("setUpLogging logs from its level on", () => {
  const levels: LogLevel[] = ["debug", "info", "warning", "error"];
  for (const [at, level] of levels.entries()) {
    const lines = logged(level, () => {
      const log = eventLogger("test", 0);
      log.debug("x");
      log.info("x");
      log.warn("x");
      log.error("x");
      assert.deepEqual(levels.filter(isLogged), levels.slice(at));
    });
    assert.deepEqual(lines.map((line) => line["level"]), levels.slice(at));
  }
});

Deno.test("setUpLogging may be called twice, and resetLogging ends it", () => {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  setUpLogging({ format: "text", level: "info", write });
  setUpLogging({ format: "text", level: "info", write });
  eventLogger("test", 0).info("once");
  resetLogging();
  eventLogger("test", 0).error("never");
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", / INFO \[process_queue\] once queue=test\n$/);
});

Deno.test("setUpLogging keeps LogTape's own messages out of the log", () => {
  const lines = logged("debug", () => getLogger(["logtape", "meta"]).fatal("chatter"));
  assert.deepEqual(lines, []);
});

Deno.test("a log line that cannot be written does not throw", () => {
  setUpLogging({ format: "json", level: "info", write: () => assert.fail("full") });
  eventLogger("test", 0).info("x");
  resetLogging();
});

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

Deno.test("logging does not block when nobody reads standard error", async () => {
  const child = spawn("5000");
  await child.stderr.cancel();
  await child.stdin.close();
  const { success, stdout } = await answer(child);
  assert.deepEqual([success, stdout], [true, "alive\n"]);
});

Deno.test("logging writes whole lines of JSON where there is no terminal", async () => {
  const child = spawn("2000");
  await child.stdin.close();
  const [stderr] = await Promise.all([new Response(child.stderr).text(), answer(child)]);
  const lines = stderr.split("\n");
  assert.equal(lines.pop(), "");
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).message),
    Array.from({ length: 2000 }, (_, i) => `Line ${i}`),
  );
});

Deno.test("logging waits for a pipe that another process has set not to wait", async () => {
  const child = spawn("2000", ["python3", "-c", NO_WAIT]);
  await child.stdin.close();
  // When it says that it is alive, the pipe is full.
  const stdout = child.stdout.getReader();
  await stdout.read();
  await stdout.cancel();
  const [stderr] = await Promise.all([new Response(child.stderr).text(), child.status]);
  assert.equal(stderr.split("\n").length, 2001);
});

Deno.test("the last lines of a process that is killed are in its pipe", async () => {
  const script = new URL("../fixtures/monitoring/last_words.ts", import.meta.url);
  const args = ["run", "-A", script.href];
  const { stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  const lines = new TextDecoder().decode(stderr);
  assert.match(lines, / INFO .* first words queue=test\nlast words\n$/);
});

/** Runs a command whose standard error does not wait. */
const NO_WAIT = "import os, sys; os.set_blocking(2, False); os.execv(sys.argv[1], sys.argv[1:])";

/** @param by The command that runs the program. */
function spawn(lines: string, by: readonly string[] = []): Deno.ChildProcess {
  const script = new URL("../fixtures/monitoring/log_lines.ts", import.meta.url);
  const [command = "", ...args] = [...by, Deno.execPath(), "run", "-A", script.href, lines];
  const pipes = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;
  return new Deno.Command(command, { args, ...pipes }).spawn();
}

async function answer(child: Deno.ChildProcess): Promise<{ success: boolean; stdout: string }> {
  const [stdout, { success }] = await Promise.all([
    new Response(child.stdout).text(),
    child.status,
  ]);
  return { success, stdout };
}

Deno.test("a thread's log lines are those of the main thread", () => {
  const main: string[] = [];
  const thread: string[] = [];
  const write = (lines: string[]) => (line: string) => {
    lines.push(line.replace(/"time":"[^"]*"/, ""));
  };
  const log = () => {
    const logger = eventLogger("user_activity", 2, {
      id: "e1",
      attempt: 3,
      publishedAt: 1,
      retriedAt: undefined,
    });
    logger.debug("Not shown");
    logger.warn("Hello {name}", { name: "Ada", password: "sesame" });
  };
  setUpLogging({ format: "json", level: "info", write: write(main) });
  log();
  writeThreadLog({ format: "json", level: "info" }, write(thread));
  log();
  resetLogging();
  assert.equal(main.length, 1);
  assert.match(main[0] ?? "", /Hello Ada/);
  assert.deepEqual(thread, main);
});
