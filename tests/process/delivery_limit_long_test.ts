/** A quorum queue with RabbitMQ 4's delivery limit, and processes or connections that end again and again. */

import { type ProgramFixture, programTest } from "../fixtures/process/program_fixture.ts";
import { untilAborted } from "../fixtures/rabbitmq/handlers.ts";
import { type QueueFixture, queueTest } from "../fixtures/rabbitmq/queue_fixture.ts";
import { until } from "../fixtures/until.ts";

const TIMES = 25;
const EVENTS = Array.from({ length: 100 }, (_, n) => n);

/** Makes the queue of a fixture with the limit that RabbitMQ 4 gives it by itself. */
async function makeLimited({ client, queue }: ProgramFixture | QueueFixture): Promise<void> {
  const args = { "x-queue-type": "quorum", "x-delivery-limit": 20 };
  await client.channel.assertQueue(queue, { durable: true, arguments: args });
}

programTest("25 SIGKILLs cost no event of a queue with a delivery limit", async (fixture) => {
  await fixture.worker({ retries: [1, 1, 1, 1, 1] });
  await makeLimited(fixture);
  const file = `${fixture.folder}/go`;
  for (const n of EVENTS) {
    await fixture.client.publish(fixture.queue, JSON.stringify({ n, do: "wait", file }));
  }
  for (let i = 0; i < TIMES; i++) {
    const program = fixture.consume();
    const { length } = fixture.ledger;
    await fixture.untilWritten("started", length + 1);
    program.signal("SIGKILL");
    await program.end();
  }
  await fixture.write("go", "");
  // What ended its process alone has used up an attempt, and waits for its retry or has failed.
  await until("every event is processed or dead-lettered", async () => {
    await fixture.drain();
    const done = new Set(fixture.ledgerOf("done", "n"));
    const failed = await fixture.client.ready(`${fixture.queue}.failed`) ?? 0;
    return done.size + failed >= EVENTS.length;
  });
});

queueTest("25 cut connections cost no event of a queue with a delivery limit", async (fixture) => {
  await makeLimited(fixture);
  for (const n of EVENTS) await fixture.client.publish(fixture.queue, String(n));
  const proxy = fixture.proxy();
  const broker = await fixture.openBroker({ url: proxy.url(fixture.server.url) });
  let isOpen = false;
  const engine = await fixture.start({
    broker,
    concurrency: 10,
    prefetch: EVENTS.length,
    consume: (_, { signal }) => isOpen ? undefined : untilAborted(signal),
  });
  for (let i = 0; i < TIMES; i++) {
    await until("events are taken", () => engine.consumer.inFlight === EVENTS.length);
    proxy.cut();
    await until("the loss is noticed", () => !broker.isThere);
    await until("it is connected again", () => broker.isThere);
  }
  await engine.stop(0);
  isOpen = true;
  const last = await fixture.start({ broker });
  // A connection that is cut between a copy and the acknowledgement leaves two of an event.
  await until("each event ran", () => new Set(last.events).size === EVENTS.length);
});
