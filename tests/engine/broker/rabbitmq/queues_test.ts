/**
 * Queues, connections, and their ends on RabbitMQ.
 *
 * @module
 */

import assert from "node:assert/strict";
import { assertWithin } from "../../../fixtures/pace.ts";
import { failOnce, gate } from "../../../fixtures/rabbitmq/handlers.ts";
import { queueTest } from "../../../fixtures/rabbitmq/queue_fixture.ts";
import { until } from "../../../fixtures/until.ts";

const EXISTING = {
  "classic": {},
  "quorum": { "x-queue-type": "quorum" },
  "lazy": { "x-queue-mode": "lazy", "x-max-length": 1000 },
  "priority": { "x-max-priority": 5 },
};
for (const [name, queueArguments] of Object.entries(EXISTING)) {
  for (const queueType of ["classic", "quorum"] as const) {
    queueTest(
      `an existing ${name} queue is used as it is where ${queueType} is made`,
      async (fixture) => {
        await fixture.client.channel.assertQueue(fixture.queue, { arguments: queueArguments });
        const before = await fixture.listQueues("type", "arguments");
        await fixture.client.publish(fixture.queue, "1");
        const engine = await fixture.start({ broker: await fixture.openBroker({ queueType }) });
        await engine.untilSettled("processed", 1);
        assert.deepEqual(await fixture.listQueues("type", "arguments"), before);
      },
    );
  }
}

queueTest("an existing queue that is not durable is used as it is", async (fixture) => {
  await fixture.client.channel.assertQueue(fixture.queue, { durable: false });
  const engine = await fixture.start();
  await fixture.client.publish(fixture.queue, "1");
  await engine.untilSettled("processed", 1);
});

queueTest(
  "a queue made here can be declared by Zulip: durable, without arguments",
  async (fixture) => {
    await (await fixture.broker()).declare(fixture.queue);
    await fixture.client.channel.assertQueue(fixture.queue, { durable: true });
  },
);

const DELETED =
  /^error: Queue fixture-\w+ was deleted, with about 4 \(ready \d+ s before\) of its events: it is declared again and consumed$/;

for (const queueType of ["classic", "quorum"] as const) {
  queueTest(
    `a ${queueType} queue that is deleted is declared again, with one line that says what was lost`,
    async (fixture) => {
      const first = gate();
      const broker = await fixture.openBroker({ queueType });
      await broker.declare(fixture.queue);
      for (let i = 0; i < 4; i++) await broker.publish(fixture.queue, String(i));
      const engine = await fixture.start({ broker, prefetch: 1, consume: () => first.opened });
      await engine.untilRan(1);
      await fixture.client.channel.deleteQueue(fixture.queue);
      first.open();
      await until("it was said", () => fixture.notices.some((text) => DELETED.test(text)));
      await broker.publish(fixture.queue, "4");
      await until("consumption goes on", () => engine.events.includes(4));
      const shown = fixture.notices.join("\n");
      assert.equal(fixture.notices.filter((text) => /^error/.test(text)).length, 1, shown);
      assert.doesNotMatch(shown, /cancelled the consumer/);
    },
  );
}

queueTest("a queue that was deleted while the connection was lost is reported", async (fixture) => {
  const proxy = fixture.proxy();
  const broker = await fixture.openBroker({ url: proxy.url(fixture.server.url) });
  const engine = await fixture.start({ broker });
  await broker.publish(fixture.queue, "1");
  await engine.untilSettled("processed", 1);
  proxy.refusing = /./s;
  proxy.cut();
  await fixture.client.channel.deleteQueue(fixture.queue);
  proxy.refusing = undefined;
  const wasDeleted = /^error: Queue fixture-\w+ was deleted, with about 0/;
  await until("it was said", () => fixture.notices.some((text) => wasDeleted.test(text)));
});

queueTest(
  "a whole process has two connections, however many queues it consumes",
  async (fixture) => {
    const broker = await fixture.openBroker({ name: fixture.queue });
    for (let i = 0; i < 4; i++) {
      const queue = fixture.anotherQueue();
      const engine = await fixture.start({ broker, queue, consume: failOnce });
      await fixture.client.publish(queue, "1");
      await engine.untilSettled("processed", 1);
    }
    const connections = await fixture.server.ctl(
      "list_connections",
      "--quiet",
      "client_properties",
    );
    const names = connections.split("\n").filter((line) => line.includes(fixture.queue))
      .map((line) => /\((consume|publish)\)/.exec(line)?.[1]);
    assert.deepEqual(names.toSorted(), ["consume", "publish"]);
  },
);

queueTest(
  "closing ends in time while the connection is lost or does not answer",
  async (fixture) => {
    for (const trouble of ["cut", "silence", "end"] as const) {
      const proxy = fixture.proxy();
      const broker = await fixture.openBroker({ url: proxy.url(fixture.server.url) });
      const engine = await fixture.start({ broker });
      await proxy[trouble]();
      const since = performance.now();
      await engine.stop(0);
      await broker[Symbol.asyncDispose]();
      await assertWithin(performance.now() - since, 15_000, trouble);
      await until("no connection is left", () => proxy.connections === 0);
    }
  },
);

queueTest("closing ends a start that waits for the broker", async (fixture) => {
  const proxy = fixture.proxy();
  const broker = await fixture.openBroker({ url: proxy.url(fixture.server.url) });
  await proxy.end();
  const subscription = broker.subscribe(fixture.queue, { onDelivery() {}, onLost() {} });
  const resumed = subscription.resume(1);
  await subscription.close();
  await resumed;
});
