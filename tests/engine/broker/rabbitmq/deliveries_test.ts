/**
 * Deliveries and acknowledgements on RabbitMQ: nothing is lost, and nothing runs twice at a time.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { Fail, RetryLater } from "../../../../lib/worker.ts";
import { failOnce, gate } from "../../../fixtures/rabbitmq/handlers.ts";
import { METHOD } from "../../../fixtures/rabbitmq/proxy.ts";
import { QueueFixture, queueTest } from "../../../fixtures/rabbitmq/queue_fixture.ts";
import { until } from "../../../fixtures/until.ts";

const COPIES: readonly [title: string, thrown: Error, copies: string][] = [
  ["retry", new RetryLater({ after: 60 }), "retry.60s"],
  ["dead letter", new Fail("never"), "failed"],
];
for (const [title, thrown, copies] of COPIES) {
  queueTest(`a ${title} is confirmed before the original is acknowledged`, async (fixture) => {
    await assertConfirmedFirst(fixture, thrown, copies);
  });
}

/** The event of which the broker cannot confirm the copy is not acknowledged. */
async function assertConfirmedFirst(
  fixture: QueueFixture,
  thrown: Error,
  copies: string,
): Promise<void> {
  const proxy = fixture.proxy();
  const broker = await fixture.openBroker({ url: proxy.url(fixture.server.url) });
  const last = gate();
  const engine = await fixture.start({
    broker,
    consume: async (event) => {
      if (event === "last") await last.opened;
      throw thrown;
    },
  });
  await fixture.client.publish(fixture.queue, '"first"');
  await until("the first was acknowledged", () => proxy.count(METHOD.basicAck) === 1);
  await fixture.client.publish(fixture.queue, '"last"');
  await engine.untilRan(2);
  proxy.silence();
  last.open();
  const queue = `${fixture.queue}.${copies}`;
  await until("the copy is there", async () => await fixture.client.ready(queue) === 2);
  assert.equal(proxy.count(METHOD.basicAck), 1);
  const unacknowledged = await fixture.listQueues("messages_unacknowledged");
  assert.deepEqual(unacknowledged, ["Q\t1", `Q.${copies}\t0`]);
  proxy.cut();
}

queueTest(
  "an event that comes again while it runs is not started beside itself",
  async (fixture) => {
    const first = gate();
    const proxy = fixture.proxy();
    const broker = await fixture.openBroker({ url: proxy.url(fixture.server.url) });
    await fixture.client.channel.assertQueue(fixture.queue);
    const engine = await fixture.start({
      broker,
      concurrency: 2,
      consume: (event) => event === "same" ? first.opened : undefined,
    });
    await fixture.client.publish(fixture.queue, '"same"', { messageId: "1" });
    await engine.untilRan(1);
    proxy.cut();
    await fixture.client.publish(fixture.queue, '"other"', { messageId: "2" });
    await engine.untilSettled("processed", 1);
    assert.deepEqual(engine.events, ["same", "other"]);
    first.open();
    await engine.untilSettled("processed", 2);
    assert.deepEqual(engine.events, ["same", "other"]);
    await engine.stop();
    assert.equal(await fixture.client.ready(fixture.queue), 0);
  },
);

queueTest(
  "cutting the connection at any frame loses nothing and parks no queue",
  async (fixture) => {
    await Promise.all(Array.from({ length: 40 }, (_, i) => runWithCut(fixture, i + 1)));
  },
);

/** Three events that fail once, while the connections are cut at the frame of that number. */
async function runWithCut({ server }: QueueFixture, cutAt: number): Promise<void> {
  await using fixture = await QueueFixture.open(server, "cut");
  const proxy = fixture.proxy();
  const broker = await fixture.openBroker({ url: proxy.url(server.url) });
  await fixture.client.channel.assertQueue(fixture.queue);
  for (const event of [1, 2, 3]) {
    await fixture.client.publish(fixture.queue, String(event), { messageId: `m${event}` });
  }
  let frames = 0;
  proxy.onMethod = () => {
    if (++frames === cutAt) proxy.cut();
  };
  const engine = await fixture.start({ broker, consume: failOnce, prefetch: 2 });
  await until(
    `all ran a second time, cut at frame ${cutAt}: ${JSON.stringify(engine.ledger)}`,
    () =>
      new Set(engine.ledger.filter((run) => run.attempt > 1).map((run) => run.event)).size === 3,
    20,
  );
  await until("all was acknowledged", async () => await fixture.client.ready(fixture.queue) === 0);
  const complaints = engine.notices.filter((text) => /parked|error:/.test(text));
  assert.deepEqual(complaints, [], `cut at frame ${cutAt}`);
}

queueTest(
  "an event that comes again while its copy waits to be stored is not lost",
  async (fixture) => {
    const proxy = fixture.proxy();
    const broker = await fixture.openBroker({ url: proxy.url(fixture.server.url) });
    const first = gate();
    const engine = await fixture.start({
      broker,
      consume: async (event, context) => {
        await first.opened;
        failOnce(event, context);
      },
    });
    await fixture.client.publish(fixture.queue, "1", { messageId: "m" });
    await engine.untilRan(1);
    proxy.refusing = /\(publish\)/;
    const cutAndComeAgain = async () => {
      const consumed = proxy.count(METHOD.basicConsume);
      proxy.cut();
      await until("it consumes again", () => proxy.count(METHOD.basicConsume) > consumed);
      await until(
        "it is out again",
        async () =>
          (await fixture.listQueues("messages_unacknowledged", "consumers"))[0] === "Q\t1\t1",
      );
    };
    await cutAndComeAgain();
    first.open();
    const retry = `${fixture.queue}.retry.1s`;
    await until("the copy waits", async () => await fixture.client.ready(retry) === 0);
    await cutAndComeAgain();
    proxy.refusing = undefined;
    await until("it ran a second time", () => engine.ledger.some(({ attempt }) => attempt === 2));
    assert.deepEqual(engine.notices.filter((text) => text.includes("parked")), []);
  },
);

queueTest("acknowledgements are sent in multiples", async (fixture) => {
  const proxy = fixture.proxy();
  const broker = await fixture.openBroker({ url: proxy.url(fixture.server.url) });
  await fixture.client.channel.assertQueue(fixture.queue);
  for (let i = 0; i < 2000; i++) {
    fixture.client.channel.sendToQueue(fixture.queue, Buffer.from(String(i)));
  }
  await fixture.client.channel.waitForConfirms();
  const engine = await fixture.start({ broker });
  await engine.untilSettled("processed", 2000);
  await engine.stop();
  assert.equal(await fixture.client.ready(fixture.queue), 0);
  const acks = proxy.count(METHOD.basicAck);
  assert.ok(acks <= 200, `${acks} acknowledgements for 2000 events`);
});

queueTest("an acknowledgement in multiples covers no event that still runs", async (fixture) => {
  const slow = gate();
  const engine = await fixture.start({
    concurrency: 4,
    prefetch: 20,
    consume: async (event) => {
      if (event === 0) await slow.opened;
    },
  });
  for (let i = 0; i < 200; i++) await fixture.client.publish(fixture.queue, String(i));
  await engine.untilSettled("processed", 199);
  assert.notDeepEqual(await fixture.listQueues("messages_unacknowledged"), ["Q\t0"]);
  await engine.stop(0);
  // A process that ends closes its connections.
  await (await fixture.broker())[Symbol.asyncDispose]();
  const back = await until("it is back", () => fixture.client.take(fixture.queue));
  assert.equal(back.content.toString(), "0");
  assert.equal(await fixture.client.take(fixture.queue), undefined);
  slow.open();
});

queueTest("an event that a stopping process releases is not counted", async (fixture) => {
  const never = gate();
  const broker = await fixture.openBroker({ queueType: "quorum" });
  const first = await fixture.start({ broker, consume: () => never.opened });
  await fixture.client.publish(fixture.queue, "1");
  await first.untilRan(1);
  await first.stop(0);
  // A process that ends closes its connections.
  await broker[Symbol.asyncDispose]();
  const second = await fixture.start();
  await second.untilSettled("processed", 1);
  assert.deepEqual(second.ledger, [{ event: 1, attempt: 1 }]);
  never.open();
});

queueTest(
  "what waits too long for its turn goes to another process, uncounted",
  async (fixture) => {
    const never = gate();
    const busy = await fixture.start({
      limits: { windowSeconds: 1 },
      consume: () => never.opened,
    });
    for (let i = 0; i < 5; i++) await fixture.client.publish(fixture.queue, String(i));
    await busy.untilRan(1);
    const idle = await fixture.start({ broker: await fixture.openBroker() });
    await until("the other process ran the rest", () => new Set(idle.events).size === 4);
    assert.ok(idle.ledger.every(({ attempt }) => attempt === 1));
    assert.deepEqual(busy.events, [0]);
    never.open();
    await busy.untilSettled("processed", 1);
  },
);

queueTest("no more bytes wait here than the window may have", async (fixture) => {
  const first = gate();
  await fixture.client.channel.assertQueue(fixture.queue);
  const body = JSON.stringify("x".repeat(1_000_000));
  for (let i = 0; i < 20; i++) await fixture.client.publish(fixture.queue, body);
  const engine = await fixture.start({
    limits: { windowBytes: 4_100_000 },
    consume: () => first.opened,
  });
  await engine.untilRan(1);
  await until("the rest is back", async () => await fixture.client.ready(fixture.queue) === 16);
  assert.equal(engine.consumer.inFlight, 4);
  first.open();
  await engine.untilSettled("processed", 20);
  assert.equal(engine.ledger.length, 20);
});
