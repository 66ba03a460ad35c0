import assert from "node:assert/strict";
import { parseCommandLine } from "../../lib/command_line/command_line.ts";

function parsed(...args: string[]): object {
  const command: object = parseCommandLine(args);
  return Object.fromEntries(
    Object.entries(command).filter(([name]) => name !== "flags" && name !== "warnings"),
  );
}

Deno.test("queues and check are parsed with their options", () => {
  const queues = { mode: "queues", json: false, timeoutSeconds: 10, watchSeconds: undefined };
  assert.deepEqual(parsed("queues"), { ...queues, queues: [], all: false, sort: "name" });
  assert.deepEqual(
    parsed("queues", "mails", "--all", "--watch", "--sort", "failed"),
    { ...queues, queues: ["mails"], all: true, watchSeconds: 2, sort: "failed" },
  );
  const check = { mode: "check", queues: ["mails"], json: false, timeoutSeconds: 10 };
  assert.deepEqual(
    parsed("check", "mails", "--failed", "5", "--state-file", "f", "--perfdata-queues", "3"),
    { ...check, failedLimit: 5, stateFile: "f", perfdataQueues: 3 },
  );
});

Deno.test("check refuses a number of dead letters that is none", () => {
  const message = /--failed 0: it must be a whole number from 1 on/;
  assert.throws(() => parseCommandLine(["check", "--failed", "0"]), {
    name: "UsageError",
    message,
  });
});
