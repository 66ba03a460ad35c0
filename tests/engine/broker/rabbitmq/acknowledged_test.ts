/**
 * Acknowledgements shortly before a channel closes.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Delivery } from "../../../../lib/engine/broker/broker.ts";
import { SentCommands } from "../../../../lib/engine/broker/rabbitmq/acknowledged.ts";
import { queueTest } from "../../../fixtures/rabbitmq/queue_fixture.ts";
import { until } from "../../../fixtures/until.ts";

const ROWS: readonly [commands: number, everyMs: number, thenMs: number, kept: boolean][] = [
  [32, 0, 0, false],
  [33, 0, 0, true],
  [33, 0, 999, true],
  [33, 0, 1000, false],
  [40, 500, 0, true],
  [40, 1000, 0, false],
];
for (const [commands, everyMs, thenMs, kept] of ROWS) {
  const title = `${commands} commands, one every ${everyMs} ms, ${thenMs} ms ago`;
  Deno.test(`${title} ${kept ? "may be" : "are not"} kept back`, () => {
    let now = 0;
    const sent = new SentCommands(() => now);
    for (let count = 0; count < commands; count++, now += everyMs) sent.sent();
    now += thenMs - everyMs;
    assert.equal(sent.mayBeKeptBack, kept);
  });
}

queueTest(
  "a quorum queue has all acknowledgements before its subscription closes",
  async (fixture) => {
    const { queue, client } = fixture;
    await client.channel.assertQueue(queue, { arguments: { "x-queue-type": "quorum" } });
    for (let event = 0; event < 200; event++) await client.publish(queue, `${event}`);
    const deliveries: Delivery[] = [];
    const subscription = (await fixture.broker()).subscribe(queue, {
      onDelivery: (delivery) => void deliveries.push(delivery),
      onLost() {},
    });
    await subscription.resume(200);
    await until("all are delivered", () => deliveries.length === 200);
    await subscription.pause();
    for (const delivery of deliveries.slice(1)) {
      void subscription.settle(delivery, { kind: "done" });
    }
    await subscription.close();
    await until("the first has returned", async () => (await client.ready(queue) ?? 0) > 0);
    assert.equal(await client.ready(queue), 1);
  },
);
