import assert from "node:assert/strict";
import { type Config, loadConfig, readConfig } from "../../lib/config/config.ts";
import type { Environment } from "../../lib/config/environment.ts";
import { SETTINGS } from "../../lib/config/settings.ts";
import { problems } from "../fixtures/config.ts";

Deno.test("loadConfig has a default for everything but the broker", () => {
  const { effective: _, ...config } = loadConfig({});
  const expected: Omit<Config, "effective"> = {
    broker: {
      kind: undefined,
      url: undefined,
      caFile: undefined,
      certFile: undefined,
      keyFile: undefined,
      queueType: "classic",
      waitSeconds: 60,
      publishTimeoutSeconds: 30,
    },
    usingRabbitmq: true,
    databaseUrl: `sqlite:${Deno.cwd()}/var/process-queue.sqlite`,
    stateDir: `${Deno.cwd()}/var`,
    statsDir: `${Deno.cwd()}/var/stats`,
    errorDir: undefined,
    workersDir: undefined,
    testFile: "/var/log/zulip/zulip-worker-test-file",
    log: { format: undefined, level: "info" },
    sentry: { dsn: undefined, environment: "production", traceRate: 0 },
    site: {
      externalHost: "localhost",
      scheme: "https://",
      zulipSite: undefined,
      zulipCaFile: undefined,
      administrator: "support@localhost",
      installationName: "localhost",
      physicalAddress: "",
      language: "en",
      timeZone: "UTC",
    },
    mail: {
      host: undefined,
      port: 25,
      user: undefined,
      password: undefined,
      encryption: "none",
      caFile: undefined,
      timeoutSeconds: 15,
      dkim: undefined,
      maybeSent: undefined,
      noreplyAddress: "noreply@localhost",
      tokenizedNoreplyAddress: "noreply-{token}@localhost",
      gatewayPattern: undefined,
      reactivationGroupSize: 11,
      sendsDigests: true,
      templatesDir: undefined,
    },
    push: {
      bouncer: undefined,
      apns: undefined,
      fcm: undefined,
      caFile: undefined,
      patienceSeconds: 3600,
    },
    http: {
      proxy: { http: undefined, https: undefined },
      allowedHosts: "",
      caFile: undefined,
    },
    previews: { isEnabled: true, camo: undefined },
    bots: { timeoutSeconds: 10, signingSecret: undefined, stateSizeLimit: 10_000_000 },
    effectsDays: 30,
    limits: {
      maxEventBytes: 16 * 1024 ** 2,
      maxEventDepth: 1000,
      maxHeaderBytes: 45_056,
      windowBytes: 64 * 1024 ** 2,
      windowSeconds: 60,
    },
    abortGraceSeconds: 5,
    stopGraceSeconds: 25,
    restarts: { most: 10, seconds: 300, parkSeconds: 300 },
    shards: new Map(),
    queues: new Map(),
    queueVariables: [],
    problems: [],
    warnings: [],
  };
  assert.deepEqual(config, expected);
});

Deno.test("loadConfig takes an empty variable for none", () => {
  assert.deepEqual(
    loadConfig({ RABBITMQ_HOST: "", QUEUE_TYPE: " ", STATE_DIR: "" }),
    loadConfig({}),
  );
});

Deno.test("loadConfig puts the default database into STATE_DIR", () => {
  const { databaseUrl } = loadConfig({ STATE_DIR: "/srv/pq" });
  assert.equal(databaseUrl, "sqlite:/srv/pq/process-queue.sqlite");
});

Deno.test("loadConfig makes every path absolute, as a worker may change the folder", () => {
  const config = loadConfig({
    AMQP_URL: "amqps://me:pw@rabbit",
    AMQP_CA_FILE: "tls/ca.pem",
    DATABASE_URL: "sqlite:data/../a.sqlite",
    STATE_DIR: "state",
    QUEUE_STATS_DIR: "./stats",
    QUEUE_ERROR_DIR: "errors/",
    ZULIP_WORKER_TEST_FILE: "test-file",
  }, { workersDir: "workers" });
  const here = Deno.cwd();
  assert.equal(config.broker.caFile, `${here}/tls/ca.pem`);
  assert.equal(config.databaseUrl, `sqlite:${here}/a.sqlite`);
  assert.equal(config.stateDir, `${here}/state`);
  assert.equal(config.statsDir, `${here}/stats`);
  assert.equal(config.errorDir, `${here}/errors`);
  assert.equal(config.testFile, `${here}/test-file`);
  assert.equal(config.workersDir, `${here}/workers`);
  assert.equal(loadConfig({ STATE_DIR: "s" }).statsDir, `${here}/s/stats`);
  const shown = new Map(config.effective.map(({ name, value }) => [name, value]));
  assert.equal(shown.get("STATE_DIR"), `${here}/state`);
  assert.equal(shown.get("DATABASE_URL"), `sqlite:${here}/a.sqlite`);
});

Deno.test("loadConfig leaves a database alone that has no path", () => {
  for (const url of ["sqlite::memory:", "postgres://me:pw@db/zulip"]) {
    assert.equal(loadConfig({ DATABASE_URL: url }).databaseUrl, url);
  }
});

const WORDS: readonly [text: string, value: boolean][] = [
  ["true", true],
  ["1", true],
  ["YES", true],
  ["false", false],
  ["0", false],
  ["no", false],
];

for (const [text, value] of WORDS) {
  Deno.test(`loadConfig reads ${text} as ${value}`, () => {
    assert.equal(loadConfig({ USING_RABBITMQ: text }).usingRabbitmq, value);
  });
}

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
    "PREFETCH, CONCURRENCY, RETRIES, MAX_CONSUME_SECONDS, BATCH_SIZE, MAX_HEAP_MB, SHARDS",
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

Deno.test("loadConfig shows settings as they are in effect, secrets masked", () => {
  const { effective } = loadConfig({
    RABBITMQ_PASSWORD: "sesame",
    DATABASE_URL: "postgres://me:sesame@db/zulip",
    LOG_LEVEL: "debug",
  }, { workersDir: "/srv/workers" });
  const shown = new Map(effective.map(({ name, value, source }) => [name, `${value} ${source}`]));
  assert.equal(shown.get("RABBITMQ_PASSWORD"), "*** environment");
  assert.equal(shown.get("DATABASE_URL"), "postgres://me:***@db/zulip environment");
  assert.equal(shown.get("LOG_LEVEL"), "debug environment");
  assert.equal(shown.get("WORKERS_DIR"), "/srv/workers --workers-dir");
  assert.equal(shown.get("RABBITMQ_PORT"), "undefined default");
  assert.equal(shown.get("WINDOW_SECONDS"), "60 default");
  assert(!JSON.stringify(effective).includes("sesame"));
});

Deno.test("SETTINGS has one entry for each setting, and defaults that are valid", () => {
  const names = SETTINGS.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  const defaults = SETTINGS.filter((each) =>
    each.default !== undefined && !each.default.includes("<") && !each.name.startsWith("RABBITMQ_")
  ).map((each) => [each.name, each.default]);
  assert.deepEqual(problems(Object.fromEntries(defaults)), []);
});

Deno.test("loadConfig refuses a DSN that Sentry would print and then do without, and hides it", () => {
  const good = ["https://key@sentry/1", "http://key:pw@127.0.0.1:9000/a/b/23", "https://k@[::1]/1"];
  for (const dsn of good) assert.equal(loadConfig({ SENTRY_DSN: dsn }).sentry.dsn, dsn);
  const bad = [
    "https://a-key@sentry/1",
    "https://key@sentry/project",
    "https://key@sentry/1/",
    "x",
  ];
  for (const dsn of bad) {
    const [problem = ""] = problems({ SENTRY_DSN: dsn });
    assert.match(problem, /^SENTRY_DSN: .*such as https:\/\/key@host\/1/);
    assert(!problem.includes(dsn), problem);
  }
});

Deno.test("loadConfig takes one trace rate for all queues, or one for each", () => {
  const rate = (text: string) => loadConfig({ SENTRY_TRACE_WORKER_RATE: text }).sentry.traceRate;
  assert.equal(rate("0.25"), 0.25);
  assert.deepEqual(rate('{"user_activity": 0.1, "test": 1}'), { user_activity: 0.1, test: 1 });
  assert.match(problems({ SENTRY_TRACE_WORKER_RATE: "2" }).join(), /SENTRY_TRACE_WORKER_RATE/);
});

Deno.test("SETTINGS says which settings are secret", () => {
  const secrets = SETTINGS.filter(({ secret }) => secret).map(({ name }) => name);
  assert.deepEqual(secrets, [
    "AMQP_URL",
    "RABBITMQ_PASSWORD",
    "DATABASE_URL",
    "SENTRY_DSN",
    "EMAIL_HOST_PASSWORD",
    "ZULIP_ORG_KEY",
    "APNS_TOKEN_KEY_ID",
    "APNS_TEAM_ID",
    "HTTP_proxy",
    "HTTPS_proxy",
    "CAMO_KEY",
    "OUTGOING_SIGNING_SECRET",
  ]);
});
