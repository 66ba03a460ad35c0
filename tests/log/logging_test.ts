import assert from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import { eventLogger, isLogged, type LogLevel, writeThreadLog } from "../../lib/log/log.ts";
import { resetLogging, setUpLogging } from "../../lib/log/logging.ts";
import { logged } from "../fixtures/monitoring/logged.ts";

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
