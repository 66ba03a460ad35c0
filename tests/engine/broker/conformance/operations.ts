/**
 * Depth, peek and purge, on every broker.
 *
 * @module
 */

import assert from "node:assert/strict";
import { until } from "../../../fixtures/until.ts";
import {
  bodiesIn,
  type BrokerTests,
  publishNumbers,
  RETRY,
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
    assert.deepEqual((await bodiesIn(broker, queue)).toSorted(), [..."01234"]);
  },

  "a peek leaves the events in place and in order": async (broker, queue) => {
    await broker.declare(queue);
    await publishNumbers(broker, queue, 0, 5);
    const events = await broker.peek(queue, 3);
    assert.deepEqual(events.map(({ body }) => textOf(body)), [..."012"]);
    await untilReady(broker, queue, 5);
    const taker = await Taker.start(broker, queue, 10);
    await taker.delivery(4);
    assert.deepEqual(taker.bodies, [..."01234"]);
    await taker.subscription.close();
  },

  "events that wait for a retry are deleted on request": async (broker, queue) => {
    const taker = await Taker.start(broker, queue, 3);
    await publishNumbers(broker, queue, 0, 3);
    for (const index of [0, 1, 2]) await taker.settle(index, { ...RETRY, delay: 300 });
    await until("they wait", async () => await broker.waiting(queue) === 3);
    assert.equal(await broker.purgeWaiting(`${queue}.elsewhere`), 0);
    assert.equal(await broker.purgeWaiting(queue), 3);
    assert.equal(await broker.waiting(queue), 0);
    assert.equal(await broker.purgeWaiting(queue), 0);
    await taker.subscription.close();
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
