/**
 * Headers and properties that amqplib cannot read, or not exactly: no event costs the connection
 * that all queues share.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Broker } from "../../../../lib/engine/broker/broker.ts";
import { requeueProperties } from "../../../../lib/engine/broker/headers.ts";
import { Client } from "../../../fixtures/rabbitmq/client.ts";
import { field, FIELD_VALUES } from "../../../fixtures/rabbitmq/field_values.ts";
import { queueTest } from "../../../fixtures/rabbitmq/queue_fixture.ts";
import { FLAG, publishRaw, shortString, table } from "../../../fixtures/rabbitmq/raw_publish.ts";
import { until } from "../../../fixtures/until.ts";

/** RabbitMQ closes the connection of who publishes the type `U`. */
const STORED = FIELD_VALUES.filter(({ type }) => type !== "U");

/** Puts all dead letters back. @returns How many. */
async function putBack(broker: Broker, failed: string, queue: string): Promise<number> {
  const { removed } = await broker.sift(failed, (event) => (
    { move: queue, properties: requeueProperties(event, Date.now()) }
  ));
  return removed;
}

queueTest(
  "headers of every type are retried, dead-lettered and moved as they are",
  async (fixture) => {
    const { queue, client } = fixture;
    const engine = await fixture.start({
      retries: [1],
      consume: (_, { event }) => {
        if (event.attempt < 3) throw new Error("not yet");
      },
    });
    STORED.forEach(({ type, bytes }, index) => {
      const nested = field("nested", "F", table(field("h", type, bytes)));
      const headers = table(Buffer.concat([field("h", type, bytes), nested]));
      publishRaw(client, queue, String(index), FLAG.headers, headers);
    });
    await engine.untilSettled("failed", STORED.length);
    const broker = await fixture.broker();
    const failed = `${queue}.failed`;
    assert.deepEqual(read(await broker.peek(failed, STORED.length)), STORED.map(expected));
    assert.equal(await putBack(broker, failed, queue), STORED.length);
    await engine.untilSettled("failed", 2 * STORED.length);
    assert.deepEqual(read(await broker.peek(failed, STORED.length)), STORED.map(expected));
    assert.deepEqual(fixture.notices, []);
    assert.deepEqual(engine.notices, []);
  },
);

function expected({ value }: (typeof STORED)[number], index: number) {
  return { body: String(index), h: value, nested: { h: value } };
}

/** Header `h`, on its own and nested, of the dead letters in the order of their bodies. */
function read(events: readonly { body: Uint8Array; properties: { headers?: unknown } }[]) {
  return events.map(({ body, properties }) => {
    const { h, nested } = properties.headers as Record<string, unknown>;
    return { body: new TextDecoder().decode(body), h, nested };
  }).toSorted((a, b) => Number(a.body) - Number(b.body));
}

queueTest(
  "an event whose headers cannot be decoded is dead-lettered, its neighbours run",
  async (fixture) => {
    const { queue, client } = fixture;
    const proxy = fixture.proxy();
    proxy.onAnswer = spoil;
    const broker = await fixture.openBroker({ url: proxy.url(fixture.server.url) });
    const engine = await fixture.start({ broker });
    const bytes = table(Buffer.concat([field("good", "t", TRUE), field("spoilt", "t", TRUE)]));
    const id = shortString(Buffer.from("its id"));
    for (let n = 0; n < 3; n++) {
      publishRaw(client, queue, "[1]", FLAG.headers | FLAG.messageId, Buffer.concat([bytes, id]));
      await publish(fixture.server.url, queue, String(n));
    }
    await engine.untilSettled("failed", 3);
    await engine.untilSettled("processed", 3);
    assert.deepEqual(engine.events, [0, 1, 2]);
    const letter = await until("it is a dead letter", () => client.take(`${queue}.failed`));
    const { headers = {}, messageId } = letter.properties;
    assert.deepEqual(String(letter.content), "[1]");
    assert.equal(messageId, "its id");
    assert.equal(headers["good"], true);
    assert.equal(headers["x-pq-reason"], "invalid");
    assert.match(
      headers["x-pq-error-message"],
      /^The event's headers cannot be read: the type of "spoilt" is 0x3f/,
    );
    assert.equal(Buffer.from(headers["x-original-headers"]).length, bytes.length - 4);
    assert.deepEqual(fixture.notices, []);
  },
);

queueTest("a header that RabbitMQ could not read in a copy ends no connection", async (fixture) => {
  const { queue, client } = fixture;
  const engine = await fixture.start();
  const entries = [
    field("!", "S", table(Buffer.from("double"))),
    field("value", "S", table(Buffer.from("text"))),
  ];
  const headers = table(field("h", "F", table(Buffer.concat(entries))));
  publishRaw(client, queue, "not JSON", FLAG.headers, headers);
  await engine.untilSettled("failed", 1);
  const letter = await until("it is a dead letter", () => client.take(`${queue}.failed`));
  assert.equal(letter.properties.headers?.["h"], '{"!":"double","value":"text"}');
  assert.deepEqual(fixture.notices, []);
});

queueTest("events whose headers cannot be decoded are listed and moved", async (fixture) => {
  const { queue, client } = fixture;
  const proxy = fixture.proxy();
  proxy.onAnswer = spoil;
  const broker = await fixture.openBroker({ url: proxy.url(fixture.server.url) });
  const failed = `${queue}.failed`;
  await client.channel.assertQueue(failed);
  await broker.declare(queue);
  publishRaw(client, failed, "1", FLAG.headers, table(field("spoilt", "t", TRUE)));
  await until("it is stored", async () => await client.ready(failed) === 1);
  const listed = await broker.peek(failed, 10);
  assert.deepEqual(listed.map(({ body }) => String(body)), ["1"]);
  assert.equal(await putBack(broker, failed, queue), 1);
  assert.equal(String((await client.take(queue))?.content), "1");
  assert.deepEqual(fixture.notices, []);
});

const TRUE = Buffer.from([1]);

/** Gives the header `spoilt` a type that does not exist. */
function spoil(bytes: Uint8Array): void {
  const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf("spoilt");
  if (at >= 0) bytes[at + "spoilt".length] = "?".charCodeAt(0);
}

/** Uses a channel of its own, apart from the confirms of raw publishes. */
async function publish(url: string, queue: string, body: string): Promise<void> {
  await using client = await Client.open(url);
  await client.publish(queue, body);
}
