import assert from "node:assert/strict";
import { loadConfig } from "../../../lib/config/config.ts";
import { areNotSet, missingError, missingSettings } from "../../../lib/engine/host/required.ts";

const FILE = { file: "/w/email_senders.ts" };

const ROWS: readonly [
  title: string,
  requires: readonly string[],
  environment: Record<string, string>,
  missing: readonly string[],
][] = [
  ["nothing is required", [], {}, []],
  ["one is not set", ["EMAIL_HOST"], {}, ["EMAIL_HOST"]],
  ["one is set to nothing", ["EMAIL_HOST"], { EMAIL_HOST: "" }, ["EMAIL_HOST"]],
  ["one is set to blanks", ["EMAIL_HOST"], { EMAIL_HOST: " " }, ["EMAIL_HOST"]],
  ["one is set", ["EMAIL_HOST"], { EMAIL_HOST: "mail" }, []],
  ["one has a default", ["EMAIL_PORT"], {}, []],
  ["a secret is set", ["EMAIL_HOST_PASSWORD"], { EMAIL_HOST_PASSWORD: "sesame" }, []],
  ["one that is never read is not set", ["RABBITMQ_PASSWORD"], { AMQP_URL: "amqp://b" }, [
    "RABBITMQ_PASSWORD",
  ]],
  ["two of three are not set", ["EMAIL_HOST", "EMAIL_PORT", "SENTRY_DSN", "EMAIL_HOST"], {}, [
    "EMAIL_HOST",
    "SENTRY_DSN",
  ]],
];

for (const [title, requires, environment, missing] of ROWS) {
  Deno.test(`missingSettings where ${title}`, () => {
    assert.deepEqual(missingSettings({ requires }, FILE, loadConfig(environment)), missing);
  });
}

const OWN =
  ": `requires` names settings of the program, and no others; a worker reads a variable of " +
  "its own in `setup`";

for (
  const [name, hint] of [
    ["EMAIL_HOTS", "; did you mean EMAIL_HOST?"],
    ["PQ_<QUEUE>_PREFETCH", OWN],
    ["MY_API_KEY", OWN],
  ]
) {
  Deno.test(`missingSettings refuses the setting ${name}, which does not exist`, () => {
    const requires = ["EMAIL_HOST", name ?? ""];
    assert.throws(() => missingSettings({ requires }, FILE, loadConfig({})), {
      name: "WorkerDeclarationError",
      message: `/w/email_senders.ts requires the setting ${name}, which does not exist${hint}`,
    });
  });
}

Deno.test("the error of a worker that lacks settings names each and says what to do", () => {
  assert.equal(
    missingError("email_senders", ["EMAIL_HOST"]).message,
    "the configuration has a problem: EMAIL_HOST: it is not set, and the worker of email_senders " +
      "requires it; set it, or do not run this queue",
  );
  assert.equal(missingError("email_senders", ["EMAIL_HOST", "SENTRY_DSN"]).problems.length, 2);
});

Deno.test("settings that are not set are listed in a sentence", () => {
  assert.equal(areNotSet(["A"]), "A is not set");
  assert.equal(areNotSet(["A", "B", "C"]), "A, B and C are not set");
});
