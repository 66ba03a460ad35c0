import assert from "node:assert/strict";
import process from "node:process";
import { loadConfig } from "../../../lib/config/config.ts";
import { MemoryBroker } from "../../../lib/engine/broker/memory.ts";
import { findings } from "../../../lib/modes/doctor/findings.ts";
import { ManagementApi } from "../../../lib/modes/doctor/management_api.ts";
import type { Finding } from "../../../lib/operations/doctor/finding.ts";
import { withFolder } from "../../fixtures/process/program_fixture.ts";
import {
  type ManagementAnswer,
  ScriptedManagement,
} from "../../fixtures/rabbitmq/scripted_management.ts";
import { MemoryServices } from "../memory_services.ts";

const AMQP_URL = "amqp://me:ses%40me@127.0.0.1/zulip%2f1";
const QUEUES = "/api/queues/zulip%2F1";
const NODES = "/api/nodes";
const WELL = { name: "rabbit@a", running: true, mem_alarm: false, disk_free_alarm: false };

/** What doctor finds where the management answers so. @param url Its address, from its host. */
async function found(
  answers: Readonly<Record<string, ManagementAnswer>>,
  url: (host: string) => string = (host) => `http://${host}/`,
): Promise<{ all: Finding[]; lines: string[]; server: ScriptedManagement }> {
  await using server = await ScriptedManagement.start(answers);
  let all: Finding[] = [];
  await withFolder(async (STATE_DIR) => {
    const services = new MemoryServices();
    const limits = { maxConsumeSeconds: 3600, batch: undefined };
    services.trials = { user_activity: { limits } };
    services.broker = Object.assign(new MemoryBroker(), { settleWithinSeconds: 1800 });
    const options = { management: url(server.host) };
    all = await findings(loadConfig({ AMQP_URL, STATE_DIR }), services, options);
  });
  const lines = all.filter(({ area }) => area === "management")
    .map(({ level, queue, message }) => `${level} ${queue ?? "-"} ${message}`)
    .map((line) => line.replaceAll(server.host, "HOST"));
  return { all, lines, server };
}

Deno.test("doctor asks RabbitMQ's management with the login and virtual host of AMQP_URL, once", async () => {
  const { lines, server } = await found({ [QUEUES]: { body: [] }, [NODES]: { body: [WELL] } });
  assert.deepEqual(lines, ["ok - 1 node of RabbitMQ, without an alarm"]);
  assert.equal(server.login, "me:ses@me");
  const paths = server.asked.map((path) => path.replace(/\?columns=name,[\w,]+$/, ""));
  assert.deepEqual(paths.toSorted(), [NODES, QUEUES].toSorted());
});

Deno.test("doctor asks with the login of --management, below a path, and prints no password", async () => {
  const { all, lines, server } = await found(
    { [`/rmq${QUEUES}`]: { body: [] }, [`/rmq${NODES}`]: { body: [WELL] } },
    (host) => `http://ada:love%2Flace@${host}/rmq/`,
  );
  assert.equal(lines.length, 1);
  assert.equal(server.login, "ada:love/lace");
  assert(!/lace/.test(JSON.stringify(all)));
});

Deno.test("doctor judges what the management says of nodes and of this program's queues", async () => {
  const queue = (name: string, more: object) => ({
    ...{ name, type: "classic", state: "running", consumers: 1, messages_unacknowledged: 2 },
    // RabbitMQ writes an empty object so.
    ...{ arguments: {}, policy: null, effective_policy_definition: [] },
    ...more,
  });
  const ttl = { policy: "old", effective_policy_definition: { "message-ttl": 1000 } };
  const { all, lines } = await found({
    [NODES]: { body: [{ ...WELL, mem_alarm: true }, { name: "rabbit@b", running: false }] },
    [QUEUES]: {
      body: [
        queue("user_activity", { effective_policy_definition: { "consumer-timeout": 3_700_000 } }),
        queue("user_activity.failed", { ...ttl, operator_policy: "theirs" }),
        queue("user_activity.retry.5s", { ...ttl, messages_unacknowledged: 0 }),
        queue("another", ttl),
        // Statistics are not there yet.
        { name: "test" },
      ],
    },
  });
  assert.deepEqual(lines, [
    "error - node rabbit@a is short of memory, so RabbitMQ takes no events",
    "error - node rabbit@b does not run",
    "warning user_activity policy old or theirs, in user_activity.failed: dead letters that wait " +
    "for 1000 ms are lost",
    "warning user_activity policy old, in user_activity.retry.5s: events come back after 1000 ms " +
    "instead of 5 s",
    "ok - consumers have 4 events of 2 queues unacknowledged",
  ]);
  // The policy lets it wait for longer than RabbitMQ's default, which no answer tells.
  assert(!all.some(({ message }) => message.includes("takes it back")));
});

const BAD_AUTHORITY = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
const PLUGIN = /rabbitmq-plugins enable rabbitmq_management$/;
const LOGIN = { status: 401, body: { error: "not_authorised", reason: "Login failed" } };

/** Answers of what is no management that this user may use, what is said, and what to do. */
const REFUSALS: Readonly<Record<string, readonly [ManagementAnswer, string, RegExp]>> = {
  "that refuses the login": [
    LOGIN,
    "RabbitMQ's management at HOST refuses user me (Login failed)",
    /^check the user, the password and the virtual host$/,
  ],
  "that refuses a user without the tag": [
    { status: 401, body: { error: "not_authorised", reason: "Not management user" } },
    "RabbitMQ's management at HOST refuses user me (Not management user)",
    /beside the tags that it has: rabbitmqctl set_user_tags me monitoring$/,
  ],
  "that is a proxy": [
    { status: 403, body: "Forbidden" },
    "RabbitMQ's management at HOST answers with status 403",
    PLUGIN,
  ],
  "that is not there": [
    { status: 404, body: {} },
    "RabbitMQ's management at HOST answers with status 404",
    PLUGIN,
  ],
  "that sends a page": [
    { body: "<html>" },
    "RabbitMQ's management at HOST answers with something else than RabbitMQ does",
    PLUGIN,
  ],
  "that sends other JSON": [
    { body: { queues: 1 } },
    "RabbitMQ's management at HOST answers with something else than RabbitMQ does",
    PLUGIN,
  ],
};

for (const [name, [answer, message, fix]] of Object.entries(REFUSALS)) {
  Deno.test(`doctor says once what is wrong with a management ${name}`, async () => {
    const { all, lines } = await found({ [QUEUES]: answer, [NODES]: answer });
    assert.deepEqual(lines, [`error - ${message}`]);
    assert.match(all.find(({ area }) => area === "management")?.fix ?? "", fix);
  });
}

Deno.test("doctor judges queues also for a user who may not see nodes", async () => {
  const { lines } = await found({
    [NODES]: { status: 401, body: { reason: "Not monitor user" } },
    [QUEUES]: { body: [{ name: "user_activity", state: "down" }] },
  });
  assert.deepEqual(lines, [
    "error - RabbitMQ's management at HOST refuses user me (Not monitor user)",
    "error user_activity user_activity cannot be used, as its state is down",
  ]);
});

Deno.test("doctor gives no proxy the password of the management", async () => {
  await using proxy = await ScriptedManagement.start({});
  const before = process.env["http_proxy"];
  process.env["http_proxy"] = `http://${proxy.host}`;
  try {
    const { lines, all } = await found({}, () => "http://ada:lovelace@rabbit.example:15672/");
    assert.deepEqual(lines, [
      "error - RabbitMQ's management at rabbit.example:15672 is not asked, as http_proxy has a " +
      "proxy for it",
    ]);
    const { fix } = all.find(({ area }) => area === "management") ?? {};
    assert.equal(fix, "add rabbit.example to NO_PROXY");
    assert.deepEqual(proxy.asked, []);
  } finally {
    if (before === undefined) delete process.env["http_proxy"];
    else process.env["http_proxy"] = before;
  }
});

Deno.test("certificates that cannot be used are an error of the management alone", async () => {
  using api = new ManagementApi({
    ...{ url: new URL("https://rabbit.example:15671"), user: "ada", password: "lovelace" },
    ...{ vhost: "/", timeoutSeconds: 1, ca: BAD_AUTHORITY },
  });
  await assert.rejects(api.queues(), {
    name: "ManagementError",
    message: /^RabbitMQ's management at rabbit\.example:15671 cannot be asked: /,
    fix: "check the certificates in AMQP_CA_FILE",
  });
});

Deno.test("doctor takes the lower timeout of a queue's argument and policy", async () => {
  const timeouts = (argument: number, policy: number) => ({
    body: [{
      ...{ name: "user_activity", type: "quorum", arguments: { "x-consumer-timeout": argument } },
      effective_policy_definition: { "consumer-timeout": policy },
    }],
  });
  for (const [argument, policy] of [[50_000, 9_000_000], [9_000_000, 50_000]] as const) {
    const { all } = await found({
      [NODES]: { body: [WELL] },
      [QUEUES]: timeouts(argument, policy),
    });
    const said = all.filter(({ message }) => message.includes("takes it back after 50 s"));
    assert.equal(said.length, 1, `${argument} ${policy}`);
  }
});

Deno.test("doctor says that the management cannot be reached", async () => {
  const { lines } = await found({}, () => "http://ada:lovelace@127.0.0.1:1/");
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /^error - RabbitMQ's management at 127\.0\.0\.1:1: /);
  assert(!lines[0]?.includes("lovelace"));
});

Deno.test("doctor asks no management where the broker is embedded", async () => {
  await using server = await ScriptedManagement.start({});
  await withFolder(async (STATE_DIR) => {
    const options = { management: `http://${server.host}` };
    const all = await findings(loadConfig({ STATE_DIR }), new MemoryServices(), options);
    const [one] = all.filter(({ area }) => area === "management");
    assert.equal(one?.message, "not used (the broker is not RabbitMQ)");
  });
  assert.deepEqual(server.asked, []);
});
