import assert from "node:assert/strict";
import {
  NotEncodable,
  publishEncodable,
  publishOptions,
} from "../../../../lib/engine/broker/rabbitmq/properties.ts";

/** The header `h` as it is written in the end. */
async function written(h: unknown): Promise<unknown> {
  let headers: Record<string, unknown> = {};
  // deno-lint-ignore require-await
  await publishEncodable({ headers: { h } }, async (properties) => {
    try {
      headers = publishOptions(properties).headers;
    } catch (error) {
      throw new NotEncodable("q", error);
    }
  });
  return headers["h"];
}

/** Tables of a publisher that amqplib would take for a value with a type, and write as NaN. */
const LOOKALIKES: readonly [h: unknown, text: string][] = [
  [{ "!": "double", value: "text" }, '{"!":"double","value":"text"}'],
  [{ "!": "double" }, '{"!":"double"}'],
  [{ "!": "float", value: 1e300 }, "1e+300"],
  [{ "!": "double", value: { a: 1n } }, '{"!":"double","value":{"a":"1"}}'],
  [{ "!": "long", value: 5 }, "5"],
];

for (const [h, text] of LOOKALIKES) {
  Deno.test(`a table that only looks like a value with a type is written as ${text}`, async () => {
    assert.equal(await written(h), text);
    assert.deepEqual(await written([h]), [text]);
  });
}

Deno.test("values with a type are written as they were read", async () => {
  for (
    const h of [
      { "!": "timestamp", value: 1 },
      { "!": "timestamp", value: 2n ** 64n - 1n },
      { "!": "decimal", value: { places: 2, digits: 256 } },
    ]
  ) assert.equal(await written(h), h);
});
