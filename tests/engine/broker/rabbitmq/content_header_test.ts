import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { decodeProperties } from "../../../../lib/engine/broker/rabbitmq/content_header.ts";
import { FLAG, nestedHeader, shortString, table } from "../../../fixtures/rabbitmq/raw_publish.ts";
import { field, FIELD_VALUES } from "../../../fixtures/rabbitmq/field_values.ts";

/** A content header of class basic. */
function payload(flags: number, properties: Buffer, classId = 60): Buffer {
  const head = Buffer.alloc(14);
  head.writeUInt16BE(classId, 0);
  head.writeUInt16BE(flags, 12);
  return Buffer.concat([head, properties]);
}

function decodeHeaders(...fields: Buffer[]) {
  return decodeProperties(payload(FLAG.headers, table(Buffer.concat(fields))));
}

for (const { name, type, bytes, value } of FIELD_VALUES) {
  Deno.test(`a header of type ${type} (${name}) is decoded, also in tables and arrays`, () => {
    const nested = field("table", "F", table(field("h", type, bytes)));
    const item = Buffer.concat([Buffer.from(type), bytes]);
    const list = field("list", "A", table(Buffer.concat([item, item])));
    assert.deepEqual(decodeHeaders(field("h", type, bytes), nested, list), {
      headers: { h: value, table: { h: value }, list: [value, value] },
    });
  });
}

Deno.test("every property is decoded", () => {
  const texts = (...names: string[]) =>
    Buffer.concat(names.map((name) => shortString(Buffer.from(name))));
  const properties = decodeProperties(payload(
    0xfffc,
    Buffer.concat([
      texts("content type", "encoding"),
      table(Buffer.alloc(0)),
      Buffer.from([2, 9]),
      texts("correlation", "reply to", "1000", "id"),
      Buffer.from("ffffffffffffffff", "hex"),
      texts("type", "user", "app", "cluster"),
    ]),
  ));
  assert.deepEqual(properties, {
    contentType: "content type",
    contentEncoding: "encoding",
    headers: {},
    deliveryMode: 2,
    priority: 9,
    correlationId: "correlation",
    replyTo: "reply to",
    expiration: "1000",
    messageId: "id",
    timestamp: 2 ** 64,
    type: "type",
    userId: "user",
    appId: "app",
    clusterId: "cluster",
  });
});

Deno.test("an event without properties has none", () => {
  assert.deepEqual(decodeProperties(payload(0, Buffer.alloc(0))), {});
});

Deno.test("headers up to the first that cannot be decoded are known, and the other properties", () => {
  const good = field("good", "t", Buffer.from([1]));
  const bytes = table(Buffer.concat([good, field("bad", "?", Buffer.from([1]))]));
  const id = shortString(Buffer.from("id"));
  const flags = FLAG.headers | FLAG.messageId;
  assert.deepEqual(decodeProperties(payload(flags, Buffer.concat([bytes, id]))), {
    headers: { good: true, "x-original-headers": bytes.subarray(4) },
    messageId: "id",
    unreadable: 'The event\'s headers cannot be read: the type of "bad" is 0x3f, which ' +
      "AMQP 0-9-1 does not have",
  });
});

const UNREADABLE: Readonly<Record<string, readonly [payload: Buffer, problem: RegExp]>> = {
  "a table that is longer than the frame": [
    payload(FLAG.headers, Buffer.from([0, 0, 1, 0, 1])),
    /^The event's properties cannot be read: they end too early$/,
  ],
  "a text that is longer than its table": [
    payload(FLAG.headers, table(Buffer.from([1, 0x68, 0x53, 0, 0, 0, 9]))),
    /^The event's headers cannot be read: they end too early$/,
  ],
  "tables nested without end": [
    payload(FLAG.headers, nestedHeader(20_000)),
    /^The event's headers cannot be read: they are nested more than 500 deep$/,
  ],
  "another class than basic": [
    payload(0, Buffer.alloc(0), 61),
    /^The event is of the AMQP class 61$/,
  ],
};

for (const [name, [bytes, problem]] of Object.entries(UNREADABLE)) {
  Deno.test(`${name} makes an event unreadable`, () => {
    assert.match(decodeProperties(bytes).unreadable ?? "", problem);
  });
}

Deno.test("no bytes make decoding throw", () => {
  const bytes = fc.uint8Array({ minLength: 14, maxLength: 80 });
  fc.assert(fc.property(bytes, (array) => {
    decodeProperties(Buffer.from(array));
    array.set([0, 60], 0);
    array.set([0x20, 0], 12);
    decodeProperties(Buffer.from(array));
  }));
});
