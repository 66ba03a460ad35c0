/** Queues whose worker throws PauseQueue, on RabbitMQ. */

import assert from "node:assert/strict";
import { PauseQueue } from "../../../../lib/worker.ts";
import { type QueueFixture, queueTest } from "../../../fixtures/rabbitmq/queue_fixture.ts";
import { until } from "../../../fixtures/until.ts";

const EVENTS = Array.from({ length: 30 }, (_, n) => n);

async function publishTo({ client, queue }: QueueFixture, args: object): Promise<void> {
  await client.channel.assertQueue(queue, { durable: true, arguments: args });
  for (const n of EVENTS) await client.publish(queue, String(n));
}

const away = (seconds: number) => new PauseQueue({ reason: "SMTP", seconds });

for (const type of ["classic", "quorum"]) {
  queueTest(
    `a ${type} queue that waits gives its events to others, in their order`,
    async (fixture) => {
      await publishTo(fixture, { "x-queue-type": type });
      const engine = await fixture.start({
        prefetch: 20,
        consume: () => {
          throw away(600);
        },
      });
      await engine.untilSettled("released", 1);
      assert.deepEqual(engine.events, [0]);
      await until("all are back", async () => {
        return await fixture.client.ready(fixture.queue) === EVENTS.length;
      });
      const other = await fixture.start({ broker: await fixture.openBroker() });
      await other.untilSettled("processed", EVENTS.length);
      // A quorum queue without a delivery limit puts what is returned to its end.
      const first = type === "classic" ? 0 : Number(other.events[0]);
      assert.deepEqual(other.events, [...EVENTS.slice(first), ...EVENTS.slice(0, first)]);
      assert.equal(engine.consumer.waitingFor, "SMTP");
      assert(other.ledger.every(({ attempt }) => attempt === 1));
    },
  );
}

queueTest(
  "40 pauses cost no event of a queue with a delivery limit, and each takes one event",
  async (fixture) => {
    await publishTo(fixture, { "x-queue-type": "quorum", "x-delivery-limit": 6 });
    let [pauses, thrown, isAway] = [0, 0, true];
    const engine = await fixture.start({
      concurrency: 4,
      prefetch: EVENTS.length,
      consume: () => {
        if (!isAway) return;
        thrown++;
        throw away(600);
      },
      after: (_ms, end) => {
        isAway = ++pauses < 40;
        const timer = setTimeout(end, 0);
        return () => clearTimeout(timer);
      },
    });
    await engine.untilSettled("processed", EVENTS.length);
    const done = engine.events.slice(thrown);
    assert.deepEqual(done.toSorted((a, b) => Number(a) - Number(b)), EVENTS);
    assert.equal(pauses, 40);
    // The first pause is of the events that ran at once.
    assert(thrown >= pauses && thrown < pauses + 4, `${thrown} events have thrown`);
    await until("the queue is empty", async () => {
      return (await fixture.client.channel.checkQueue(fixture.queue)).messageCount === 0;
    });
    assert.deepEqual(engine.consumer.totals, {
      processed: EVENTS.length,
      retried: 0,
      failed: 0,
    });
  },
);
