/**
 * What every broker does, whatever it keeps its events in. Each broker passes the same tests.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  type Broker,
  BrokerError,
  type Delivery,
  type EventProperties,
  type Subscription,
} from "../../../lib/engine/broker/broker.ts";
import { HEADER } from "../../../lib/engine/broker/headers.ts";
import type { Settlement } from "../../../lib/engine/settle/outcome.ts";
import { until } from "../../fixtures/until.ts";

/** A test of a broker: it uses `queue` and names that begin with it, which are deleted after it. */
export type BrokerTest = (broker: Broker, queue: string) => Promise<void>;

/** Registers a test that gets a broker of its own and a queue name that nobody else uses. */
export type RegisterBrokerTest = (name: string, test: BrokerTest) => void;

/** What may differ between brokers. */
export interface ConformanceOptions {
  /** An event that was looked at, and not taken, lies where it was. @default {true} */
  readonly keepsPlace?: boolean;
}

/** Registers the suite. @param name The broker, as the names of the tests begin. */
export function brokerConformance(
  name: string,
  register: RegisterBrokerTest,
  { keepsPlace = true }: ConformanceOptions = {},
): void {
  const tests = keepsPlace ? { ...TESTS, ...IN_PLACE } : TESTS;
  for (const [sentence, test] of Object.entries(tests)) register(`${name}: ${sentence}`, test);
}

const DONE: Settlement = { kind: "done" };
const RELEASE: Settlement = { kind: "release" };
const RETRY: Settlement = {
  kind: "retry",
  delay: 1,
  attempts: 1,
  crashes: 0,
  reason: "error",
  error: { name: "Error", message: "not this time" },
};
const FAIL: Settlement = {
  kind: "fail",
  reason: "error",
  attempts: 4,
  error: { name: "TypeError", message: "never", stack: "TypeError: never\n    at handler" },
};

/** What a publisher may set that means nothing to the broker. */
const PROPERTIES: EventProperties = {
  messageId: "id-1",
  timestamp: 1_700_000_000,
  contentType: "application/json",
  contentEncoding: "utf-8",
  correlationId: "correlation",
  replyTo: "answers",
  type: "greeting",
  appId: "tests",
  headers: {
    text: "grüße",
    number: 42,
    yes: true,
    nothing: null,
    list: [1, "two"],
    deep: { a: 1 },
  },
};

/** Takes deliveries and keeps them. */
class Taker {
  readonly deliveries: Delivery[] = [];
  lost = 0;
  readonly subscription: Subscription;

  constructor(broker: Broker, queue: string) {
    this.subscription = broker.subscribe(queue, {
      onDelivery: (delivery) => {
        delivery.body = bytesOf(delivery.body);
        this.deliveries.push(delivery);
      },
      onLost: () => void this.lost++,
    });
  }

  static async start(broker: Broker, queue: string, prefetch: number): Promise<Taker> {
    const taker = new Taker(broker, queue);
    await taker.subscription.resume(prefetch);
    return taker;
  }

  get bodies(): string[] {
    return this.deliveries.map(({ body }) => textOf(body));
  }

  /** The delivery of that number, once it is there. */
  async delivery(index: number): Promise<Delivery> {
    return await until(
      `delivery ${index} came, after ${this.deliveries.length}`,
      () => this.deliveries[index],
    );
  }

  async settle(index: number, settlement: Settlement): Promise<void> {
    await this.subscription.settle(await this.delivery(index), settlement);
  }
}

function textOf(body: Uint8Array | string | null): string {
  return new TextDecoder().decode(bytesOf(body));
}

function bytesOf(body: Uint8Array | string | null): Uint8Array {
  return typeof body === "string" ? new TextEncoder().encode(body) : Uint8Array.from(body ?? []);
}

/** Publishes `first`, `first + 1`, … as bodies. */
async function publishNumbers(broker: Broker, queue: string, first: number, count: number) {
  for (let i = 0; i < count; i++) await broker.publish(queue, String(first + i));
}

async function untilReady(broker: Broker, queue: string, count: number): Promise<void> {
  let depth: Awaited<ReturnType<Broker["depth"]>>;
  await until(`${queue} had ${count} ready`, async () => {
    depth = await broker.depth(queue);
    return depth?.ready === count;
  });
}

function withoutUndefined(properties: EventProperties): Record<string, unknown> {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined));
}

/** The publisher's part of an event's properties. */
function assertPublishersProperties(actual: EventProperties): void {
  const { headers = {}, ...rest } = actual;
  const { headers: expectedHeaders = {}, ...expected } = PROPERTIES;
  for (const [name, value] of Object.entries(expected)) {
    assert.equal(rest[name as keyof typeof rest], value, name);
  }
  for (const [name, value] of Object.entries(expectedHeaders)) {
    assert.deepEqual(headers[name], value, name);
  }
}

const TESTS: Readonly<Record<string, BrokerTest>> = {
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

  "closing gives back what is not settled, to be redelivered": async (broker, queue) => {
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
    await taker.subscription.settle(delivery, FAIL, text);
    await taker.subscription.close();
    const [letter] = await broker.peek(`${queue}.failed`, 1);
    assert.deepEqual(Uint8Array.from(letter?.body ?? []), bytesOf(text));
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

  "declaring a queue twice leaves its events": async (broker, queue) => {
    await broker.declare(queue);
    await broker.publish(queue, "1");
    await broker.declare(queue);
    await untilReady(broker, queue, 1);
  },

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

const IN_PLACE: Readonly<Record<string, BrokerTest>> = {
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
