import assert from "node:assert/strict";
import { type Config, loadConfig } from "../../lib/config/config.ts";

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
    allowUnsafeFolder: false,
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
      gatewayOtherEnding: undefined,
      mirrorsAsUser: false,
      hasReactivationQueue: false,
      sendsDigests: true,
      templatesDir: undefined,
    },
    mirrorServer: {
      maxBytes: 12_000_000,
      maxRecipients: 100,
      maxConnections: 50,
      idleSeconds: 300,
      tls: undefined,
      postmaster: "support@localhost",
      rateRules: [
        { seconds: 60, mails: 50 },
        { seconds: 300, mails: 120 },
        { seconds: 3600, mails: 600 },
      ],
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
    server: {
      address: undefined,
      basePath: "",
      hosts: [],
      tokenFile: undefined,
      readTokenFile: undefined,
      metricsOpen: false,
      mostMetricsQueues: 200,
    },
    bots: { timeoutSeconds: 10, signingSecret: undefined, stateSizeLimit: 10_000_000 },
    uploads: { localDir: undefined },
    realtime: {
      longPollSeconds: 90,
      firstPort: 9800,
      shardingFile: "/etc/zulip/sharding.json",
      sharedSecret: undefined,
      isRateLimited: true,
    },
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
