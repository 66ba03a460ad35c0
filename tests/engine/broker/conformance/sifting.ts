/**
 * Sifts and locks, on every broker.
 *
 * @module
 */

import assert from "node:assert/strict";
import { lockedError, type StoredEvent } from "../../../../lib/engine/broker/broker.ts";
import type { Decide, SiftProgress } from "../../../../lib/engine/broker/sift.ts";
import {
  bodiesIn,
  type BrokerTests,
  bytesOf,
  PROPERTIES,
  publishNumbers,
  textOf,
  untilReady,
} from "./taker.ts";

/** Drops the events with these bodies. */
const dropping = (...bodies: string[]): Decide => (event) =>
  bodies.includes(textOf(event.body)) ? { drop: true } : "keep";

const moving = (to: string): Decide => ({ properties }) => ({ move: to, properties });

/** Tests by what they assert. */
export const SIFTING: BrokerTests = {
  "a sift keeps, drops and moves, in order, with changed properties and bodies": async (
    broker,
    queue,
  ) => {
    const to = `${queue}.elsewhere`;
    await broker.declare(queue);
    await broker.declare(to);
    for (let i = 0; i < 9; i++) await broker.publish(queue, String(i), PROPERTIES);
    const seen: string[] = [];
    const result = await broker.sift(queue, ({ body, properties }) => {
      const text = textOf(body);
      seen.push(text);
      if (Number(text) % 3 === 0) return "keep";
      if (Number(text) % 3 === 1) return { drop: true };
      const changed = text === "5" ? { body: bytesOf("five") } : {};
      return { move: to, properties: { ...properties, type: `was ${text}` }, ...changed };
    });
    assert.deepEqual(result, { scanned: 9, of: 9, removed: 6, complete: true });
    assert.deepEqual(seen, [..."012345678"]);
    await untilReady(broker, queue, 3);
    assert.deepEqual(await bodiesIn(broker, queue), [..."036"]);
    await untilReady(broker, to, 3);
    const there = await broker.peek(to, 10);
    assert.deepEqual(there.map(({ body }) => textOf(body)), ["2", "five", "8"]);
    assert.deepEqual(there.map(({ properties }) => properties.type), ["was 2", "was 5", "was 8"]);
    assert.equal(there[0]?.properties.messageId, "id-1");
    assert.deepEqual(there[0]?.properties.headers?.["list"], [1, "two"]);
  },

  "a sift looks at no more than it is asked to, and removes no more": async (broker, queue) => {
    await broker.declare(queue);
    await publishNumbers(broker, queue, 0, 8);
    const looked = await broker.sift(queue, dropping(..."01234567"), { scan: 5, limit: 2 });
    assert.deepEqual(looked, { scanned: 2, of: 8, removed: 2, complete: true });
    await untilReady(broker, queue, 6);
    const scanned = await broker.sift(queue, dropping("3", "7"), { scan: 3 });
    assert.deepEqual(scanned, { scanned: 3, of: 6, removed: 1, complete: true });
    await untilReady(broker, queue, 5);
    assert.deepEqual(await bodiesIn(broker, queue), [..."24567"]);
  },

  "a sift of a queue that is empty or not there looks at nothing": async (broker, queue) => {
    const none = { scanned: 0, of: 0, removed: 0, complete: true };
    assert.deepEqual(await broker.sift(queue, dropping("0")), none);
    await broker.declare(queue);
    assert.deepEqual(await broker.sift(queue, dropping("0")), none);
  },

  "a sift into the queue it comes from handles each event once": async (broker, queue) => {
    await broker.declare(queue);
    await publishNumbers(broker, queue, 0, 3);
    assert.equal((await broker.sift(queue, moving(queue))).removed, 3);
    await untilReady(broker, queue, 3);
    assert.deepEqual(await bodiesIn(broker, queue), [..."012"]);
  },

  "events leave once they were noted, at most 100 together, with progress": async (
    broker,
    queue,
  ) => {
    await broker.declare(queue);
    await Promise.all(Array.from({ length: 250 }, (_, i) => broker.publish(queue, String(i))));
    const noted: string[][] = [];
    const progress: SiftProgress[] = [];
    const result = await broker.sift(queue, () => ({ drop: true }), {
      beforeRemoval: (matches) => {
        noted.push(matches.map(({ event }) => textOf(event.body)));
        return Promise.resolve();
      },
      onProgress: (each) => progress.push(each),
    });
    assert.deepEqual(result, { scanned: 250, of: 250, removed: 250, complete: true });
    assert.deepEqual(noted.map(({ length }) => length), [100, 100, 50]);
    assert.deepEqual(noted.flat(), Array.from({ length: 250 }, (_, i) => String(i)));
    assert.deepEqual(progress.map(({ removed }) => removed), [100, 200, 250]);
    await untilReady(broker, queue, 0);
  },

  "a sift that cannot note, move or decide leaves the events where they are": async (
    broker,
    queue,
  ) => {
    await broker.declare(queue);
    await publishNumbers(broker, queue, 0, 3);
    const full = new Error("the disk is full");
    const noted = await broker.sift(queue, dropping("1"), {
      beforeRemoval: () => Promise.reject(full),
    });
    assert.deepEqual(noted, { scanned: 3, of: 3, removed: 0, complete: false, failure: full });
    await untilReady(broker, queue, 3);
    const moved = await broker.sift(queue, moving(`${queue}.missing`));
    assert.equal(
      (moved.failure as Error).message.slice(0, 21),
      "There is no queue " + queue.slice(0, 3),
    );
    assert.deepEqual([moved.removed, moved.complete], [0, false]);
    await untilReady(broker, queue, 3);
    await assert.rejects(
      broker.sift(queue, () => {
        throw new Error("cannot decide");
      }),
      { message: "cannot decide" },
    );
    await untilReady(broker, queue, 3);
    assert.deepEqual(await bodiesIn(broker, queue), [..."012"]);
  },

  "an aborted sift ends after what is under way, and the rest stays in order": async (
    broker,
    queue,
  ) => {
    await broker.declare(queue);
    await publishNumbers(broker, queue, 0, 6);
    const abort = new AbortController();
    const result = await broker.sift(queue, dropping("1", "3", "4"), {
      ratePerSecond: 10,
      signal: abort.signal,
      onProgress: ({ removed }) => removed === 1 && abort.abort(),
    });
    assert.deepEqual(result, { scanned: 6, of: 6, removed: 1, complete: false });
    await untilReady(broker, queue, 5);
    assert.deepEqual(await bodiesIn(broker, queue), [..."02345"]);
    await untilReady(broker, queue, 5);
    assert.equal(
      (await broker.sift(queue, dropping("0"), { signal: abort.signal })).complete,
      false,
    );
  },

  "a sift keeps to its rate, and others see what is kept during a long wait": async (
    broker,
    queue,
  ) => {
    await broker.declare(queue);
    await publishNumbers(broker, queue, 0, 8);
    const abort = new AbortController();
    const times: number[] = [];
    let ready: Promise<number | undefined> | undefined;
    const result = await broker.sift(queue, dropping("0", "2", "5", "7"), {
      ratePerSecond: 1,
      signal: abort.signal,
      onProgress: ({ removed }) => {
        if (times.push(performance.now()) < 2) return;
        assert.equal(removed, 2);
        ready ??= broker.depth(queue).then((depth) => depth?.ready);
        void ready.then(() => abort.abort());
      },
    });
    assert.equal(result.removed, times.length);
    assert((times[1] ?? 0) - (times[0] ?? 0) > 900, "the second left a second later");
    const seen = await ready;
    // A quorum queue shows nothing of what is held.
    assert(seen === 4 || seen === 6 || seen === 0, `${seen} were ready`);
    await untilReady(broker, queue, 8 - result.removed);
    assert.deepEqual((await bodiesIn(broker, queue)).slice(0, 3), ["1", "3", "4"]);
  },

  "a lock is had by one at a time, and says by whom": async (broker, queue) => {
    const events: StoredEvent[] = [];
    await broker.declare(queue);
    await publishNumbers(broker, queue, 0, 1);
    {
      await using _lock = await broker.lock(queue, "failed retry on host a");
      await assert.rejects(broker.lock(queue, "failed drop"), {
        kind: "locked",
        message: lockedError(queue, "failed retry on host a").message,
      });
      await using _other = await broker.lock(`${queue}.elsewhere`, "failed drop");
      events.push(...await broker.peek(queue, 1));
    }
    await using _again = await broker.lock(queue, "failed drop");
    await assert.rejects(broker.lock(queue, "peek"), /: failed drop\. Wait until it has ended/);
    assert.equal(events.length, 1);
  },
};
