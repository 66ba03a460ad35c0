/** The clock of RabbitMQ's host, where the broker stamps events, as an interceptor does. */
import assert from "node:assert/strict";
import type { Buffer } from "node:buffer";
import amqplib, { type ChannelModel, type Options } from "amqplib";
import { brokerClock, stampIn } from "../../../../lib/engine/broker/rabbitmq/clock.ts";
import { addressOf } from "../../../../lib/engine/broker/rabbitmq/errors.ts";
import { openRabbitmq } from "../../../../lib/engine/broker/rabbitmq/rabbitmq.ts";
import { rabbitmqTest } from "../../../servers.ts";

/** The stamps of events, as they arrive: the header in ms is the more exact. */
const STAMPS: readonly [properties: Parameters<typeof stampIn>[0], at: unknown][] = [
  [{ headers: {}, timestamp: undefined }, undefined],
  [{ headers: undefined, timestamp: undefined }, undefined],
  [{ headers: {}, timestamp: 1_700_000_000 }, { at: 1_700_000_000_000, roundedMs: 1000 }],
  [{ headers: { timestamp_in_ms: 1_700_000_000_123 }, timestamp: 1_700_000_000 }, {
    at: 1_700_000_000_123,
  }],
  [{ headers: { timestamp_in_ms: "soon" }, timestamp: undefined }, undefined],
];

Deno.test("the time of RabbitMQ's host is read from an event that it has stamped", () => {
  for (const [properties, at] of STAMPS) assert.deepEqual(stampIn(properties), at);
});

/** A connection whose events come back as from a broker that stamps them. */
function stamping(model: ChannelModel, stamp: () => Options.Publish): ChannelModel {
  const createConfirmChannel = async () => {
    const channel = await model.createConfirmChannel();
    const publish = channel.publish.bind(channel);
    return Object.assign(channel, {
      publish: (exchange: string, key: string, body: Buffer) =>
        publish(exchange, key, body, stamp()),
    });
  };
  return { createConfirmChannel } as ChannelModel;
}

rabbitmqTest(
  "the clock of a broker that stamps events is compared with this host's",
  async ({ url }) => {
    const model = await amqplib.connect(url);
    try {
      const stamps: readonly [stamp: () => Options.Publish, most: number][] = [
        [() => ({ timestamp: Math.floor((Date.now() + 60_000) / 1000) }), 600],
        [() => ({ headers: { timestamp_in_ms: Date.now() + 60_000 } }), 100],
      ];
      for (const [stamp, most] of stamps) {
        const reading = await brokerClock(stamping(model, stamp), addressOf(url));
        assert(reading);
        const { aheadMs, uncertainMs } = reading;
        assert(Math.abs(aheadMs - 60_000) <= uncertainMs + 1, `${aheadMs} ± ${uncertainMs}`);
        assert(uncertainMs >= most - 100);
      }
    } finally {
      await model.close();
    }
  },
);

rabbitmqTest("a broker that stamps no events tells no time, and no queue stays", async (server) => {
  const queues = async () => (await server.ctl("list_queues", "-q", "name")).trim();
  const before = await queues();
  await using broker = await openRabbitmq({ url: server.url });
  assert.equal(await broker.clock?.(), undefined);
  assert.equal(await queues(), before);
});
