/**
 * Queues with which the program cannot keep its promises.
 *
 * @module
 */

import assert from "node:assert/strict";
import { lossesOf, whyUnusable } from "../../../../lib/engine/broker/rabbitmq/fitness.ts";
import {
  argumentsOf,
  isQuorumQueue,
  learned,
} from "../../../../lib/engine/broker/rabbitmq/queue_arguments.ts";
import { until } from "../../../fixtures/until.ts";
import { queueTest } from "../../../fixtures/rabbitmq/queue_fixture.ts";

const PLAIN = { durable: true, autoDelete: false, args: {} };

const UNUSABLE: readonly [
  name: string,
  found: Partial<typeof PLAIN>,
  problem: RegExp | undefined,
][] = [
  ["a classic queue", {}, undefined],
  ["a quorum queue", { args: { "x-queue-type": "quorum" } }, undefined],
  ["a queue with one active consumer", { args: { "x-single-active-consumer": true } }, undefined],
  [
    "a stream",
    { args: { "x-queue-type": "stream" } },
    /^Queue q is a stream: .*to a classic or quorum queue$/,
  ],
  [
    "a queue of MQTT",
    { args: { "x-queue-type": "rabbit_mqtt_qos0_queue" } },
    /^Queue q is of type rabbit_mqtt/,
  ],
  [
    "an auto-delete queue",
    { autoDelete: true },
    /^Queue q is deleted with its events when .*declare it without auto-delete$/,
  ],
];

for (const [name, found, problem] of UNUSABLE) {
  Deno.test(`${name} is ${problem ? "refused" : "used"}`, () => {
    const message = whyUnusable("q", { ...PLAIN, ...found });
    if (problem) assert.match(message ?? "", problem);
    else assert.equal(message, undefined);
  });
}

const LOSSES: readonly [found: Partial<typeof PLAIN>, losses: readonly RegExp[]][] = [
  [{}, []],
  [{ durable: false }, [/when RabbitMQ restarts/]],
  [{ args: { "x-message-ttl": 5 } }, [/wait for 5 ms/]],
  [{ args: { "x-expires": 6 } }, [/nothing consumes it for 6 ms/]],
  [{ args: { "x-max-length": 7 } }, [/the oldest when it is full/]],
  [{ args: { "x-max-length-bytes": 7, "x-overflow": "drop-head" } }, [/the oldest/]],
  [{ args: { "x-max-length": 7, "x-overflow": "reject-publish" } }, []],
  [{ args: { "x-message-ttl": 5, "x-expires": 6 } }, [/x-message-ttl/, /x-expires/]],
];

for (const [found, losses] of LOSSES) {
  Deno.test(`${losses.length} losses of a queue with ${JSON.stringify(found)} are known`, () => {
    const phrases = lossesOf({ ...PLAIN, ...found });
    assert.equal(phrases.length, losses.length);
    losses.forEach((loss, index) => assert.match(phrases[index] ?? "", loss));
  });
}

Deno.test("learned knows nothing from a refusal of another kind", () => {
  assert.equal(learned(PLAIN, "403 (ACCESS-REFUSED)"), undefined);
});

const DECLARED: readonly Record<string, unknown>[] = [
  {},
  { "x-queue-type": "quorum", "x-delivery-limit": 7, "x-max-length": 9 },
  { "x-queue-type": "stream", "x-max-length-bytes": 1_000_000 },
  {
    "x-message-ttl": 60_000,
    "x-expires": 3_600_000,
    "x-overflow": "reject-publish",
    "x-dead-letter-exchange": "elsewhere",
    "x-max-priority": 3,
    "x-single-active-consumer": true,
  },
];

for (const args of DECLARED) {
  queueTest(`the arguments ${JSON.stringify(args)} are found out`, async ({ client, queue }) => {
    await client.channel.assertQueue(queue, { arguments: args });
    assert.deepEqual(await argumentsOf(client.model, queue), { ...PLAIN, args });
  });
}

queueTest("a queue that is not durable and auto-delete is found out", async ({ client, queue }) => {
  await client.channel.assertQueue(queue, { durable: false, autoDelete: true });
  const expected = { durable: false, autoDelete: true, args: {} };
  assert.deepEqual(await argumentsOf(client.model, queue), expected);
});

for (const type of ["classic", "quorum"]) {
  queueTest(
    `the failed queue of a ${type} queue is a ${type} queue, whoever made that`,
    async (fixture) => {
      const { client, queue } = fixture;
      await client.channel.assertQueue(queue, { arguments: { "x-queue-type": type } });
      await client.publish(queue, "not JSON");
      const engine = await fixture.start();
      await engine.untilSettled("failed", 1);
      assert.equal(await isQuorumQueue(client.model, `${queue}.failed`), type === "quorum");
      assert.deepEqual(await (await fixture.broker()).doubtsAbout?.(queue), []);
    },
  );
}

queueTest("a classic failed queue of a quorum queue is used, and doubted", async (fixture) => {
  const { client, queue } = fixture;
  await client.channel.assertQueue(queue, { arguments: { "x-queue-type": "quorum" } });
  await client.channel.assertQueue(`${queue}.failed`);
  await client.publish(queue, "not JSON");
  const engine = await fixture.start();
  await engine.untilSettled("failed", 1);
  const doubts = await (await fixture.broker()).doubtsAbout?.(queue) ?? [];
  assert.deepEqual(doubts.map(({ isRefused }) => isRefused), [false]);
  assert.match(doubts[0]?.message ?? "", /\.failed is a classic queue, which is on one node only/);
});

queueTest(
  "a question about the type of a queue that is not there makes none",
  async ({ client, queue }) => {
    assert.equal(await isQuorumQueue(client.model, queue), undefined);
    assert.equal(await client.ready(queue), undefined);
  },
);

queueTest("a stream is refused at the start", async (fixture) => {
  const { client, queue } = fixture;
  await client.channel.assertQueue(queue, { arguments: { "x-queue-type": "stream" } });
  await client.publish(queue, "1");
  await assert.rejects(fixture.start(), { kind: "topology", message: /is a stream/ });
});

queueTest("a queue that drops events is consumed, with a warning", async (fixture) => {
  const { client, queue } = fixture;
  await client.channel.assertQueue(queue, { arguments: { "x-max-length": 5 } });
  await client.publish(queue, "1");
  const engine = await fixture.start();
  await engine.untilRan(1);
  const doubts = await (await fixture.broker()).doubtsAbout?.(queue) ?? [];
  assert.match(doubts[0]?.message ?? "", /^Queue .* loses events that have not run, the oldest/);
  assert.match(
    fixture.notices.join("\n"),
    new RegExp(
      `^warning: Queue ${queue} loses events that have not run, the oldest when it is full`,
    ),
  );
});

queueTest("a queue is warned of once, however often it is tried", async (fixture) => {
  const { client, queue } = fixture;
  await client.channel.assertQueue(queue, { arguments: { "x-max-length": 5 } });
  const { consumerTag } = await client.channel.consume(queue, () => {}, { exclusive: true });
  const starting = fixture.start();
  const count = (words: string) => fixture.notices.filter((text) => text.includes(words)).length;
  await until("it was tried", () => count("is consumed by another program") > 0);
  await client.channel.cancel(consumerTag);
  await starting;
  assert.equal(count("loses events that have not run"), 1);
});
