import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { BrokerError, type EventProperties } from "../../../lib/engine/broker/broker.ts";
import { decodeProperties, encodeProperties } from "../../../lib/engine/broker/property_text.ts";

function again(properties: EventProperties): EventProperties {
  return decodeProperties(encodeProperties(properties));
}

Deno.test("no properties are stored as nothing", () => {
  assert.equal(encodeProperties({}), null);
  assert.equal(encodeProperties({ messageId: undefined }), null);
  assert.deepEqual(decodeProperties(null), {});
});

Deno.test("headers that JSON cannot hold are read as they were written", () => {
  const headers = {
    bytes: Buffer.from([0, 255, 128]),
    date: new Date(1_700_000_000_123),
    bigint: 2n ** 63n,
    zero: -0,
    infinite: -Infinity,
    list: [Buffer.from("a"), { deep: NaN }],
    typed: { "!": "timestamp", value: 5 },
    wrapped: { $pq: "bytes", value: "not ours", more: { $pq: Buffer.from("b") } },
  };
  assert.deepEqual(again({ headers }).headers, headers);
});

Deno.test("any headers are read as they were written", () => {
  const key = fc.oneof(fc.string(), fc.constantFrom("$pq", "value", "toJSON"))
    .filter((name) => name !== "__proto__");
  const { tree } = fc.letrec((tie) => ({
    leaf: fc.oneof(fc.string({ unit: "binary" }), fc.double(), fc.boolean(), fc.bigInt()),
    tree: fc.oneof(
      { maxDepth: 4 },
      tie("leaf"),
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.dictionary(key, tie("tree"), { maxKeys: 3, noNullPrototype: true }),
    ),
  }));
  const anyHeaders = fc.dictionary(key, tree, { maxKeys: 4, noNullPrototype: true });
  fc.assert(fc.property(anyHeaders, (headers) => {
    assert.deepEqual(again({ messageId: "x", headers }), { messageId: "x", headers });
  }));
});

Deno.test("headers that contain themselves are refused", () => {
  const headers: Record<string, unknown> = {};
  headers.self = headers;
  assert.throws(() => encodeProperties({ headers }), (error) => {
    assert.ok(error instanceof BrokerError);
    assert.equal(error.kind, "refused");
    assert.match(error.message, /^The event's properties cannot be stored: /);
    return true;
  });
});
