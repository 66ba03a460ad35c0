import { BrokerError, type BrokerErrorKind } from "../../lib/engine/broker/broker.ts";
import assert from "node:assert/strict";
import type { CheckConfigCommand } from "../../lib/command_line/command.ts";
import { loadConfig, readConfig } from "../../lib/config/config.ts";
import { mergeEnvironment } from "../../lib/config/environment.ts";
import { MemoryBroker } from "../../lib/engine/broker/memory.ts";
import { runCheckConfig } from "../../lib/modes/check_config.ts";
import { COMMON, MemoryServices } from "./memory_services.ts";

const COMMAND: CheckConfigCommand = { mode: "check-config", json: false, ...COMMON };
const FOLDER = Deno.makeTempDirSync({ prefix: "pq-check-" });
const BROKER_LINE = "broker: ok (RabbitMQ at rabbit:5671, virtual host zulip/1)\n" +
  "queues that are not there yet, made at the first run: user_activity";
const ENVIRONMENT = {
  AMQP_URL: "amqps://me:sesame@rabbit/zulip%2f1",
  LOG_LEVEL: "debug",
  STATE_DIR: `${FOLDER}/state`,
};

Deno.test.afterAll(() => Deno.removeSync(FOLDER, { recursive: true }));

Deno.test("runCheckConfig prints every setting with its source, and what is there", async () => {
  const around = new MemoryServices();
  assert.equal(await runCheckConfig(COMMAND, loadConfig(ENVIRONMENT), around), 0);
  const { printed } = around;
  const columns = printed.map((line) => line.split(/ {2,}/));
  assert.deepEqual(columns.slice(0, 6), [
    ["BROKER=", "not set"],
    ["AMQP_URL=amqps://me:***@rabbit/zulip%2f1", "environment"],
    ["AMQP_CA_FILE=", "not set"],
    ["AMQP_CERT_FILE=", "not set"],
    ["AMQP_KEY_FILE=", "not set"],
    ["QUEUE_TYPE=classic", "default"],
  ]);
  assert(columns.some(([setting]) => setting === "LOG_LEVEL=debug"));
  assert.deepEqual(printed.slice(-11), [
    "",
    "settings: ok",
    "workers: ok",
    "state: ok",
    "statistics: ok",
    "queues: 2 queues found\n  user_activity: workers/user_activity.ts\n  test: workers/test.ts, not run by --all",
    "mail: not used (EMAIL_HOST is not set)",
    "push: not used (neither the push bouncer nor APNs nor FCM is set)",
    "proxy: not used (HTTP_proxy and HTTPS_proxy are not set)",
    BROKER_LINE,
    "database: ok",
  ]);
  assert(!printed.join("\n").includes("sesame"));
});

for (const isRefused of [false, true]) {
  Deno.test(`runCheckConfig returns ${Number(isRefused)} for a queue that is ${isRefused ? "refused" : "doubtful"}`, async () => {
    const around = new MemoryServices();
    const doubts = (name: string) =>
      Promise.resolve(name === "test" ? [{ isRefused, message: "Queue test is so" }] : []);
    around.broker = Object.assign(new MemoryBroker(), { doubtsAbout: doubts });
    assert.equal(await runCheckConfig(COMMAND, loadConfig(ENVIRONMENT), around), Number(isRefused));
    const line = around.printed.find((line) => line.startsWith("broker: "));
    assert.equal(line?.startsWith("broker: ok"), !isRefused);
    assert.match(line ?? "", /Queue test is so$/m);
  });
}

Deno.test("runCheckConfig prints everything that fails, and returns 1", async () => {
  const around = new MemoryServices();
  around.failures = { broker: new Error("No broker there"), database: new Error("No database") };
  const file = Deno.makeTempFileSync({ dir: FOLDER });
  const environment = {
    ...ENVIRONMENT,
    PQ_TSET_PREFETCH: "1",
    PQ_X_PREFETCH: "1",
    WORKERS_DIR: `${FOLDER}/none`,
    STATE_DIR: `${file}/state`,
    QUEUE_ERROR_DIR: `${file}/errors`,
  };
  assert.equal(await runCheckConfig(COMMAND, loadConfig(environment), around), 1);
  const printed = around.printed.map((line) => line.replaceAll(FOLDER, "/f"));
  const shown = file.replace(FOLDER, "/f");
  const writable = "set it to a folder that this user may write";
  assert.deepEqual(printed.slice(-11).map((line) => line.replace(/ \(.*os error.*\)/, "")), [
    "settings: PQ_TSET_PREFETCH: no queue tset; did you mean test?\nPQ_X_PREFETCH: no queue x; the queues are user_activity, test",
    "workers: WORKERS_DIR: the folder /f/none cannot be read; set it, or --workers-dir, to the folder of your workers",
    `state: STATE_DIR: no file can be made in ${shown}/state; ${writable}`,
    `statistics: QUEUE_STATS_DIR: no file can be made in ${shown}/state/stats; ${writable}`,
    `errors: QUEUE_ERROR_DIR: no file can be made in ${shown}/errors; ${writable}`,
    "queues: 2 queues found\n  user_activity: workers/user_activity.ts\n  test: workers/test.ts, not run by --all",
    "mail: not used (EMAIL_HOST is not set)",
    "push: not used (neither the push bouncer nor APNs nor FCM is set)",
    "proxy: not used (HTTP_proxy and HTTPS_proxy are not set)",
    "broker: No broker there",
    "database: No database",
  ]);
});

Deno.test("runCheckConfig prints the settings where some are wrong, and tries the others", async () => {
  const around = new MemoryServices();
  const environment = { ...ENVIRONMENT, QUEUE_TYPE: "clasic", PQ_TSET_PREFETCH: "1" };
  assert.equal(await runCheckConfig(COMMAND, readConfig(environment), around), 1);
  const { printed } = around;
  assert(printed.some((line) => /^QUEUE_TYPE=clasic +environment$/.test(line)));
  assert(printed.some((line) => /^LOG_LEVEL=debug +environment$/.test(line)));
  assert.deepEqual(printed.slice(-10), [
    'settings: QUEUE_TYPE: "clasic" is not valid; set it to classic or quorum\n' +
    "PQ_TSET_PREFETCH: no queue tset; did you mean test?",
    "workers: ok",
    "state: ok",
    "statistics: ok",
    "queues: 2 queues found\n  user_activity: workers/user_activity.ts\n  test: workers/test.ts, not run by --all",
    "mail: not used (EMAIL_HOST is not set)",
    "push: not used (neither the push bouncer nor APNs nor FCM is set)",
    "proxy: not used (HTTP_proxy and HTTPS_proxy are not set)",
    BROKER_LINE,
    "database: ok",
  ]);
});

Deno.test("runCheckConfig does not try mail where its settings have a problem", async () => {
  const around = new MemoryServices();
  const config = readConfig({ ...ENVIRONMENT, EMAIL_HOST: "127.0.0.1", EMAIL_HOST_USER: "zulip" });
  assert.equal(await runCheckConfig(COMMAND, config, around), 1);
  assert(around.printed.includes("mail: not tried, as its settings have a problem"));
});

Deno.test("runCheckConfig does not try a proxy where its settings have a problem", async () => {
  const around = new MemoryServices();
  const config = readConfig({ ...ENVIRONMENT, HTTPS_proxy: "proxy:3128" });
  assert.equal(await runCheckConfig(COMMAND, config, around), 1);
  assert(around.printed.includes("proxy: not tried, as its settings have a problem"));
});

Deno.test("runCheckConfig does not try a place that is not known", async () => {
  for (
    const wrong of [{ AMQP_URL: "http://rabbit" }, { AMQP_URL: undefined, RABBITMQ_HOST: "a b" }]
  ) {
    const around = new MemoryServices();
    const config = readConfig({ ...ENVIRONMENT, ...wrong, DATABASE_URL: "mysql://me:sesame@db" });
    assert.equal(await runCheckConfig(COMMAND, config, around), 1);
    assert.deepEqual(around.printed.slice(-2), [
      "broker: not tried, as its settings have a problem",
      "database: not tried, as its settings have a problem",
    ]);
    assert(!around.printed.join("\n").includes("sesame"));
  }
});

Deno.test("runCheckConfig tries no place when a line of .env is wrong, as it may be the one that names it", async () => {
  const around = new MemoryServices();
  const config = readConfig(mergeEnvironment(ENVIRONMENT, "DATABASE_URL=sqlite:a # b"));
  assert.equal(await runCheckConfig(COMMAND, config, around), 1);
  assert.deepEqual(around.printed.slice(-2), [
    "broker: not tried, as the file .env has a problem",
    "database: not tried, as the file .env has a problem",
  ]);
});

Deno.test("runCheckConfig prints JSON", async () => {
  const around = new MemoryServices();
  const config = loadConfig(ENVIRONMENT);
  assert.equal(await runCheckConfig({ ...COMMAND, json: true }, config, around), 0);
  const [line = "", ...more] = around.printed;
  assert.equal(more.length, 0);
  const { settings, checks } = JSON.parse(line);
  assert.deepEqual(settings.find((each: { name: string }) => each.name === "LOG_LEVEL"), {
    name: "LOG_LEVEL",
    value: "debug",
    source: "environment",
  });
  assert.deepEqual(checks.map((check: { ok: boolean }) => check.ok), Array(10).fill(true));
});

Deno.test("runCheckConfig does not try a broker that is not used", async () => {
  const around = new MemoryServices();
  around.failures = { broker: new Error("No broker there") };
  const config = loadConfig({ ...ENVIRONMENT, USING_RABBITMQ: "false" });
  assert.equal(await runCheckConfig(COMMAND, config, around), 0);
  assert.equal(around.printed.at(-2), "broker: not used (USING_RABBITMQ is false)");
});

Deno.test("runCheckConfig says how far it came with the file of the embedded broker", async () => {
  const around = new MemoryServices();
  around.unfinishedCheck = "the check of its file was not finished in 10 s: 12 of 500 pages";
  const config = loadConfig({ STATE_DIR: ENVIRONMENT.STATE_DIR });
  assert.equal(await runCheckConfig(COMMAND, config, around), 0);
  assert.equal(
    around.printed.at(-2),
    `broker: ok (embedded, in ${ENVIRONMENT.STATE_DIR}; ${around.unfinishedCheck})`,
  );
});

Deno.test("runCheckConfig leaves out what only looks like the shards of a queue", async () => {
  const around = new MemoryServices();
  const config = loadConfig({ ...ENVIRONMENT, TEST_SHARDS: "2", OTHER_SHARDS: "2" });
  await runCheckConfig(COMMAND, config, around);
  const shards = around.printed.filter((line) => line.includes("_SHARDS="));
  assert.deepEqual(shards.map((line) => line.split(" ", 1)[0]), ["TEST_SHARDS=2"]);
});

Deno.test("runCheckConfig names the file of each queue, its shards, and why a worker does not load", async () => {
  const around = new MemoryServices();
  around.trials = { test: { problem: "workers/test.ts does not load: Error: no" } };
  const config = loadConfig({ ...ENVIRONMENT, USER_ACTIVITY_SHARDS: "3" });
  assert.equal(await runCheckConfig(COMMAND, config, around), 1);
  assert(around.printed.includes(
    "queues: 2 queues found\n  user_activity: workers/user_activity.ts, 3 shards\n" +
      "  test: workers/test.ts does not load: Error: no",
  ));
});

const REQUIRES = ["EMAIL_HOST", "EMAIL_HOST_PASSWORD"];

Deno.test("runCheckConfig shows the settings that a worker requires, without secrets", async () => {
  const around = new MemoryServices();
  around.trials = { test: { requires: REQUIRES, missing: ["EMAIL_HOST"] } };
  const config = loadConfig({ ...ENVIRONMENT, EMAIL_HOST_PASSWORD: "sesame" });
  assert.equal(await runCheckConfig(COMMAND, config, around), 0);
  const at = around.printed.indexOf("required by test:");
  assert.deepEqual(around.printed.slice(at - 1, at + 4), [
    "",
    "required by test:",
    "  EMAIL_HOST=              not set",
    "  EMAIL_HOST_PASSWORD=***  environment",
    "",
  ]);
  assert.equal(around.printed.filter((line) => line.startsWith("required by")).length, 1);
});

Deno.test("runCheckConfig says which queue does not start for want of a setting", async () => {
  const around = new MemoryServices();
  around.trials = { user_activity: { requires: REQUIRES, missing: ["EMAIL_HOST"] } };
  await runCheckConfig({ ...COMMAND, json: true }, loadConfig(ENVIRONMENT), around);
  const { queues: [queue], checks } = JSON.parse(around.printed.join(""));
  assert.deepEqual([queue.requires, queue.missing, queue.isActive], [
    REQUIRES,
    ["EMAIL_HOST"],
    false,
  ]);
  const { ok, message } = checks.find(({ name }: { name: string }) => name === "queues");
  assert.deepEqual([ok, message.split("\n")[1]], [
    true,
    "  user_activity: workers/user_activity.ts, does not start: EMAIL_HOST is not set",
  ]);
});

Deno.test("runCheckConfig tries to publish, and says where it could not be tried", async () => {
  const lineOf = async (kind: BrokerErrorKind) => {
    const around = new MemoryServices();
    const tryPublishing = () => Promise.reject(new BrokerError(kind, "It is so"));
    around.broker = Object.assign(new MemoryBroker(), { tryPublishing });
    const code = await runCheckConfig(COMMAND, loadConfig(ENVIRONMENT), around);
    return [code, around.printed.find((line) => line.startsWith("broker: "))];
  };
  assert.deepEqual(await lineOf("timeout"), [1, "broker: It is so"]);
  assert.deepEqual(await lineOf("permission"), [
    0,
    `${BROKER_LINE}\n` +
    "publishing could not be tried, as this user may make no queue of another name",
  ]);
});

Deno.test("runCheckConfig warns of addresses that do not answer while another one does", async () => {
  const around = new MemoryServices();
  const failure = new BrokerError("unreachable", "RabbitMQ at b:5672 cannot be reached");
  const tryAddresses = () => Promise.resolve([failure]);
  around.broker = Object.assign(new MemoryBroker(), { tryAddresses });
  const config = loadConfig({
    ...ENVIRONMENT,
    AMQP_URL: "amqp://me:sesame@a/,amqp://me:sesame@b/",
  });
  assert.equal(await runCheckConfig(COMMAND, config, around), 0);
  const line = around.printed.find((line) => line.startsWith("broker: "));
  assert.deepEqual(line?.split("\n").slice(0, 2), [
    "broker: ok (RabbitMQ at a:5672 or b:5672, virtual host /)",
    "warning: RabbitMQ at b:5672 cannot be reached; the other addresses are used instead",
  ]);
  assert(!around.printed.join("\n").includes("sesame"));
});

Deno.test("runCheckConfig lists the queues that RabbitMQ does not have yet, and makes none", async () => {
  const around = new MemoryServices();
  await around.broker.declare("user_activity_shard2");
  const config = loadConfig({ ...ENVIRONMENT, USER_ACTIVITY_SHARDS: "3" });
  const lineOf = async () => {
    assert.equal(await runCheckConfig(COMMAND, config, around), 0);
    return around.printed.findLast((line) => line.startsWith("broker: "))?.split("\n")[1];
  };
  const missing =
    "queues that are not there yet, made at the first run: user_activity_shard1, user_activity_shard3";
  assert.deepEqual([await lineOf(), await lineOf()], [missing, missing]);
  for (const number of [1, 3]) await around.broker.declare(`user_activity_shard${number}`);
  assert.equal(await lineOf(), undefined);
});

Deno.test("runCheckConfig says which migrations a SQLite database lacks", async () => {
  const around = new MemoryServices();
  around.pendingMigrations = ["0003_outbox", "0004_zulip"];
  assert.equal(await runCheckConfig(COMMAND, loadConfig(ENVIRONMENT), around), 0);
  assert.equal(
    around.printed.at(-1),
    "database: ok; the next run migrates it (0003_outbox, 0004_zulip)",
  );
});
