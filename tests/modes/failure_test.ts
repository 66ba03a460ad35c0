import assert from "node:assert/strict";
import { BrokerError } from "../../lib/engine/broker/broker.ts";
import { ConfigError } from "../../lib/config/problem.ts";
import { TemplateError } from "../../lib/domain/mail/templates/template_error.ts";
import { failureExitCode, failureOf } from "../../lib/modes/failure.ts";
import { unknownQueue, UsageError } from "../../lib/errors/usage_error.ts";

const problem = { setting: "QUEUE_TYPE", wrong: "it is wrong", fix: "set it right" };

const FAILURES: readonly [error: Error, exitCode: number, text: string][] = [
  [new UsageError("nothing to do"), 2, "process-queue: nothing to do"],
  [
    unknownQueue("a", []),
    2,
    "process-queue: there is no queue a\nthere are no workers\na worker of your own is the file " +
    "<queue>.ts in the folder of --workers-dir (or WORKERS_DIR)",
  ],
  [
    new ConfigError([problem]),
    1,
    "process-queue: the configuration has a problem: QUEUE_TYPE: it is wrong; set it right",
  ],
  [
    new ConfigError([{ ...problem, setting: "--amqp_url" }]),
    2,
    "process-queue: the configuration has a problem: --amqp_url: it is wrong; set it right",
  ],
  [
    new ConfigError([{ ...problem, setting: "--amqp_url" }, problem]),
    1,
    "process-queue: the configuration has 2 problems:\n  --amqp_url: it is wrong; set it right\n" +
    "  QUEUE_TYPE: it is wrong; set it right",
  ],
  [new TemplateError("no mail template x"), 1, "process-queue: no mail template x"],
  [new BrokerError("closed", "The broker is closed"), 1, "process-queue: The broker is closed"],
];

Deno.test("every failure of check is UNKNOWN, also one of the program", () => {
  const { exitCode } = failureOf(new TypeError("a fault"));
  assert.deepEqual([failureExitCode("check", exitCode), failureExitCode("check", 2)], [3, 3]);
  assert.deepEqual([failureExitCode("queues", exitCode), failureExitCode(undefined, 2)], [1, 2]);
});

for (const [error, exitCode, text] of FAILURES) {
  Deno.test(`failureOf shows the message of a ${error.name}: ${error.message}`, () => {
    assert.deepEqual(failureOf(error), { exitCode, text });
  });
}

Deno.test("failureOf shows the stack of a fault of the program, without its secrets", () => {
  const { text, exitCode } = failureOf(new TypeError("cannot use amqp://me:sesame@rabbit"));
  assert.equal(exitCode, 1);
  assert.match(text, /^process-queue: TypeError: cannot use amqp:\/\/me:\*\*\*@rabbit\n {4}at /);
});

Deno.test("failureOf shows what was thrown without being an error", () => {
  assert.deepEqual(failureOf("no"), { exitCode: 1, text: "process-queue: no" });
});
