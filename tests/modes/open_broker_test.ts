import assert from "node:assert/strict";
import { MemoryBroker } from "../../lib/engine/broker/memory.ts";
import type { RabbitmqOptions } from "../../lib/engine/broker/rabbitmq/options.ts";
import { loadConfig } from "../../lib/config/config.ts";
import type { Environment } from "../../lib/config/environment.ts";
import { openBroker } from "../../lib/modes/open_broker.ts";
import type { Report } from "../../lib/engine/report.ts";
import { VERSION } from "../../lib/system/version.ts";

const connection = { name: "process-queue test", report: () => {} };
const PEM = "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n";

/** The options with which RabbitMQ would be connected to. */
async function optionsFor(environment: Environment): Promise<RabbitmqOptions> {
  let given: RabbitmqOptions | undefined;
  await using _broker = await openBroker(loadConfig(environment), connection, {
    rabbitmq(options) {
      given = options;
      return Promise.resolve(new MemoryBroker());
    },
    embedded: () => Promise.reject(new Error("RabbitMQ is configured")),
  });
  assert(given);
  return given;
}

async function withFile<T>(text: string, run: (path: string) => Promise<T>): Promise<T> {
  const path = await Deno.makeTempFile({ suffix: ".pem" });
  try {
    await Deno.writeTextFile(path, text);
    return await run(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("openBroker passes on what the configuration says", async () => {
  const environment = { AMQP_URL: "amqp://me:pw@rabbit", QUEUE_TYPE: "quorum" };
  assert.deepEqual(await optionsFor({ ...environment, BROKER_WAIT_SECONDS: "5" }), {
    url: "amqp://me:pw@rabbit",
    ca: undefined,
    cert: undefined,
    key: undefined,
    queueType: "quorum",
    waitSeconds: 5,
    publishTimeoutSeconds: 30,
    version: VERSION,
    ...connection,
  });
});

Deno.test("openBroker reads the file of AMQP_CA_FILE", async () => {
  await withFile(PEM, async (path) => {
    const { ca } = await optionsFor({ AMQP_URL: "amqps://me:pw@rabbit", AMQP_CA_FILE: path });
    assert.equal(ca, PEM);
  });
});

const HEAD = "the configuration has a problem: ";
const FIX = "set it to a file with the certificate of the authority that signed RabbitMQ's own";

Deno.test("openBroker reports an AMQP_CA_FILE that is not there", async () => {
  const environment = { AMQP_URL: "amqps://me:pw@rabbit", AMQP_CA_FILE: "/nonexistent/ca.pem" };
  await assert.rejects(optionsFor(environment), (error: Error) => {
    assert.equal(error.name, "ConfigError");
    const start = `${HEAD}AMQP_CA_FILE: /nonexistent/ca.pem cannot be read: `;
    assert(error.message.startsWith(start) && error.message.endsWith(`; ${FIX}`), error.message);
    return true;
  });
});

Deno.test("openBroker reports an AMQP_CA_FILE without a certificate", async () => {
  await withFile("nothing", async (path) => {
    const environment = { AMQP_URL: "amqps://me:pw@rabbit", AMQP_CA_FILE: path };
    await assert.rejects(optionsFor(environment), {
      name: "ConfigError",
      message: `${HEAD}AMQP_CA_FILE: there is no certificate in PEM format in ${path}; ${FIX}`,
    });
  });
});

Deno.test("openBroker says Zulip's words when RabbitMQ is not used", async () => {
  const environment = { USING_RABBITMQ: "false", AMQP_URL: "amqp://me:pw@rabbit" };
  await assert.rejects(optionsFor(environment), {
    name: "NotUsingRabbitmqError",
    message: "Cannot run a queue processor when USING_RABBITMQ is False!",
  });
});

Deno.test("openBroker takes the embedded broker when none is configured, and says so", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const reports: Report[] = [];
    const report = (report: Report) => void reports.push(report);
    const config = loadConfig({ STATE_DIR: folder });
    await using broker = await openBroker(config, { name: "test", report, isAlone: true });
    await broker.declare("q");
    await broker.publish("q", "{}");
    assert.equal((await broker.depth("q"))?.ready, 1);
    const [first] = reports;
    assert(first?.kind === "notice");
    assert.match(first.message, /^AMQP_URL is not set: events are kept in the embedded broker/);
    assert.deepEqual([first.level, first.properties], ["warning", { folder }]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("openBroker warns of the embedded broker only where nobody chose it or watches", async () => {
  const levels: unknown[] = [];
  const open = async (environment: Environment, isAlone: boolean) => {
    const report = (report: Report) => void levels.push(report.kind === "notice" && report.level);
    const embedded = () => Promise.resolve(new MemoryBroker());
    const rabbitmq = () => Promise.reject(new Error("no RabbitMQ is configured"));
    const connection = { name: "test", report, isAlone };
    await openBroker(loadConfig(environment), connection, { embedded, rabbitmq });
  };
  await open({}, true);
  await open({}, false);
  await open({ BROKER: "embedded", AMQP_URL: "amqp://rabbit" }, true);
  assert.deepEqual(levels, ["warning", "info", "info"]);
});
