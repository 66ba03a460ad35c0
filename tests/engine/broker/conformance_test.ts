/**
 * The brokers that pass the suite.
 *
 * @module
 */

import { MemoryBroker } from "../../../lib/engine/broker/memory.ts";
import type { RabbitmqOptions } from "../../../lib/engine/broker/rabbitmq/options.ts";
import { openRabbitmq } from "../../../lib/engine/broker/rabbitmq/rabbitmq.ts";
import { deleteQueues } from "../../fixtures/rabbitmq/client.ts";
import { rabbitmqTest, uniqueQueue } from "../../servers.ts";
import { brokerConformance, type RegisterBrokerTest } from "./conformance.ts";

brokerConformance("memory", (name, test) => {
  Deno.test(name, async () => {
    await using broker = new MemoryBroker();
    await test(broker, "queue");
  });
});

brokerConformance("RabbitMQ with classic queues", onRabbitmq({ queueType: "classic" }));
brokerConformance("RabbitMQ with quorum queues", onRabbitmq({ queueType: "quorum" }));

function onRabbitmq(options: Partial<RabbitmqOptions>): RegisterBrokerTest {
  return (name, test) =>
    rabbitmqTest(name, async ({ url }) => {
      const queue = uniqueQueue("conformance");
      try {
        await using broker = await openRabbitmq({ url, ...options });
        await test(broker, queue);
      } finally {
        await deleteQueues(url, queue, `${queue}.elsewhere`);
      }
    });
}
