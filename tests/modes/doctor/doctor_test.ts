import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import type { DoctorCommand } from "../../../lib/command_line/process_commands.ts";
import { loadConfig, readConfig } from "../../../lib/config/config.ts";
import { MemoryBroker } from "../../../lib/engine/broker/memory.ts";
import { openRabbitmq } from "../../../lib/engine/broker/rabbitmq/rabbitmq.ts";
import { runDoctor } from "../../../lib/modes/doctor/doctor.ts";
import type { Finding } from "../../../lib/operations/doctor/finding.ts";
import { queueTest } from "../../fixtures/rabbitmq/queue_fixture.ts";
import { COMMON, MemoryServices } from "../memory_services.ts";

const COMMAND: DoctorCommand = {
  mode: "doctor",
  fix: false,
  json: false,
  timeoutSeconds: 20,
  management: undefined,
  ...COMMON,
};
const AMQP_URL = "amqp://me:sesame@127.0.0.1/";

async function withFolder(fn: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "pq-doctor-" });
  try {
    await fn(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs doctor, and returns its exit code and what it found. */
async function findings(
  around: MemoryServices,
  environment: Record<string, string>,
  fix = false,
): Promise<[code: number, found: readonly Finding[]]> {
  const command = { ...COMMAND, fix, json: true };
  const code = await runDoctor(command, readConfig(environment), around);
  const { schema, findings } = JSON.parse(around.printed.at(-1) ?? "");
  assert.equal(schema, 1);
  return [code, findings];
}

/** What is left over of a process that was killed. */
function leaveFiles(folder: string): void {
  for (const name of ["control", "paused", "journal"]) mkdirSync(`${folder}/${name}`);
  for (const ending of ["sock", "lock"]) writeFileSync(`${folder}/control/99-abcd.${ending}`, "");
  const pause = { by: "ada", at: "2026-01-01T00:00:00.000Z", reason: null };
  const until = "2026-01-01T01:00:00.000Z";
  writeFileSync(`${folder}/paused/test.json`, JSON.stringify({ ...pause, until }));
  writeFileSync(`${folder}/paused/user_activity.json`, JSON.stringify({ ...pause, until: null }));
  writeFileSync(`${folder}/journal/gone@12-1.journal`, '{"running":[]}\n');
  writeFileSync(`${folder}/journal/test@12-1.journal`, '{"running":[]}\n');
}

Deno.test("doctor prints a line for each finding, and below it what mends it", async () => {
  await withFolder(async (STATE_DIR) => {
    leaveFiles(STATE_DIR);
    const around = new MemoryServices();
    assert.equal(await runDoctor(COMMAND, loadConfig({ AMQP_URL, STATE_DIR }), around), 0);
    const text = around.printed.join("\n");
    assert.match(text, /^ok {6}settings: ok$/m);
    assert.match(text, /^warning sockets: left over: .*\n {8}process-queue doctor --fix$/m);
    assert.match(text, /^ok {6}check: 2 queues ok$|^ok {6}broker: RabbitMQ at 127\.0\.0\.1:5672/m);
    assert.match(around.printed.at(-1) ?? "", /^0 errors, \d+ warnings?$/);
    assert(!text.includes("sesame"));
    assert.equal(readdirSync(`${STATE_DIR}/control`).length, 2);
  });
});

Deno.test("doctor --fix removes what is left over, makes queues, and leaves all else", async () => {
  await withFolder(async (STATE_DIR) => {
    leaveFiles(STATE_DIR);
    const around = new MemoryServices();
    const [, before] = await findings(around, { AMQP_URL, STATE_DIR });
    const offered = before.filter(({ fix }) => fix === "process-queue doctor --fix");
    assert.deepEqual(offered.map(({ area }) => area), ["broker", "sockets", "pauses", "journals"]);
    const [code, after] = await findings(around, { AMQP_URL, STATE_DIR }, true);
    assert.equal(code, 0);
    const mended = after.filter(({ message }) => message.startsWith("mended: "));
    assert.deepEqual(mended.map(({ level, message }) => [level, message]), [
      ["ok", "mended: made the queues user_activity"],
      ["ok", "mended: removed 2 files of control sockets whose processes have ended"],
      ["ok", "mended: removed the pause of test, which is over"],
      ["ok", "mended: removed 1 journal of queues that have no worker here: gone"],
    ]);
    assert.deepEqual(await around.broker.depth("user_activity"), { ready: 0, consumers: 0 });
    assert.deepEqual(readdirSync(`${STATE_DIR}/control`), []);
    assert.deepEqual(readdirSync(`${STATE_DIR}/paused`), ["user_activity.json"]);
    assert.deepEqual(readdirSync(`${STATE_DIR}/journal`), ["test@12-1.journal"]);
    const [, again] = await findings(around, { AMQP_URL, STATE_DIR }, true);
    assert.deepEqual(again.filter(({ message }) => message.startsWith("mended: ")), []);
  });
});

Deno.test("doctor exits with 1 for an error, names each once, and makes no file", async () => {
  await withFolder(async (folder) => {
    const around = new MemoryServices();
    around.failures = { broker: new Error("No broker there") };
    const STATE_DIR = `${folder}/state`;
    const environment = { AMQP_URL, STATE_DIR, QUEUE_TYPE: "clasic" };
    const [code, found] = await findings(around, environment);
    assert.equal(code, 1);
    const errors = found.filter(({ level }) => level === "error");
    assert.deepEqual(errors, [
      {
        level: "error",
        area: "settings",
        queue: null,
        message: 'QUEUE_TYPE: "clasic" is not valid',
        fix: "set it to classic or quorum",
      },
      { level: "error", area: "broker", queue: null, message: "No broker there", fix: null },
      {
        level: "error",
        area: "check",
        queue: null,
        message: "nothing is known of 2 queues: No broker there",
        fix: null,
      },
    ]);
    assert.equal(existsSync(STATE_DIR), false);
  });
});

Deno.test("doctor compares clocks, and judges what the broker shows of itself", async () => {
  await withFolder(async (STATE_DIR) => {
    const around = new MemoryServices();
    around.clock = { aheadMs: -40_000, uncertainMs: 5 };
    const limits = { maxConsumeSeconds: 3600, batch: { size: 10, seconds: 5 } };
    around.trials = { user_activity: { limits }, test: { limits } };
    const dates = { validFrom: 0, validTo: Date.now() + 864e5 };
    around.broker = Object.assign(new MemoryBroker(), {
      settleWithinSeconds: 1800,
      clock: () => Promise.resolve({ aheadMs: 3500, uncertainMs: 500 }),
      serverCertificates: () => Promise.resolve([{ place: "rabbit:5671", ...dates }]),
    });
    const [code, found] = await findings(around, { AMQP_URL, STATE_DIR });
    assert.equal(code, 1);
    const of = (area: string, word: string) =>
      found.filter((one) => one.area === area && one.message.includes(word))
        .map(({ level, queue, message }) => [level, queue, message]);
    assert.deepEqual(of("clock", ""), [
      ["warning", null, "the clock of RabbitMQ is 3.0 s ahead of this host's"],
      ["error", null, "the clock of the database is 40.0 s behind this host's"],
    ]);
    assert.match(of("broker", "certificate").join(), /^warning,,the certificate of RabbitMQ at /);
    // The worker of the queue test is not active.
    assert.deepEqual(of("broker", "takes it back"), [[
      "warning",
      "user_activity",
      "an event may wait here for 65 s and run for 3,600 s, and RabbitMQ takes it back after " +
      "1,800 s, unless its consumer_timeout says otherwise",
    ]]);
  });
});

Deno.test("doctor asks no database for its clock that cannot be used", async () => {
  await withFolder(async (STATE_DIR) => {
    const around = new MemoryServices();
    around.clock = { aheadMs: 0, uncertainMs: 0 };
    const clocks = async () => {
      const [, found] = await findings(around, { AMQP_URL, STATE_DIR });
      return found.filter(({ area }) => area === "clock").length;
    };
    assert.equal(await clocks(), 1);
    around.failures = { database: new Error("No database there") };
    assert.equal(await clocks(), 0);
  });
});

Deno.test("doctor ends where the broker connects and then says nothing", async () => {
  await withFolder(async (STATE_DIR) => {
    const around = new MemoryServices();
    let asked = 0;
    const depth = () => {
      asked++;
      return new Promise<never>(() => {});
    };
    around.broker = Object.assign(new MemoryBroker(), { depth });
    const command = { ...COMMAND, json: true, timeoutSeconds: 0.1 };
    assert.equal(await runDoctor(command, loadConfig({ AMQP_URL, STATE_DIR }), around), 1);
    const { findings } = JSON.parse(around.printed.at(-1) ?? "");
    const errors = findings.filter(({ level }: Finding) => level === "error");
    assert.deepEqual(errors.map(({ area, message }: Finding) => [area, message]), [
      ["broker", "the broker did not answer within 1 s"],
      ["check", "nothing is known of 2 queues: the broker did not answer within 0.1 s"],
    ]);
    assert(asked > 0);
  });
});

Deno.test("doctor says what --fix could not mend", async () => {
  await withFolder(async (STATE_DIR) => {
    const around = new MemoryServices();
    const declare = () => Promise.reject(new Error("this user may make no queue"));
    around.broker = Object.assign(new MemoryBroker(), { declare });
    const [code, found] = await findings(around, { AMQP_URL, STATE_DIR }, true);
    assert.equal(code, 1);
    const [error] = found.filter(({ level }) => level === "error");
    assert.equal(
      error?.message,
      "queues that are not there yet, made at the first run: user_activity; it could not be " +
        "mended: this user may make no queue",
    );
  });
});

queueTest(
  "doctor finds queues of RabbitMQ that are not as they should be, and mends some",
  async (fixture) => {
    const { queue, client, server: { url } } = fixture;
    const shards = [1, 2].map((number) => `${queue}_shard${number}`);
    const broker = await fixture.broker();
    try {
      for (const name of [queue, ...shards.slice(1)]) await broker.declare(name);
      for (let index = 0; index < 3; index++) await broker.publish(queue, "{}");
      const name = `${shards[0]}.retry.5s`;
      await client.channel.assertQueue(name, { durable: true });
      await withFolder(async (STATE_DIR) => {
        const around = new MemoryServices();
        around.listQueues = () => Promise.resolve([{ name: queue, file: `workers/${queue}.ts` }]);
        around.openBroker = () => openRabbitmq({ url, waitSeconds: 0 });
        const key = `PQ_${queue.toUpperCase().replaceAll("-", "_")}_SHARDS`;
        const environment = { AMQP_URL: url, STATE_DIR, [key]: "2" };
        const [, found] = await findings(around, environment, true);
        const of = (area: string) => found.filter((one) => one.area === area);
        assert.match(of("broker")[0]?.message ?? "", /^RabbitMQ at 127\.0\.0\.1:/);
        assert.match(
          of("retries")[0]?.message ?? "",
          new RegExp(
            `^Queue ${name} has x-queue-type none, x-message-ttl none, .*delete_queue ${name}`,
          ),
        );
        assert.match(
          of("shards")[0]?.message ?? "",
          new RegExp(`^3 events in ${queue}, which nobody consumes, as ${queue} has 2 shards$`),
        );
        for (const shard of shards) {
          assert(await broker.depth(shard));
          assert(await broker.depth(`${shard}.failed`));
        }
        const [, again] = await findings(around, environment, true);
        assert.deepEqual(again.filter(({ message }) => message.startsWith("mended: ")), []);
      });
    } finally {
      for (const shard of shards) await client.deleteAll(shard);
    }
  },
);
