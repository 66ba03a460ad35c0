/** What a real RabbitMQ says by its management. */
import assert from "node:assert/strict";
import { loadConfig } from "../../../lib/config/config.ts";
import { openRabbitmq } from "../../../lib/engine/broker/rabbitmq/rabbitmq.ts";
import { findings } from "../../../lib/modes/doctor/findings.ts";
import { withFolder } from "../../fixtures/process/program_fixture.ts";
import { Client } from "../../fixtures/rabbitmq/client.ts";
import { until } from "../../fixtures/until.ts";
import { privateRabbitmqTest } from "../../servers.ts";
import { MemoryServices } from "../memory_services.ts";

privateRabbitmqTest("doctor asks a real management", { management: true }, async (node, t) => {
  const queue = "user_activity";
  await using client = await Client.open(node.url);
  await using broker = await openRabbitmq({ url: node.url });
  await broker.declare(queue);
  await broker.publish(queue, "{}");
  const failed = { durable: true, arguments: { "x-queue-type": "quorum" } };
  await client.channel.assertQueue(`${queue}.failed`, failed);
  const args = { "x-queue-type": "quorum", "x-dead-letter-routing-key": "gone" };
  const retries = { ...args, "x-dead-letter-exchange": "", "x-message-ttl": 5000 };
  await client.channel.assertQueue("gone.retry.5s", { durable: true, arguments: retries });
  await withFolder(async (STATE_DIR) => {
    const services = new MemoryServices();
    services.openBroker = () => openRabbitmq({ url: node.url, waitSeconds: 0 });
    const config = loadConfig({ AMQP_URL: node.url, STATE_DIR });
    /** Waits for lines: the node's statistics are some seconds old. */
    const untilFound = async (...wanted: readonly RegExp[]) => {
      let lines = "";
      const found = async () => {
        const all = await findings(config, services, { management: node.managementUrl });
        lines = all.filter(({ area }) => area === "management")
          .map(({ level, message }) => `${level} ${message}`).join("\n");
        return wanted.every((line) => line.test(lines));
      };
      await until(`doctor says ${wanted.join()}`, found, 30).catch((error) => {
        assert.fail(`${error.message}; it says\n${lines}`);
      });
    };

    await t.step("nodes that are well", async () => {
      await untilFound(/^ok 1 node of RabbitMQ, without an alarm$/m);
    });

    await t.step("an alarm, a policy, and events and queues that were left", async () => {
      await client.channel.get(queue, { noAck: false });
      const definition = JSON.stringify({ "message-ttl": 600_000, "delivery-limit": 2 });
      await node.ctl("set_policy", "--apply-to", "queues", "ttl", "failed$", definition);
      await node.ctl("set_vm_memory_high_watermark", "0.00001");
      await untilFound(
        /^error node pq-\S+@localhost is short of memory, so RabbitMQ takes no events$/m,
        /^warning policy ttl, in user_activity\.failed: dead letters that wait for 600000 ms are lost; dead letters that were returned 2 times are lost$/m,
        /^warning 1 of user_activity are not acknowledged, and nobody consumes it$/m,
        /^warning queues of retries that nobody needs: gone\.retry\.5s$/m,
      );
    });

    await t.step("a user who may not look", async () => {
      await node.ctl("set_vm_memory_high_watermark", "0.4");
      await node.ctl("set_user_tags", "guest");
      await untilFound(/^error RabbitMQ's management at \S+ refuses user guest \(.+\)$/m);
    });
  });
});
