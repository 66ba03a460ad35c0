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

Deno.test("doctor is parsed with its options", () => {
  const doctor = { mode: "doctor", fix: false, json: false, timeoutSeconds: 10 };
  assert.deepEqual(parsed("doctor"), { ...doctor, management: undefined });
  const management = "https://rabbit:15671/rmq";
  assert.deepEqual(parsed("doctor", "--fix", "--management", management), {
    ...doctor,
    fix: true,
    management,
  });
});

const ADDRESSES = ["rabbit:15672", "amqp://me:sesame@rabbit", "me:sesame@rabbit:15672"];

for (const address of ADDRESSES) {
  Deno.test(`doctor refuses the management ${address}, and shows no password`, () => {
    assert.throws(() => parseCommandLine(["doctor", "--management", address]), {
      name: "UsageError",
      message: "--management: it must be an address, such as http://rabbit:15672",
    });
  });
}

Deno.test("doctor warns of a password in --management", () => {
  const warnings = (address: string) => {
    const command = parseCommandLine(["doctor", "--management", address]);
    return command.mode === "doctor" ? command.warnings : undefined;
  };
  assert.deepEqual(warnings("http://ada@rabbit:15672"), []);
  assert.deepEqual(warnings("http://ada:sesame@rabbit:15672"), [
    "--management holds a password, which every user of this machine can see in the list of " +
    "processes: leave user and password out, and those of AMQP_URL are used",
  ]);
});
