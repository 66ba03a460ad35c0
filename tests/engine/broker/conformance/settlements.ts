/**
 * Settlements, retries and dead letters, on every broker.
 *
 * @module
 */

import assert from "node:assert/strict";
import { HEADER } from "../../../../lib/engine/broker/headers.ts";
import { until } from "../../../fixtures/until.ts";
import {
  assertPublishersProperties,
  type BrokerTests,
  bytesOf,
  DONE,
  FAIL,
  PROPERTIES,
  publishNumbers,
  RELEASE,
  RETRY,
  Taker,
  textOf,
  untilReady,
} from "./taker.ts";

/** Tests by what they assert. */
export const SETTLEMENTS: BrokerTests = {
  "what is done is gone": async (broker, queue) => {
    await broker.declare(queue);
    await publishNumbers(broker, queue, 0, 3);
    const taker = await Taker.start(broker, queue, 10);
    await taker.settle(2, DONE);
    await taker.settle(0, DONE);
    await taker.subscription.close();
    await untilReady(broker, queue, 1);
    const [left] = await broker.peek(queue, 10);
    assert.equal(textOf(left?.body ?? ""), "1");
  },

  "what is released comes again, redelivered and not counted": async (broker, queue) => {
    await broker.declare(queue);
    await broker.publish(queue, "1", PROPERTIES);
    const taker = await Taker.start(broker, queue, 1);
    for (let i = 0; i < 5; i++) await taker.settle(i, RELEASE);
    const again = await taker.delivery(5);
    assert.equal(again.redelivered, true);
    assert.equal(again.properties.headers?.[HEADER.attempts], undefined);
    assertPublishersProperties(again.properties);
    await taker.settle(5, DONE);
    await taker.subscription.close();
    await untilReady(broker, queue, 0);
  },

  "a retry comes back after its delay, with the attempts so far": async (broker, queue) => {
    await broker.declare(queue);
    await broker.publish(queue, "again", PROPERTIES);
    const taker = await Taker.start(broker, queue, 10);
    await taker.delivery(0);
    const since = performance.now();
    await taker.settle(0, { ...RETRY, crashes: 1 });
    await until("it waits", async () => await broker.waiting(queue) === 1);
    const again = await taker.delivery(1);
    const waited = performance.now() - since;
    assert.ok(waited > 850, `it came back after ${waited} ms`);
    assert.equal(textOf(again.body), "again");
    assertPublishersProperties(again.properties);
    const headers = again.properties.headers ?? {};
    assert.equal(headers[HEADER.attempts], 1);
    assert.equal(headers[HEADER.crashes], 1);
    assert.equal(headers[HEADER.reason], "error");
    assert.equal(headers[HEADER.errorMessage], "not this time");
    assert.equal(again.properties.expiration, undefined);
    await until("none waits", async () => await broker.waiting(queue) === 0);
    await taker.settle(1, DONE);
    await taker.subscription.close();
    await untilReady(broker, queue, 0);
  },

  "a second retry counts on and keeps the time of the first failure": async (broker, queue) => {
    await broker.declare(queue);
    await broker.publish(queue, "1");
    const taker = await Taker.start(broker, queue, 10);
    await taker.settle(0, RETRY);
    const first = (await taker.delivery(1)).properties.headers ?? {};
    await taker.settle(1, { ...RETRY, attempts: 2 });
    const second = (await taker.delivery(2)).properties.headers ?? {};
    assert.equal(second[HEADER.attempts], 2);
    assert.equal(second[HEADER.firstFailedAt], first[HEADER.firstFailedAt]);
    assert.ok(String(second[HEADER.failedAt]) > String(first[HEADER.failedAt]));
    const deaths = second["x-death"] as { count: number }[] | undefined;
    assert.deepEqual(deaths?.map(({ count }) => count) ?? [1], [1]);
    await taker.subscription.close();
  },

  "an event that waits on keeps all it has, and nothing is counted": async (broker, queue) => {
    await broker.declare(queue);
    await broker.publish(queue, "1", PROPERTIES);
    const taker = await Taker.start(broker, queue, 10);
    await taker.settle(0, { ...RETRY, attempts: 3 });
    const first = (await taker.delivery(1)).properties;
    await taker.settle(1, { ...RETRY, attempts: 3, reason: "retry-later", waiting: true });
    const { properties } = await taker.delivery(2);
    assertPublishersProperties(properties);
    for (const name of [HEADER.attempts, HEADER.failedAt, HEADER.reason, HEADER.errorMessage]) {
      assert.equal(properties.headers?.[name], first.headers?.[name], name);
    }
    assert.equal(properties.headers?.[HEADER.notBefore], 0);
    await taker.subscription.close();
  },

  "a copy of an event without an id has the one that was made for it": async (broker, queue) => {
    await broker.declare(queue);
    await broker.publish(queue, "1");
    await broker.publish(queue, "2", { messageId: "own" });
    const taker = await Taker.start(broker, queue, 10);
    for (const index of [0, 1]) {
      const delivery = await taker.delivery(index);
      const kept = { id: `given ${index}`, content: bytesOf(delivery.body) };
      await taker.subscription.settle(delivery, RETRY, kept);
    }
    await taker.delivery(3);
    const ids = taker.deliveries.slice(2).map(({ properties }) => properties.messageId);
    assert.deepEqual(ids.toSorted(), ["given 0", "own"]);
    await taker.subscription.close();
  },

  "what is republished goes to the end of its queue as it is, not redelivered": async (
    broker,
    queue,
  ) => {
    await broker.declare(queue);
    const headers = { ...PROPERTIES.headers, [HEADER.crashes]: 2, [HEADER.attempts]: 1 };
    const properties = { ...PROPERTIES, headers, priority: 3, expiration: "600000" };
    await broker.publish(queue, "1", properties);
    await broker.publish(queue, "2");
    const taker = await Taker.start(broker, queue, 10);
    await taker.delivery(1);
    await taker.settle(0, { kind: "republish" });
    const copy = await taker.delivery(2);
    assert.deepEqual(taker.bodies, ["1", "2", "1"]);
    assert.equal(copy.redelivered, false);
    assertPublishersProperties(copy.properties);
    assert.equal(copy.properties.priority, 3);
    assert.equal(copy.properties.expiration, "600000");
    assert.equal(copy.properties.headers?.[HEADER.crashes], 2);
    assert.equal(copy.properties.headers?.[HEADER.attempts], 1);
    assert.equal(copy.properties.headers?.["x-original-expiration"], undefined);
    for (const index of [1, 2]) await taker.settle(index, DONE);
    await taker.subscription.close();
    await untilReady(broker, queue, 0);
  },

  "a dead letter has the body, the publisher's properties, and why": async (broker, queue) => {
    await broker.declare(queue);
    const body = Uint8Array.from([0xff, 0, 0x80, 0x7b]);
    await broker.publish(queue, body, PROPERTIES);
    const taker = await Taker.start(broker, queue, 1);
    const before = new Date().toISOString();
    await taker.settle(0, FAIL);
    await taker.subscription.close();
    await untilReady(broker, queue, 0);
    const [letter, ...others] = await broker.peek(`${queue}.failed`, 10);
    assert.equal(others.length, 0);
    assert.deepEqual(Uint8Array.from(letter?.body ?? []), body);
    assertPublishersProperties(letter?.properties ?? {});
    const headers = letter?.properties.headers ?? {};
    assert.equal(headers[HEADER.reason], "error");
    assert.equal(headers[HEADER.attempts], 4);
    assert.equal(headers[HEADER.errorName], "TypeError");
    assert.equal(headers[HEADER.errorMessage], "never");
    assert.match(String(headers[HEADER.errorStack]), /at handler/);
    assert.equal(headers[HEADER.queue], queue);
    assert.equal(headers[HEADER.host], Deno.hostname());
    assert.equal(typeof headers[HEADER.version], "string");
    assert.ok(String(headers[HEADER.failedAt]) >= before);
    assert.equal(headers[HEADER.firstFailedAt], headers[HEADER.failedAt]);
  },

  "an event whose body is given as text fails as the same bytes": async (broker, queue) => {
    await broker.declare(queue);
    const text = "grüße \u{1f600} \ufffd";
    await broker.publish(queue, text);
    const taker = await Taker.start(broker, queue, 1);
    const delivery = await taker.delivery(0);
    delivery.body = null;
    await taker.subscription.settle(delivery, FAIL, { id: "given", content: text });
    await taker.subscription.close();
    const [letter] = await broker.peek(`${queue}.failed`, 1);
    assert.deepEqual(Uint8Array.from(letter?.body ?? []), bytesOf(text));
    assert.equal(letter?.properties.messageId, "given");
  },

  "what the broker would act on is moved in a dead letter": async (broker, queue) => {
    await broker.declare(queue);
    await broker.declare(`${queue}.elsewhere`);
    const headers = { "x-death": [{ queue: "others", count: 1 }], mine: 1 };
    await broker.publish(queue, "1", { expiration: "60000", headers });
    const taker = await Taker.start(broker, queue, 1);
    const delivery = await taker.delivery(0);
    Object.assign(delivery.properties.headers ?? {}, { CC: [`${queue}.elsewhere`] });
    await taker.settle(0, FAIL);
    await taker.subscription.close();
    const [letter] = await broker.peek(`${queue}.failed`, 1);
    assert.equal(letter?.properties.expiration, undefined);
    assert.deepEqual(letter?.properties.headers?.["x-original-CC"], [`${queue}.elsewhere`]);
    assert.equal(letter?.properties.headers?.["x-original-expiration"], "60000");
    assert.deepEqual(letter?.properties.headers?.["x-original-x-death"], headers["x-death"]);
    assert.equal(letter?.properties.headers?.mine, 1);
    assert.deepEqual((await broker.depth(`${queue}.elsewhere`))?.ready, 0);
  },

  "many retries and failures at once are each carried out once": async (broker, queue) => {
    await broker.declare(queue);
    await publishNumbers(broker, queue, 0, 90);
    const taker = await Taker.start(broker, queue, 100);
    await taker.delivery(89);
    const settlements = [DONE, RETRY, FAIL];
    await Promise.all(
      taker.deliveries.slice(0, 90).map((delivery, i) =>
        taker.subscription.settle(delivery, settlements[i % 3] ?? DONE)
      ),
    );
    await taker.delivery(119);
    const again = taker.bodies.slice(90).map(Number).sort((a, b) => a - b);
    assert.deepEqual(again, Array.from({ length: 30 }, (_, i) => 3 * i + 1));
    taker.deliveries.slice(90).forEach((delivery) =>
      void taker.subscription.settle(delivery, DONE)
    );
    await taker.subscription.close();
    await untilReady(broker, queue, 0);
    const failed = (await broker.peek(`${queue}.failed`, 100)).map(({ body }) => textOf(body));
    assert.deepEqual(
      failed.map(Number).sort((a, b) => a - b),
      Array.from({ length: 30 }, (_, i) => 3 * i + 2),
    );
  },
};
