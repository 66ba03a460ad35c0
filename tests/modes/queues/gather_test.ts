import assert from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import type { CheckCommand, QueuesCommand } from "../../../lib/command_line/process_commands.ts";
import { loadConfig } from "../../../lib/config/config.ts";
import { runCheck } from "../../../lib/modes/queues/check.ts";
import { runQueues } from "../../../lib/modes/queues/queues.ts";
import { COMMON, MemoryServices } from "../memory_services.ts";

const AMQP_URL = "amqp://me:sesame@127.0.0.1/";
const ALL = { queues: [], json: false, timeoutSeconds: 20, ...COMMON };
const QUEUES: QueuesCommand = {
  mode: "queues",
  watchSeconds: undefined,
  all: false,
  sort: "name",
  ...ALL,
};
const CHECK: CheckCommand = {
  mode: "check",
  failedLimit: undefined,
  stateFile: undefined,
  perfdataQueues: 50,
  ...ALL,
};

/** Services, and a STATE_DIR that is not made yet. */
async function inFolder(
  fn: (around: MemoryServices, folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "pq-gather-" });
  try {
    await fn(new MemoryServices(), folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function screenOf(around: MemoryServices) {
  return { width: 120, isTerminal: false, print: (line: string) => around.print(line) };
}

Deno.test("queues and check name a queue that is nowhere, and all there are", async () => {
  await inFolder(async (around, STATE_DIR) => {
    const config = loadConfig({ AMQP_URL, STATE_DIR });
    const expected = {
      name: "UsageError",
      message: /^there is no queue tset; did you mean test\?\nqueues: test, user_activity\n/,
    };
    const command = { ...QUEUES, queues: ["tset"] };
    await assert.rejects(runQueues(command, config, around, screenOf(around)), expected);
    await assert.rejects(runCheck({ ...CHECK, queues: ["tset"] }, config, around), expected);
    // A queue that only the broker has is shown.
    await around.broker.declare("others");
    const others = { ...QUEUES, queues: ["others"], json: true };
    assert.equal(await runQueues(others, config, around, screenOf(around)), 0);
  });
});

Deno.test("queues and check say where they looked when nothing is known, and make no file", async () => {
  await inFolder(async (around, folder) => {
    const STATE_DIR = `${folder}/none`;
    const config = loadConfig({ STATE_DIR });
    const said =
      `nothing is known of any queue: the embedded broker in ${STATE_DIR} (AMQP_URL is ` +
      "not set) has none that a worker here consumes, and no process with STATE_DIR " +
      `${STATE_DIR} runs one. Run this with the settings of the program, or start it: ` +
      "process-queue --all";
    assert.equal(await runQueues(QUEUES, config, around, screenOf(around)), 1);
    assert.deepEqual([around.printed, around.warned], [[], [said]]);
    assert.equal(await runCheck(CHECK, config, around), 3);
    assert.deepEqual(around.printed, [`QUEUES UNKNOWN - ${said}`]);
    assert.equal(existsSync(STATE_DIR), false);
    const rabbitmq = loadConfig({ AMQP_URL, STATE_DIR });
    assert.equal(await runQueues(QUEUES, rabbitmq, around, screenOf(around)), 1);
    assert.match(around.warned.at(-1) ?? "", /^nothing is known of any queue: RabbitMQ has none /);
  });
});

Deno.test("queues --json has the broker, and check --json the time", async () => {
  await inFolder(async (around, STATE_DIR) => {
    await around.broker.declare("test");
    await around.broker.publish("test", "{}");
    const config = loadConfig({ AMQP_URL, STATE_DIR });
    assert.equal(await runQueues({ ...QUEUES, json: true }, config, around, screenOf(around)), 0);
    assert.equal(await runCheck({ ...CHECK, json: true }, config, around), 1);
    const [queues, check] = around.printed.map((line) => JSON.parse(line));
    assert.deepEqual(queues.broker, { kind: "rabbitmq", version: null, up: true });
    assert.deepEqual(
      queues.queues.map(({ queue, rate }: { queue: string; rate: null }) => {
        return [queue, rate];
      }),
      [["test", null]],
    );
    assert.match(check.at, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    assert.deepEqual([check.schema, check.status, check.queues[0].state], [1, 1, "no consumer"]);
  });
});

Deno.test("a broker that is not there is not up, and each queue is unknown", async () => {
  await inFolder(async (around, STATE_DIR) => {
    around.failures = { broker: new Error("No broker there") };
    const config = loadConfig({ AMQP_URL, STATE_DIR });
    assert.equal(await runQueues({ ...QUEUES, json: true }, config, around, screenOf(around)), 1);
    const { broker, queues } = JSON.parse(around.printed[0] ?? "");
    assert.deepEqual(broker, { kind: "rabbitmq", version: null, up: false });
    assert.deepEqual(queues.map(({ state, reason }: Record<string, string>) => [state, reason]), [
      ["unknown", "No broker there"],
      ["unknown", "No broker there"],
    ]);
    assert.equal(await runCheck(CHECK, config, around), 3);
  });
});

Deno.test("check says which state file cannot be written, and exits with 3", async () => {
  await inFolder(async (around, STATE_DIR) => {
    await around.broker.declare("test");
    const config = loadConfig({ AMQP_URL, STATE_DIR });
    const stateFile = `${STATE_DIR}/none/results`;
    assert.equal(await runCheck({ ...CHECK, stateFile }, config, around), 3);
    assert.match(
      around.warned[0] ?? "",
      new RegExp(`^--state-file ${stateFile} cannot be written: .*ENOENT|os error 2`),
    );
    assert.match(around.printed[0] ?? "", /^QUEUES OK - 1 queue normal/);
    mkdirSync(`${STATE_DIR}/none`);
    assert.equal(await runCheck({ ...CHECK, stateFile }, config, around), 0);
    assert.match(Deno.readTextFileSync(stateFile), /^\d+\|0\|OK\|QUEUES OK - 1 queue normal\n$/);
  });
});

Deno.test("check rejects where it fails itself, which the program makes UNKNOWN", async () => {
  await inFolder(async (around, STATE_DIR) => {
    around.listQueues = () => Promise.reject(new TypeError("a fault of the program"));
    const config = loadConfig({ AMQP_URL, STATE_DIR });
    await assert.rejects(runCheck(CHECK, config, around), { name: "TypeError" });
  });
});

for (
  const [name, value, wrong] of [
    ["PQ_TEST_CHECK", "90", '"90" is not valid'],
    ["PQ_TEST_CHECK", "300:90", '"300:90" is not valid'],
    ["PQ_TEST_CHECK", "a:b", '"a:b" is not valid'],
    ["PQ_TEST_CONSUMERS", "-1", '"-1" is not valid'],
    ["PQ_TEST_CONSUMERS", "two", '"two" is not valid'],
  ] as const
) {
  Deno.test(`a wrong setting of check is refused: ${name}=${value}`, () => {
    assert.throws(() => loadConfig({ [name]: value }), ({ name: kind, message }: Error) => {
      assert.equal(kind, "ConfigError");
      assert(message.includes(`${name}: ${wrong}`), message);
      return true;
    });
  });
}
