import assert from "node:assert/strict";
import { loadConfig } from "../../lib/config/config.ts";
import { BrokerError, type BrokerErrorKind } from "../../lib/engine/broker/broker.ts";
import { MemoryBroker } from "../../lib/engine/broker/memory.ts";
import { runCheckConfig } from "../../lib/modes/check_config.ts";
import { BROKER_LINE, COMMAND, ENVIRONMENT } from "./check_config_fixture.ts";
import { MemoryServices } from "./memory_services.ts";

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
    "warning: publishing could not be tried, as this user may make no queue of another name",
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
