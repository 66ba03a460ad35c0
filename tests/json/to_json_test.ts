import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { parseJson } from "../../lib/json/parse_json.ts";
import { toJson } from "../../lib/json/to_json.ts";

const WRITTEN: readonly [value: unknown, text: string][] = [
  [{ id: 9007199254740993n }, '{"id":9007199254740993}'],
  [[-5n, 0n], "[-5,0]"],
  [10n ** 40n, "1" + "0".repeat(40)],
  [{ gone: undefined, at: new Date(0) }, '{"at":"1970-01-01T00:00:00.000Z"}'],
  [new URL("https://example.org/a"), '"https://example.org/a"'],
  [{ toJSON: () => ({ id: 7n }) }, '{"id":7}'],
  [null, "null"],
];

for (const [value, text] of WRITTEN) {
  Deno.test(`toJson writes ${text}`, () => assert.equal(toJson(value), text));
}

class Holder {
  readonly price = NaN;
}

const REFUSED: readonly [value: unknown, message: string][] = [
  [{ items: [1, 2, 3, { price: NaN }] }, "NaN at $.items[3].price is not JSON"],
  [{ a: { b: [1] }, c: [{ d: -Infinity }] }, "-Infinity at $.c[0].d is not JSON"],
  [{ to: new Map() }, "a Map at $.to is not JSON"],
  [[new Set([1])], "a Set at $[0] is not JSON"],
  [{ "the cause": new RangeError("x") }, 'an Error at $["the cause"] is not JSON'],
  [{ user: Promise.resolve(1) }, "a Promise at $.user is not JSON"],
  [{ match: /x/ }, "a RegExp at $.match is not JSON"],
  [{ when: new Date(NaN) }, "an invalid Date at $.when is not JSON"],
  [{ raw: new Uint8Array(2) }, "a value of bytes at $.raw is not JSON"],
  [{ raw: Buffer.from("x") }, "a value of bytes at $.raw is not JSON"],
  [{ raw: new ArrayBuffer(2) }, "a value of bytes at $.raw is not JSON"],
  [{ row: { toJSON: () => ({ list: [new Holder()] }) } }, "NaN at $.row.list[0].price is not JSON"],
  [NaN, "NaN at $ is not JSON"],
  [new Map(), "a Map at $ is not JSON"],
  [undefined, "a value of type undefined is not JSON"],
  [() => 1, "a value of type function is not JSON"],
];

for (const [value, message] of REFUSED) {
  Deno.test(`toJson refuses ${message}`, () => {
    assert.throws(() => toJson(value), { name: "TypeError", message });
  });
}

Deno.test("toJson refuses a value that contains itself", () => {
  const value: Record<string, unknown> = {};
  value.self = value;
  assert.throws(() => toJson(value), { name: "TypeError", message: /circular/ });
});

Deno.test("toJson writes the text of JSON.stringify, and again when parseJson has read it", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const text = toJson(value);
    assert.equal(text, JSON.stringify(value));
    assert.equal(toJson(parseJson(text)), text);
  }));
});
