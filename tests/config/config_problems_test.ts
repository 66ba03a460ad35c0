import assert from "node:assert/strict";
import { loadConfig, readConfig } from "../../lib/config/config.ts";
import type { Environment } from "../../lib/config/environment.ts";
import { problems } from "../fixtures/config.ts";

const WRONG: readonly [environment: Environment, problem: string][] = [
  [{ QUEUE_TYPE: "clasic" }, 'QUEUE_TYPE: "clasic" is not valid; set it to classic or quorum'],
  [
    { USING_RABBITMQ: "maybe" },
    'USING_RABBITMQ: "maybe" is not valid; set it to true or false (or 1, 0, yes, no)',
  ],
  [
    { WINDOW_SECONDS: "0" },
    'WINDOW_SECONDS: "0" is not valid; set it to a whole number from 1 to 1200',
  ],
  [
    { MAX_HEADER_BYTES: "45057" },
    'MAX_HEADER_BYTES: "45057" is not valid; set it to a whole number from 1024 to 45056',
  ],
  [
    { BROKER_WAIT_SECONDS: "1.5" },
    'BROKER_WAIT_SECONDS: "1.5" is not valid; set it to a whole number from 0 to 86400',
  ],
  [
    { MAX_EVENT_BYTES: "9".repeat(70) },
    `MAX_EVENT_BYTES: "${"9".repeat(60)}…" is not valid; set it to a whole number from 1 to ` +
    "536870912",
  ],
  [
    { LOG_LEVEL: "trace" },
    'LOG_LEVEL: "trace" is not valid; set it to debug, info, warning or error',
  ],
  [
    { DATABASE_URL: "mysql://me:sesame@db/zulip" },
    "DATABASE_URL: its value is not valid; set it to postgres://user:password@host/database or " +
    "sqlite:path, with what is not a letter or digit in user and password percent-encoded",
  ],
  [
    { PQ_USER_ACTIVITY_PREFETCH: "70000" },
    'PQ_USER_ACTIVITY_PREFETCH: "70000" is not valid; set it to a whole number from 1 to 65535',
  ],
  [
    { PQ_TEST_RETRIES: "5,soon" },
    'PQ_TEST_RETRIES: "5,soon" is not valid; set it to whole numbers from 0 to 2592000 with ' +
    "commas between them, or to nothing for none",
  ],
  [
    { PQ_TEST_MAX_CONSUME_SECONDS: "never" },
    'PQ_TEST_MAX_CONSUME_SECONDS: "never" is not valid; set it to a whole number from 1 to ' +
    "86400, or none",
  ],
  [
    { PQ_USER_ACTIVITY_PREFTCH: "1" },
    "PQ_USER_ACTIVITY_PREFTCH: there is no such setting; did you mean PQ_USER_ACTIVITY_PREFETCH?",
  ],
  [
    { PQ_TEST_COLOUR: "red" },
    "PQ_TEST_COLOUR: there is no such setting; the settings of a queue are PQ_<QUEUE>_ and one of " +
    "PREFETCH, CONCURRENCY, RETRIES, MAX_CONSUME_SECONDS, BATCH_SIZE, MAX_HEAP_MB, CHECK, CONSUMERS, SHARDS",
  ],
  [
    { PQ_TEST_SHARDS: "3", TEST_SHARDS: "2" },
    "TEST_SHARDS: it says 2 shards, but PQ_TEST_SHARDS says 3; set only one of them",
  ],
];

for (const [environment, problem] of WRONG) {
  Deno.test(`loadConfig reports ${Object.keys(environment).join(" with ")}`, () => {
    assert.deepEqual(problems(environment), [problem]);
  });
}

Deno.test("loadConfig reports every problem at once", () => {
  const environment = { QUEUE_TYPE: "x", WINDOW_SECONDS: "x", PQ_TEST_PREFETCH: "x" };
  assert.throws(() => loadConfig(environment), {
    name: "ConfigError",
    message: `the configuration has 3 problems:
  QUEUE_TYPE: "x" is not valid; set it to classic or quorum
  WINDOW_SECONDS: "x" is not valid; set it to a whole number from 1 to 1200
  PQ_TEST_PREFETCH: "x" is not valid; set it to a whole number from 1 to 65535`,
  });
});

Deno.test("readConfig has a configuration where there are problems, too, and tells of them", () => {
  const { broker, problems, effective } = readConfig({ QUEUE_TYPE: "clasic", LOG_LEVEL: "debug" });
  assert.equal(broker.queueType, "classic");
  assert.deepEqual(problems.map(({ setting }) => setting), ["QUEUE_TYPE"]);
  const shown = new Map(effective.map(({ name, value }) => [name, value]));
  assert.deepEqual([shown.get("QUEUE_TYPE"), shown.get("LOG_LEVEL")], ["clasic", "debug"]);
});

Deno.test("readConfig shows nothing of a secret that is not valid", () => {
  for (const wrong of ["me:sesame@rabbit", "amqp://me:ses#ame@rabbit/a/b", "sesame"]) {
    const { effective } = readConfig({ AMQP_URL: wrong, DATABASE_URL: wrong });
    const shown = new Map(effective.map(({ name, value }) => [name, value]));
    assert.deepEqual([shown.get("AMQP_URL"), shown.get("DATABASE_URL")], ["***", "***"]);
  }
});

Deno.test("loadConfig names the option where the wrong value came from one", () => {
  assert.deepEqual(problems({ LOG_FORMAT: "json" }, { logFormat: "xml" }), [
    '--log-format: "xml" is not valid; set it to json or text',
  ]);
});
