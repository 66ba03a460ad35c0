import assert from "node:assert/strict";
import { parse } from "../fixtures/command_line.ts";

/** The command of a line without what all commands have. */
function parsed(line: string): Record<string, unknown> {
  const command = parse(line);
  assert("flags" in command);
  const { flags: _flags, warnings: _warnings, ...rest } = command;
  return rest;
}

Deno.test("status is shown once, or every so many seconds", () => {
  const status = { mode: "status", watchSeconds: undefined, json: false, timeoutSeconds: 10 };
  assert.deepEqual(parsed("status"), status);
  assert.deepEqual(parsed("status --watch"), { ...status, watchSeconds: 2 });
  assert.deepEqual(parsed("status --watch 5 --json --timeout 3"), {
    ...status,
    watchSeconds: 5,
    json: true,
    timeoutSeconds: 3,
  });
  assert.throws(() => parse("status 5"), /^UsageError: status \[seconds\] needs --watch$/);
  assert.throws(() => parse("status --watch 0"), /0 is no time for --watch/);
});

Deno.test("pause, resume and restart take queues, and a pause a reason and an end", () => {
  const change = {
    mode: "change",
    reason: undefined,
    seconds: undefined,
    pid: undefined,
    yes: false,
    json: false,
    timeoutSeconds: 10,
  };
  assert.deepEqual(parsed("pause a b --reason maintenance --for 1h30m --yes"), {
    ...change,
    action: "pause",
    queues: ["a", "b"],
    reason: "maintenance",
    seconds: 5400,
    yes: true,
  });
  assert.deepEqual(parsed("resume a --pid 4711"), {
    ...change,
    action: "resume",
    queues: ["a"],
    pid: 4711,
  });
  assert.deepEqual(parsed("restart a --json"), {
    ...change,
    action: "restart",
    queues: ["a"],
    json: true,
  });
  assert.throws(() => parse("pause"), /^UsageError: pause needs <queues>/);
  assert.throws(() => parse("pause a --for soon"), /It must be a time such as 90s, 30m, 2h or 1d/);
  assert.throws(() => parse("pause a --pid 0"), /It must be the id of a process/);
  assert.throws(() => parse("resume a --reason x"), /there is no option --reason/);
});

Deno.test("log-level takes a level for a while", () => {
  const command = {
    mode: "log-level",
    level: "debug",
    seconds: 900,
    pid: undefined,
    json: false,
    timeoutSeconds: 10,
  };
  assert.deepEqual(parsed("log-level debug"), command);
  assert.deepEqual(parsed("log-level debug --for 5m"), { ...command, seconds: 300 });
  assert.throws(
    () => parse("log-level loud"),
    /^UsageError: loud is no level: it must be debug, info, warning or error$/,
  );
});

Deno.test("health asks for one probe, whether alive where none is given", () => {
  const health = { mode: "health", pid: undefined, json: false, timeoutSeconds: 10 };
  assert.deepEqual(parsed("health"), { ...health, probe: "live" });
  assert.deepEqual(parsed("health --ready"), { ...health, probe: "ready" });
  assert.deepEqual(parsed("health --startup"), { ...health, probe: "startup" });
  assert.throws(
    () => parse("health --live --ready"),
    /^UsageError: give one of --live, --ready and --startup$/,
  );
});

Deno.test("each of these commands has an example in its help", () => {
  for (const name of ["status", "pause", "resume", "restart", "log-level", "health"]) {
    const help = parse(`${name} --help`);
    assert(help.mode === "help");
    assert.match(help.text, new RegExp(`Example: process-queue ${name}`));
  }
});
