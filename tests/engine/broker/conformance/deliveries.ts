/**
 * Deliveries and subscriptions, on every broker.
 *
 * @module
 */

import assert from "node:assert/strict";
import { until } from "../../../fixtures/until.ts";
import { type BrokerTests, DONE, publishNumbers, RELEASE, Taker, untilReady } from "./taker.ts";

/** Tests by what they assert. */
export const DELIVERIES: BrokerTests = {
  "events come in the order in which they were published": async (broker, queue) => {
    await broker.declare(queue);
    await publishNumbers(broker, queue, 0, 30);
    const taker = await Taker.start(broker, queue, 7);
    for (let i = 0; i < 30; i++) await taker.settle(i, DONE);
    assert.deepEqual(taker.bodies, Array.from({ length: 30 }, (_, i) => String(i)));
    await taker.subscription.close();
  },

  "nothing is delivered before the first resume": async (broker, queue) => {
    await broker.declare(queue);
    await broker.publish(queue, "1");
    const taker = new Taker(broker, queue);
    await untilReady(broker, queue, 1);
    assert.equal(taker.deliveries.length, 0);
    await taker.subscription.resume(1);
    await taker.settle(0, DONE);
    await taker.subscription.close();
  },

  "resuming declares the queue": async (broker, queue) => {
    const taker = await Taker.start(broker, queue, 1);
    await broker.publish(queue, "1");
    await taker.settle(0, DONE);
    await taker.subscription.close();
  },

  "no more are unsettled at once than the prefetch says": async (broker, queue) => {
    await broker.declare(queue);
    await publishNumbers(broker, queue, 0, 10);
    const taker = await Taker.start(broker, queue, 3);
    await taker.delivery(2);
    await untilReady(broker, queue, 7);
    assert.equal(taker.deliveries.length, 3);
    await taker.settle(1, DONE);
    await taker.delivery(3);
    await untilReady(broker, queue, 6);
    assert.equal(taker.deliveries.length, 4);
    await taker.subscription.close();
  },

  "a pause stops deliveries, what is out can be settled, a resume goes on": async (
    broker,
    queue,
  ) => {
    await broker.declare(queue);
    await publishNumbers(broker, queue, 0, 4);
    const taker = await Taker.start(broker, queue, 2);
    await taker.delivery(1);
    await taker.subscription.pause();
    await taker.settle(0, DONE);
    await taker.settle(1, DONE);
    await broker.publish(queue, "4");
    await untilReady(broker, queue, 3);
    assert.equal(taker.deliveries.length, 2);
    await taker.subscription.resume(2);
    for (let i = 2; i < 5; i++) await taker.settle(i, DONE);
    assert.deepEqual(taker.bodies, ["0", "1", "2", "3", "4"]);
    await taker.subscription.close();
  },

  "what is unsettled from before a pause does not count after it": async (broker, queue) => {
    await broker.declare(queue);
    await publishNumbers(broker, queue, 0, 5);
    const taker = await Taker.start(broker, queue, 2);
    await taker.delivery(1);
    await taker.subscription.pause();
    await taker.subscription.resume(1);
    await taker.delivery(2);
    await untilReady(broker, queue, 2);
    assert.deepEqual(taker.bodies, ["0", "1", "2"]);
    await taker.settle(0, DONE);
    await taker.settle(2, DONE);
    await taker.delivery(3);
    await untilReady(broker, queue, 1);
    await taker.subscription.close();
    await untilReady(broker, queue, 3);
  },

  "what is released in its order after a pause comes again in that order": async (
    broker,
    queue,
  ) => {
    await broker.declare(queue);
    await publishNumbers(broker, queue, 0, 6);
    const taker = await Taker.start(broker, queue, 10);
    await taker.delivery(5);
    await taker.subscription.pause();
    for (let i = 0; i < 6; i++) await taker.settle(i, RELEASE);
    await untilReady(broker, queue, 6);
    await taker.subscription.resume(10);
    await taker.delivery(11);
    assert.deepEqual(taker.bodies.slice(6), [..."012345"]);
    await taker.subscription.close();
  },

  "pausing twice and resuming twice is as once": async (broker, queue) => {
    await broker.declare(queue);
    const taker = await Taker.start(broker, queue, 2);
    await taker.subscription.pause();
    await taker.subscription.pause();
    await Promise.all([taker.subscription.resume(2), taker.subscription.resume(2)]);
    await publishNumbers(broker, queue, 0, 3);
    await taker.delivery(1);
    await untilReady(broker, queue, 1);
    assert.equal(taker.deliveries.length, 2);
    await taker.subscription.close();
  },

  "a resume with another number changes the prefetch": async (broker, queue) => {
    await broker.declare(queue);
    await publishNumbers(broker, queue, 0, 10);
    const taker = await Taker.start(broker, queue, 1);
    await taker.settle(0, DONE);
    await taker.delivery(1);
    await taker.settle(1, DONE);
    await taker.subscription.resume(4);
    await until("four or more were out", () => taker.deliveries.length >= 6);
    for (let i = 2; i < 10; i++) await taker.settle(i, DONE);
    await taker.subscription.close();
    assert.deepEqual(taker.bodies.toSorted(), [..."0123456789"]);
    await untilReady(broker, queue, 0);
  },

  "closing releases what is not settled, to be redelivered": async (broker, queue) => {
    await broker.declare(queue);
    await publishNumbers(broker, queue, 0, 5);
    const taker = await Taker.start(broker, queue, 10);
    await taker.settle(4, DONE);
    await taker.settle(1, DONE);
    await taker.subscription.close();
    await untilReady(broker, queue, 3);
    const next = await Taker.start(broker, queue, 10);
    await next.delivery(2);
    assert.deepEqual(next.bodies.toSorted(), ["0", "2", "3"]);
    assert.deepEqual(next.deliveries.map(({ redelivered }) => redelivered), [true, true, true]);
    await next.subscription.close();
  },

  "a subscription that was never resumed can be closed, and closed again": async (
    broker,
    queue,
  ) => {
    await broker.declare(queue);
    const taker = new Taker(broker, queue);
    await taker.subscription.pause();
    await taker.subscription.close();
    await taker.subscription.close();
  },

  "two subscriptions to a queue share its events": async (broker, queue) => {
    await broker.declare(queue);
    const [one, two] = [await Taker.start(broker, queue, 5), await Taker.start(broker, queue, 5)];
    await publishNumbers(broker, queue, 0, 10);
    await until("all ten were out", () => one.deliveries.length + two.deliveries.length === 10);
    assert.deepEqual([...one.bodies, ...two.bodies].toSorted(), [..."0123456789"]);
    await one.subscription.close();
    await two.subscription.close();
    await untilReady(broker, queue, 10);
  },
};
