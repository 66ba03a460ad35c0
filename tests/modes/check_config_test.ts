import assert from "node:assert/strict";
import { loadConfig, readConfig } from "../../lib/config/config.ts";
import { runCheckConfig } from "../../lib/modes/check_config.ts";
import { BROKER_LINE, COMMAND, ENVIRONMENT, FOLDER } from "./check_config_fixture.ts";
import { MemoryServices } from "./memory_services.ts";

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
    LOCAL_UPLOADS_DIR: `${FOLDER}/none`,
  };
  assert.equal(await runCheckConfig(COMMAND, loadConfig(environment), around), 1);
  const printed = around.printed.map((line) => line.replaceAll(FOLDER, "/f"));
  const shown = file.replace(FOLDER, "/f");
  const writable = "set it to a folder that this user may write";
  assert.deepEqual(printed.slice(-12).map((line) => line.replace(/ \(.*os error.*\)/, "")), [
    "settings: PQ_TSET_PREFETCH: no queue tset; did you mean test?\nPQ_X_PREFETCH: no queue x; the queues are user_activity, test",
    "workers: WORKERS_DIR: the folder /f/none cannot be read; set it, or --workers-dir, to the folder of your workers",
    `state: STATE_DIR: no file can be made in ${shown}/state; ${writable}`,
    `statistics: QUEUE_STATS_DIR: no file can be made in ${shown}/state/stats; ${writable}`,
    `errors: QUEUE_ERROR_DIR: no file can be made in ${shown}/errors; ${writable}`,
    "uploads: LOCAL_UPLOADS_DIR: no file can be made in /f/none; set it to the folder of the uploads, which this user may write",
    "queues: 2 queues found\n  user_activity: workers/user_activity.ts\n  test: workers/test.ts, not run by --all",
    "mail: not used (EMAIL_HOST is not set)",
    "push: not used (neither the push bouncer nor APNs nor FCM is set)",
    "proxy: not used (HTTP_proxy and HTTPS_proxy are not set)",
    "broker: No broker there",
    "database: No database",
  ]);
});

Deno.test("runCheckConfig reads the certificate of email-mirror-server", async () => {
  const around = new MemoryServices();
  const [MIRROR_CERT_FILE, MIRROR_KEY_FILE] = [`${FOLDER}/none.pem`, `${FOLDER}/none-key.pem`];
  const environment = { ...ENVIRONMENT, MIRROR_CERT_FILE, MIRROR_KEY_FILE };
  assert.equal(await runCheckConfig(COMMAND, loadConfig(environment), around), 1);
  const [line] = around.printed.filter((each) => each.startsWith("settings: "));
  assert.match(
    line ?? "",
    /^settings: MIRROR_CERT_FILE: .*none\.pem cannot be read: .*; set it to a /,
  );
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

Deno.test("runCheckConfig leaves out what only looks like the shards of a queue", async () => {
  const around = new MemoryServices();
  const config = loadConfig({ ...ENVIRONMENT, TEST_SHARDS: "2", OTHER_SHARDS: "2" });
  await runCheckConfig(COMMAND, config, around);
  const shards = around.printed.filter((line) => line.includes("_SHARDS="));
  assert.deepEqual(shards.map((line) => line.split(" ", 1)[0]), ["TEST_SHARDS=2"]);
});
