/**
 * What only RabbitMQ has when a queue is sifted: consumers and their bounds, delivery counts, locks that
 * end with their connection.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Broker } from "../../../../lib/engine/broker/broker.ts";
import type { Decide, SiftOptions } from "../../../../lib/engine/broker/sift.ts";
import { METHOD } from "../../../fixtures/rabbitmq/proxy.ts";
import { type QueueFixture, queueTest } from "../../../fixtures/rabbitmq/queue_fixture.ts";
import { withUser } from "../../../fixtures/rabbitmq/users.ts";
import { until } from "../../../fixtures/until.ts";
import { bodiesIn, textOf, untilReady } from "../conformance/taker.ts";

const COUNT = 40;
const NUMBERS = Array.from({ length: COUNT }, (_, i) => i);

const isDropped = (number: number) => number % 4 === 1;
const dropping: Decide = ({ body }) => isDropped(Number(textOf(body))) ? { drop: true } : "keep";

/** A queue with the numbers in it. */
async function filled(
  { client, queue }: QueueFixture,
  args: Record<string, unknown> = {},
): Promise<void> {
  await client.channel.assertQueue(queue, { arguments: args });
  for (const number of NUMBERS) await client.publish(queue, String(number));
}

/** Sifts, and counts how often each event was looked at. */
async function sifted(broker: Broker, queue: string, options: SiftOptions = {}) {
  const looks = new Map<string, number>();
  const result = await broker.sift(queue, (event) => {
    const body = textOf(event.body);
    looks.set(body, (looks.get(body) ?? 0) + 1);
    return dropping(event);
  }, { countsDelivery: true, ...options });
  return { result, looks: [...looks.values()] };
}

for (const type of ["classic", "quorum"]) {
  queueTest(
    `behind what one consumer of a ${type} queue may hold, the next goes on`,
    async (fixture) => {
      const { queue } = fixture;
      await filled(fixture, { "x-queue-type": type });
      const broker = await fixture.openBroker({ sift: { quorumPrefetch: 7 } });
      const { result, looks } = await sifted(broker, queue);
      assert.deepEqual(result, { scanned: COUNT, of: COUNT, removed: 10, complete: true });
      assert.deepEqual(looks, NUMBERS.map(() => 1));
      await untilReady(broker, queue, COUNT - 10);
      const kept = NUMBERS.filter((number) => !isDropped(number)).map(String);
      assert.deepEqual(await bodiesIn(broker, queue), kept);
    },
  );
}

queueTest("events that were held for long are returned and looked at again", async (fixture) => {
  const { queue } = fixture;
  await filled(fixture, { "x-queue-type": "quorum" });
  const broker = await fixture.openBroker({ sift: { quorumPrefetch: 7, holdMs: 0 } });
  const { result, looks } = await sifted(broker, queue);
  // Seven in each pass; the second, which has nothing to remove, is the last.
  assert.deepEqual(result, { scanned: 9, of: COUNT, removed: 2, complete: false });
  assert.deepEqual(looks.slice(0, 7), [2, 1, 2, 2, 2, 1, 2]);
  assert.equal(looks.length, 9);
  await untilReady(broker, queue, COUNT - 2);
});

queueTest("a sift ends where others take the events that it waits for", async (fixture) => {
  const { queue, client } = fixture;
  await filled(fixture);
  const proxy = fixture.proxy();
  const broker = await fixture.openBroker({ url: proxy.url(fixture.server.url) });
  let purged: Promise<unknown> | undefined;
  // The connection of the sift, which begins when the events were counted.
  proxy.onMethod = (...method) => {
    if (String(method) === String(METHOD.connectionStartOk)) {
      purged ??= client.channel.purgeQueue(queue);
    }
  };
  const { result } = await sifted(broker, queue);
  await purged;
  assert.deepEqual([result.of, result.complete], [COUNT, true]);
  assert.equal(await client.ready(queue), 0);
});

queueTest("a sift whose connection is lost has lost nothing", async (fixture) => {
  const { queue } = fixture;
  await filled(fixture);
  const proxy = fixture.proxy();
  const broker = await fixture.openBroker({ url: proxy.url(fixture.server.url) });
  proxy.onMethod = (...method) => {
    if (String(method) === String(METHOD.basicAck)) proxy.cut();
  };
  const { failure, ...result } = await broker.sift(queue, dropping);
  assert.deepEqual([result.complete, result.removed], [false, 0]);
  assert.match((failure as Error).message, /^Queue \S+ cannot be used now/);
  const bare = await fixture.openBroker();
  // What was acknowledged while the connection was cut may be gone or not.
  await until("they are back", async () => ((await bare.depth(queue))?.ready ?? 0) >= COUNT - 10);
  const left = await bodiesIn(bare, queue);
  const kept = NUMBERS.filter((number) => !isDropped(number)).map(String);
  assert.deepEqual(left.filter((body) => kept.includes(body)), kept);
});

queueTest("a quorum queue with a delivery limit is looked at only on request", async (fixture) => {
  const { queue } = fixture;
  await filled(fixture, { "x-queue-type": "quorum", "x-delivery-limit": 30 });
  const broker = await fixture.broker();
  await assert.rejects(broker.sift(queue, dropping), {
    kind: "refused",
    message: new RegExp(
      `^Queue ${queue} has a delivery limit of 30, .* is dropped\\. Lift the limit with rabbitmqctl ` +
        `set_policy --apply-to queues lift '\\^${queue}\\$' '{"delivery-limit":-1}', and look with ` +
        `--count-a-delivery$`,
    ),
  });
  const { result } = await sifted(broker, queue);
  assert.equal(result.removed, 10);
  await assert.rejects(broker.peek(queue, 5, { countsDelivery: false }), {
    kind: "refused",
    message:
      /^Queue \S+ is a quorum queue, .* look with rabbitmq-queues peek, or with --count-a-delivery$/,
  });
  await untilReady(broker, queue, COUNT - 10);
  for (let look = 1; look < 10; look++) {
    assert.equal((await broker.peek(queue, 100, { countsDelivery: true })).length, COUNT - 10);
    await untilReady(broker, queue, COUNT - 10);
  }
  await assert.rejects(broker.peek(queue, 1, { countsDelivery: true }), {
    kind: "refused",
    message: /^The first event of \S+ was delivered 10 times already, and each look is one more/,
  });
  await untilReady(broker, queue, COUNT - 10);
});

queueTest("a peek at a consumed queue changes nothing in how its events run", async (fixture) => {
  const { queue, client } = fixture;
  const broker = await fixture.broker();
  await filled(fixture);
  assert.equal((await broker.peek(queue, 10, { countsDelivery: false })).length, 10);
  await untilReady(broker, queue, COUNT);
  const engine = await fixture.start();
  await engine.untilSettled("processed", COUNT);
  assert.deepEqual(engine.events, NUMBERS);
  assert.deepEqual(engine.notices, []);
  assert.equal(await client.ready(queue), 0);
});

queueTest("a stream is neither sifted nor peeked at", async (fixture) => {
  const { queue, client } = fixture;
  await client.channel.assertQueue(queue, { arguments: { "x-queue-type": "stream" } });
  const broker = await fixture.broker();
  const expected = { kind: "refused", message: /is a stream, whose events cannot be taken/ };
  await assert.rejects(broker.sift(queue, dropping), expected);
  await assert.rejects(broker.peek(queue, 1, { countsDelivery: true }), expected);
});

queueTest("a lock ends with the connection that holds it", async (fixture) => {
  const { queue } = fixture;
  const proxy = fixture.proxy();
  const broker = await fixture.openBroker({ url: proxy.url(fixture.server.url) });
  const other = await fixture.openBroker();
  await broker.lock(queue, "the first");
  await assert.rejects(other.lock(queue, "the second"), { kind: "locked" });
  proxy.cut();
  const lock = await until("it is free", () => other.lock(queue, "the second").catch(() => false));
  await assert.rejects(broker.lock(queue, "the first"), /: the second\. Wait/);
  assert(typeof lock === "object");
  await lock[Symbol.asyncDispose]();
});

queueTest("without the permission to lock, a command goes on with a warning", async (fixture) => {
  const { queue } = fixture;
  await filled(fixture);
  await withUser(fixture, ["^$", ".*", ".*"], async (url) => {
    const broker = await fixture.openBroker({ url });
    await using _lock = await broker.lock(queue, "failed drop");
    assert.match(
      fixture.notices.at(-1) ?? "",
      /^warning: The events of queue \S+ are not locked, so another command may have them .*: User \S+ may not/,
    );
    // Nor can its type be found out.
    const { result } = await sifted(broker, queue);
    assert.equal(result.removed, 10);
    await untilReady(broker, queue, COUNT - 10);
    await broker[Symbol.asyncDispose]();
  });
});

queueTest("the last events, behind what was removed before, leave too", async (fixture) => {
  const { queue } = fixture;
  for (const behind of [1, 3]) {
    await filled(fixture, { "x-queue-type": "quorum" });
    const broker = await fixture.openBroker({ sift: { quorumPrefetch: COUNT - behind } });
    const options = { countsDelivery: true };
    const result = await broker.sift(queue, () => ({ drop: true }), options);
    assert.deepEqual(result, { scanned: COUNT, of: COUNT, removed: COUNT, complete: true });
    await untilReady(broker, queue, 0);
  }
});
