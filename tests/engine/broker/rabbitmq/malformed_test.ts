/**
 * Events that no worker can take, through the whole path: each becomes a dead letter with its
 * reason, while the events around it are processed.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { z } from "zod";
import type { EventProperties } from "../../../../lib/engine/broker/broker.ts";
import { MemoryBroker } from "../../../../lib/engine/broker/memory.ts";
import { openRabbitmq } from "../../../../lib/engine/broker/rabbitmq/rabbitmq.ts";
import { Fail } from "../../../../lib/worker.ts";
import { Client, type PublishOptions } from "../../../fixtures/rabbitmq/client.ts";
import { Engine, type EngineOptions } from "../../../fixtures/rabbitmq/engine.ts";
import {
  FLAG,
  nestedHeader,
  publishRaw,
  shortString,
} from "../../../fixtures/rabbitmq/raw_publish.ts";
import { type QueueFixture, queueTest } from "../../../fixtures/rabbitmq/queue_fixture.ts";
import { until } from "../../../fixtures/until.ts";

const EVENT = z.object({ n: z.number() });
const MB = 1024 * 1024;

interface Malformed {
  readonly body?: Uint8Array | string;
  readonly options?: PublishOptions;
  /** The reason in the dead letter. */
  readonly message: RegExp;
  /** Publishes an event that amqplib would refuse. */
  readonly publish?: (client: Client, queue: string) => void;
}

const MALFORMED: Readonly<Record<string, Malformed>> = {
  "a body that is not UTF-8": {
    body: Uint8Array.from([0x7b, 0xff, 0xfe]),
    message: /^The body is not UTF-8: byte 1 is 0xff$/,
  },
  "a body cut within a character": {
    body: Buffer.from('{"n":1,"text":"€"}').subarray(0, 16),
    message: /^The body is not UTF-8: byte 15 is 0xe2$/,
  },
  "an empty body": { body: "", message: /^The body is not JSON: Unexpected end of JSON input$/ },
  "a body that is not JSON": { body: "{n: 1}", message: /^The body is not JSON: / },
  "two events in one body": { body: '{"n":1}{"n":2}', message: /^The body is not JSON: / },
  "a body that does not fit": {
    body: '{"n":"one"}',
    message: /^The body does not fit the worker's schema: n: .*number/,
  },
  "a body that is no object": {
    body: "null",
    message: /^The body does not fit the worker's schema: event: /,
  },
  "arrays nested a million deep": {
    body: "[".repeat(1_000_000) + "]".repeat(1_000_000),
    message: /^The body is nested more than 1000 deep \(MAX_EVENT_DEPTH\)$/,
  },
  "objects nested a million deep": {
    body: '{"n":'.repeat(1_000_000) + "1" + "}".repeat(1_000_000),
    message: /^The body is nested more than 1000 deep \(MAX_EVENT_DEPTH\)$/,
  },
  "a body of 100 MB": {
    body: Buffer.alloc(100 * MB, "a"),
    message: /^The body has 104857600 bytes, more than 16777216 \(MAX_EVENT_BYTES\)$/,
  },
  "an unknown content encoding": {
    body: '{"n":1}',
    options: { contentEncoding: "gzip" },
    message: /^The content encoding is "gzip": only uncompressed UTF-8 is supported$/,
  },
  "60 KB of headers": {
    body: '{"n":1}',
    options: { headers: { large: "x".repeat(60 * 1024), small: "kept" } },
    message: /^The headers have \d+ bytes, more than 45056 \(MAX_HEADER_BYTES\)$/,
  },
  "a header nested 3,000 deep": {
    publish: (client, queue) =>
      publishRaw(client, queue, '{"n":1}', FLAG.headers, nestedHeader(3000)),
    message: /^The headers have \d+ bytes, more than 45056 \(MAX_HEADER_BYTES\)$/,
  },
  "a header nested 20,000 deep": {
    publish: (client, queue) =>
      publishRaw(client, queue, '{"n":1}', FLAG.headers, nestedHeader(20_000)),
    message: /^The headers have \d+ bytes, more than 45056 \(MAX_HEADER_BYTES\)$/,
  },
  "failed_tries that is no number": {
    body: '{"n":1,"failed_tries":"three"}',
    message: /^The body's failed_tries must be a whole number from 0, and is of type string$/,
  },
  "failed_tries below zero": {
    body: '{"n":1,"failed_tries":-1}',
    message: /^The body's failed_tries must be a whole number from 0/,
  },
  "a count of attempts that is no number": {
    body: '{"n":1}',
    options: { headers: { "x-pq-attempts": "many" } },
    message: /x-pq-attempts.* (not|no) /,
  },
  "a message id whose text is longer than its bytes, and a body that does not fit": {
    publish: (client, queue) =>
      publishRaw(client, queue, "{}", FLAG.messageId, shortString(Buffer.alloc(255, 0xff))),
    message: /^The body does not fit/,
  },
  "numbers in headers that amqplib reads and does not write, and a body that does not fit": {
    body: "{}",
    options: {
      headers: Object.fromEntries(
        [-1e30, 2 ** 50 + 0.5].map((value, i) => [
          `number${i}`,
          { "!": "double", value },
        ]),
      ),
    },
    message: /^The body does not fit/,
  },
};

for (const [name, malformed] of Object.entries(MALFORMED)) {
  queueTest(`${name}: dead-lettered, its neighbours are processed`, async (fixture) => {
    const { queue, client } = fixture;
    const engine = await fixture.start({ event: EVENT });
    await client.publish(queue, '{"n":1}', { messageId: "before" });
    const { body = "", options = {}, publish } = malformed;
    if (publish) publish(client, queue);
    else await client.publish(queue, body, { messageId: "malformed", ...options });
    await publishSeparately(fixture, '{"n":2}');
    await engine.untilSettled("processed", 2);
    await engine.untilSettled("failed", 1);
    assert.deepEqual(engine.events, [{ n: 1 }, { n: 2 }]);
    const letter = await until("it is a dead letter", () => client.take(`${queue}.failed`));
    const headers = letter.properties.headers ?? {};
    assert.equal(headers["x-pq-reason"], "invalid");
    assert.match(headers["x-pq-error-message"], malformed.message);
    assert.equal(headers["x-pq-attempts"], 1);
    if (malformed.body !== undefined) {
      assert.equal(Buffer.compare(letter.content, Buffer.from(malformed.body)), 0);
    }
    assert.deepEqual(engine.notices.filter((text) => text.includes("parked")), []);
    assert.deepEqual(fixture.notices, []);
  });
}

/** Uses a channel of its own, apart from the confirms of raw publishes. */
async function publishSeparately({ server, queue }: QueueFixture, body: string): Promise<void> {
  await using client = await Client.open(server.url);
  await client.publish(queue, body);
}

queueTest("limits follow their settings", async (fixture) => {
  const limits = { maxEventBytes: 10, maxHeaderBytes: 1024 };
  const engine = await fixture.start({ event: EVENT, limits, maxEventDepth: 2 });
  await fixture.client.publish(fixture.queue, '{"n":1   }');
  await fixture.client.publish(fixture.queue, '{"n":1    }');
  await fixture.client.publish(fixture.queue, "[[[]]]");
  await engine.untilSettled("failed", 2);
  await engine.untilSettled("processed", 1);
});

queueTest("numbers that amqplib cannot write are kept in a dead letter", async (fixture) => {
  const engine = await fixture.start({ event: EVENT });
  const value = (value: number) => ({ "!": "double", value });
  const headers = { precise: value(2 ** 50 + 0.5), list: [value(-1e30)] };
  await fixture.client.publish(fixture.queue, "{}", { headers });
  await engine.untilSettled("failed", 1);
  const letter = await fixture.client.take(`${fixture.queue}.failed`);
  const { precise, list } = letter?.properties.headers ?? {};
  assert.deepEqual({ precise, list }, { precise: 2 ** 50 + 0.5, list: [-1e30] });
});

/** Bodies that a worker nearly accepts, and arbitrary ones. */
const BODIES = fc.oneof(
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 200 }) },
  { weight: 2, arbitrary: fc.json().map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.string({ unit: "binary" }).map((text) => Buffer.from(text)) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.json(), fc.nat(200), fc.nat(255)).map(([text, at, byte]) => {
      const bytes = Buffer.from(text);
      if (bytes.length > 0) bytes[at % bytes.length] = byte;
      return bytes;
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ n: fc.integer(), failed_tries: fc.anything() })
      .map((event) => Buffer.from(fc.stringify(event))),
  },
);
const SHORT = fc.string({ maxLength: 60 });
/** The two headers that RabbitMQ itself reads. */
const NAME = SHORT.filter((name) => name !== "CC" && name !== "BCC");
const VALUE = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.string(),
    fc.integer(),
    fc.double({ noNaN: true, min: -1e15, max: 1e15 }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(SHORT, tie("value"), { maxKeys: 3 }),
  ),
})).value;
const PROPERTIES = fc.record({
  messageId: SHORT,
  contentType: SHORT,
  correlationId: SHORT,
  priority: fc.nat(255),
  type: SHORT,
  headers: fc.dictionary(NAME, VALUE, { maxKeys: 5 }),
}, { requiredKeys: [] });
const MANY = 10_000;

/** Consumes many bodies; every second valid event fails, to cover dead letters too. */
async function consumeMany(options: Pick<EngineOptions, "broker" | "queue">): Promise<void> {
  let count = 0;
  await using engine = await Engine.start({
    ...options,
    retries: [],
    prefetch: 500,
    consume: () => {
      if (++count % 2 === 0) throw new Fail("each second one");
    },
  });
  const { totals } = engine.consumer;
  const { broker, queue } = options;
  const seed = Math.trunc(Math.random() * 2 ** 31);
  const bodies = fc.sample(BODIES, { numRuns: MANY, seed });
  const properties = fc.sample(PROPERTIES, { numRuns: MANY, seed }) as EventProperties[];
  const published = bodies.map((body, i) =>
    broker.publish(queue, body, properties[i]).then(() => true, (error) => {
      assert.match(error.message, /cannot be sent/, `seed ${seed}`);
      return false;
    })
  );
  const expected = (await Promise.all(published)).filter(Boolean).length;
  assert.ok(expected > MANY * 0.9, `only ${expected} could be published`);
  const done = () => totals.processed + totals.failed;
  await until(`${expected} are settled, with seed ${seed}`, () => done() >= expected, 60);
  assert.equal(done(), expected);
  assert.deepEqual(engine.notices, [], `seed ${seed}`);
  assert.ok(totals.processed > 500, `only ${totals.processed} were processed, seed ${seed}`);
  assert.equal((await broker.depth(`${queue}.failed`))?.ready, totals.failed);
}

Deno.test("ten thousand bodies of all kinds are each settled, in memory", async () => {
  await using broker = new MemoryBroker();
  await broker.declare("many");
  await consumeMany({ broker, queue: "many" });
});

queueTest("ten thousand bodies of all kinds are each settled, on RabbitMQ", async (fixture) => {
  await using broker = await openRabbitmq({ url: fixture.server.url });
  await broker.declare(fixture.queue);
  await consumeMany({ broker, queue: fixture.queue });
});
