/**
 * Depth, peek, move and purge, on every broker.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  type BrokerTests,
  PROPERTIES,
  publishNumbers,
  Taker,
  textOf,
  untilReady,
} from "./taker.ts";

/** Tests by what they assert. */
export const OPERATIONS: BrokerTests = {
  "the depth is how many are ready, and undefined without a queue": async (broker, queue) => {
    assert.equal(await broker.depth(queue), undefined);
    await broker.declare(queue);
    assert.deepEqual(await broker.depth(queue), { ready: 0, consumers: 0 });
    await publishNumbers(broker, queue, 0, 3);
    await untilReady(broker, queue, 3);
    const taker = await Taker.start(broker, queue, 1);
    await taker.delivery(0);
    await untilReady(broker, queue, 2);
    assert.equal((await broker.depth(queue))?.consumers, 1);
    await taker.subscription.close();
  },

  "a peek takes nothing away": async (broker, queue) => {
    assert.deepEqual(await broker.peek(queue, 5), []);
    await broker.declare(queue);
    assert.deepEqual(await broker.peek(queue, 5), []);
    await publishNumbers(broker, queue, 0, 5);
    for (const limit of [5, 2, 10]) {
      const events = await broker.peek(queue, limit);
      assert.equal(events.length, Math.min(limit, 5));
      await untilReady(broker, queue, 5);
    }
    const events = await broker.peek(queue, 10);
    assert.deepEqual(events.map(({ body }) => textOf(body)).toSorted(), [..."01234"]);
  },

  "a move takes the events over, in order, with changed properties": async (broker, queue) => {
    await broker.declare(queue);
    for (let i = 0; i < 6; i++) await broker.publish(queue, String(i), PROPERTIES);
    const to = `${queue}.elsewhere`;
    await broker.declare(to);
    const moved = await broker.move(
      queue,
      to,
      ({ body, properties }) =>
        Number(textOf(body)) % 3 === 0 ? undefined : { ...properties, type: `was ${textOf(body)}` },
    );
    assert.equal(moved, 4);
    await untilReady(broker, to, 4);
    const there = await broker.peek(to, 10);
    assert.deepEqual(there.map(({ body }) => textOf(body)), ["1", "2", "4", "5"]);
    assert.deepEqual(there.map(({ properties }) => properties.type), [
      "was 1",
      "was 2",
      "was 4",
      "was 5",
    ]);
    assert.equal(there[0]?.properties.messageId, "id-1");
    await untilReady(broker, queue, 2);
    const left = await broker.peek(queue, 10);
    assert.deepEqual(left.map(({ body }) => textOf(body)), ["0", "3"]);
  },

  "a move into the queue it comes from handles each event once": async (broker, queue) => {
    await broker.declare(queue);
    await publishNumbers(broker, queue, 0, 3);
    assert.equal(await broker.move(queue, queue, ({ properties }) => properties), 3);
    await untilReady(broker, queue, 3);
  },

  "a move from a queue that is not there moves nothing": async (broker, queue) => {
    await broker.declare(queue);
    assert.equal(await broker.move(`${queue}.missing`, queue, ({ properties }) => properties), 0);
  },

  "a move that fails leaves the events where they are": async (broker, queue) => {
    await broker.declare(queue);
    await publishNumbers(broker, queue, 0, 2);
    await assert.rejects(
      broker.move(queue, `${queue}.elsewhere`, () => {
        throw new Error("changed my mind");
      }),
      /changed my mind/,
    );
    await untilReady(broker, queue, 2);
  },

  "a purge deletes what is ready and says how many": async (broker, queue) => {
    assert.equal(await broker.purge(queue), 0);
    await broker.declare(queue);
    await publishNumbers(broker, queue, 0, 3);
    assert.equal(await broker.purge(queue), 3);
    await untilReady(broker, queue, 0);
    assert.equal(await broker.purge(queue), 0);
  },
};

/** Only where an event that was peeked at, and not taken, stays in its place. */
export const IN_PLACE: BrokerTests = {
  "a peek leaves the events in place and in order": async (broker, queue) => {
    await broker.declare(queue);
    await publishNumbers(broker, queue, 0, 5);
    const bodies = async (limit: number) =>
      (await broker.peek(queue, limit)).map(({ body }) => textOf(body));
    assert.deepEqual(await bodies(3), ["0", "1", "2"]);
    await untilReady(broker, queue, 5);
    assert.deepEqual(await bodies(10), ["0", "1", "2", "3", "4"]);
    await untilReady(broker, queue, 5);
    const taker = await Taker.start(broker, queue, 10);
    await taker.delivery(4);
    assert.deepEqual(taker.bodies, ["0", "1", "2", "3", "4"]);
    await taker.subscription.close();
  },
};
