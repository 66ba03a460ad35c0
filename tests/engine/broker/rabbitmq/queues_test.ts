/**
 * Queues, connections, and their ends on RabbitMQ.
 *
 * @module
 */

import assert from "node:assert/strict";
import { failOnce, gate } from "../../../fixtures/rabbitmq/handlers.ts";
import { worldTest } from "../../../fixtures/rabbitmq/world.ts";
import { until } from "../../../fixtures/until.ts";

const EXISTING = {
  "classic": {},
  "quorum": { "x-queue-type": "quorum" },
  "lazy": { "x-queue-mode": "lazy", "x-max-length": 1000 },
  "priority": { "x-max-priority": 5 },
};
for (const [name, queueArguments] of Object.entries(EXISTING)) {
  for (const queueType of ["classic", "quorum"] as const) {
    worldTest(
      `an existing ${name} queue is used as it is where ${queueType} is made`,
      async (world) => {
        await world.client.channel.assertQueue(world.queue, { arguments: queueArguments });
        const before = await world.listQueues("type", "arguments");
        await world.client.publish(world.queue, "1");
        const engine = await world.start({ broker: await world.openBroker({ queueType }) });
        await engine.untilSettled("processed", 1);
        assert.deepEqual(await world.listQueues("type", "arguments"), before);
      },
    );
  }
}

worldTest("an existing queue that is not durable is used as it is", async (world) => {
  await world.client.channel.assertQueue(world.queue, { durable: false });
  const engine = await world.start();
  await world.client.publish(world.queue, "1");
  await engine.untilSettled("processed", 1);
});

worldTest(
  "a queue made here can be declared by Zulip: durable, without arguments",
  async (world) => {
    await (await world.broker()).declare(world.queue);
    await world.client.channel.assertQueue(world.queue, { durable: true });
  },
);

worldTest(
  "a queue that is deleted is declared again, with one line that says what was lost",
  async (world) => {
    const first = gate();
    for (let i = 0; i < 4; i++) {
      await world.client.channel.assertQueue(world.queue);
      await world.client.publish(world.queue, String(i));
    }
    const engine = await world.start({ prefetch: 1, consume: () => first.opened });
    await engine.untilRan(1);
    await world.client.channel.deleteQueue(world.queue);
    first.open();
    await until(
      "it was declared again",
      () => world.client.ready(world.queue).then((n) => n === 0),
    );
    await world.client.publish(world.queue, "4");
    await until("consumption goes on", () => engine.events.includes(4));
    const errors = world.notices.filter((text) => text.startsWith("error:"));
    assert.equal(errors.length, 1, world.notices.join("\n"));
    assert.match(
      errors[0] ?? "",
      /^error: Queue world-\w+ was deleted, with about 4 \(ready \d+ s before\) of its events: it is declared again and consumed$/,
    );
  },
);

worldTest("a whole process has two connections, however many queues it consumes", async (world) => {
  const broker = await world.openBroker({ name: world.queue });
  for (let i = 0; i < 4; i++) {
    const queue = world.anotherQueue();
    const engine = await world.start({ broker, queue, consume: failOnce });
    await world.client.publish(queue, "1");
    await engine.untilSettled("processed", 1);
  }
  const connections = await world.server.ctl("list_connections", "--quiet", "client_properties");
  const names = connections.split("\n").filter((line) => line.includes(world.queue))
    .map((line) => /\((consume|publish)\)/.exec(line)?.[1]);
  assert.deepEqual(names.toSorted(), ["consume", "publish"]);
});

worldTest("closing ends in time while the connection is lost or does not answer", async (world) => {
  for (const trouble of ["cut", "silence", "end"] as const) {
    const proxy = world.proxy();
    const broker = await world.openBroker({ url: proxy.url(world.server.url) });
    const engine = await world.start({ broker });
    await proxy[trouble]();
    const since = performance.now();
    await engine.stop(0);
    await broker[Symbol.asyncDispose]();
    const seconds = (performance.now() - since) / 1000;
    assert.ok(seconds < 15, `${trouble}: it took ${seconds} s`);
    await until("no connection is left", () => proxy.connections === 0);
  }
});

worldTest("closing ends a start that waits for the broker", async (world) => {
  const proxy = world.proxy();
  const broker = await world.openBroker({ url: proxy.url(world.server.url) });
  await proxy.end();
  const subscription = broker.subscribe(world.queue, { onDelivery() {}, onLost() {} });
  const resumed = subscription.resume(1);
  await subscription.close();
  await resumed;
});
