/**
 * Publishing, on every broker.
 *
 * @module
 */

import assert from "node:assert/strict";
import { BrokerError } from "../../../../lib/engine/broker/broker.ts";
import {
  assertPublishersProperties,
  type BrokerTests,
  bytesOf,
  DONE,
  PROPERTIES,
  Taker,
  textOf,
  untilReady,
  withoutUndefined,
} from "./taker.ts";

/** Tests by what they assert. */
export const PUBLISHING: BrokerTests = {
  "a body comes out byte for byte, whatever bytes it has": async (broker, queue) => {
    await broker.declare(queue);
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    const bodies = [all, new Uint8Array(), "grüße \u{1f600}\0", "x".repeat(300_000)];
    for (const body of bodies) await broker.publish(queue, body);
    const taker = await Taker.start(broker, queue, 10);
    await taker.delivery(bodies.length - 1);
    assert.deepEqual(
      taker.deliveries.map(({ body }) => bytesOf(body)),
      bodies.map(bytesOf),
    );
    assert.deepEqual(taker.deliveries.map(({ redelivered }) => redelivered), Array(4).fill(false));
    await taker.subscription.close();
  },

  "a part of a larger buffer is published as that part alone": async (broker, queue) => {
    await broker.declare(queue);
    const whole = new TextEncoder().encode("one two three");
    await broker.publish(queue, whole.subarray(4, 7));
    whole.fill(0);
    const [event] = await broker.peek(queue, 1);
    assert.equal(textOf(event?.body ?? ""), "two");
  },

  "properties and headers come out as they went in": async (broker, queue) => {
    await broker.declare(queue);
    await broker.publish(queue, "1", PROPERTIES);
    const taker = await Taker.start(broker, queue, 1);
    const { properties } = await taker.delivery(0);
    assertPublishersProperties(properties);
    await taker.subscription.close();
  },

  "an event without properties has none": async (broker, queue) => {
    await broker.declare(queue);
    await broker.publish(queue, "1");
    const [event] = await broker.peek(queue, 1);
    const { headers = {}, ...rest } = withoutUndefined(event?.properties ?? {});
    const names = Object.keys(headers as object).filter((name) => name !== "x-delivery-count");
    assert.deepEqual([rest, names], [{}, []]);
  },

  "an event with a delay waits, and is ready after it": async (broker, queue) => {
    await broker.declare(queue);
    const now = Date.now();
    await broker.publishLater(queue, "later", PROPERTIES, 1);
    await broker.publish(queue, "now");
    assert.equal(textOf((await broker.peek(queue, 1))[0]?.body ?? ""), "now");
    const taker = await Taker.start(broker, queue, 10);
    const { body, properties } = await taker.delivery(1);
    assert.equal(textOf(body ?? ""), "later");
    assert(Date.now() - now >= 990, "it did not wait");
    assert.equal(properties.messageId, PROPERTIES.messageId);
    await taker.subscription.close();
  },

  "an event with a delay for a queue that is not there is unroutable": async (broker, queue) => {
    await assert.rejects(broker.publishLater(queue, "1", {}, 1), {
      name: "BrokerError",
      message: `There is no queue ${queue}: declare it before publishing to it`,
    });
  },

  "publishing to a queue that is not there is unroutable, and says so": async (broker, queue) => {
    await assert.rejects(broker.publish(queue, "1"), (error) => {
      assert.ok(error instanceof BrokerError);
      assert.equal(error.kind, "unroutable");
      assert.equal(error.message, `There is no queue ${queue}: declare it before publishing to it`);
      return true;
    });
  },

  "among many published at once, those for no queue are unroutable and no others": async (
    broker,
    queue,
  ) => {
    await broker.declare(queue);
    const results = await Promise.allSettled(
      Array.from(
        { length: 200 },
        (_, i) =>
          broker.publish(i % 2 ? `${queue}.missing` : queue, String(i), { messageId: `m${i}` }),
      ),
    );
    assert.deepEqual(
      results.map(({ status }) => status),
      results.map((_, i) => i % 2 ? "rejected" : "fulfilled"),
    );
    await untilReady(broker, queue, 100);
  },

  "a thousand published at once all arrive": async (broker, queue) => {
    await broker.declare(queue);
    await Promise.all(
      Array.from({ length: 1000 }, (_, i) => broker.publish(queue, String(i))),
    );
    const taker = await Taker.start(broker, queue, 1000);
    await taker.delivery(999);
    const numbers = taker.bodies.map(Number).sort((a, b) => a - b);
    assert.deepEqual(numbers, Array.from({ length: 1000 }, (_, i) => i));
    taker.deliveries.forEach((delivery) => void taker.subscription.settle(delivery, DONE));
    await taker.subscription.close();
    await untilReady(broker, queue, 0);
  },

  "declaring a queue twice leaves its events": async (broker, queue) => {
    await broker.declare(queue);
    await broker.publish(queue, "1");
    await broker.declare(queue);
    await untilReady(broker, queue, 1);
  },
};
