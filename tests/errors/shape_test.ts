import assert from "node:assert/strict";
import { shapeOf } from "../../lib/errors/shape.ts";

const ROWS: readonly [value: unknown, shape: string][] = [
  [{ to_emails: ["ada@example.com!!"] }, '{"to_emails": [string of 17]}'],
  [
    { a: 1, b: 2n, c: true, d: null, e: "" },
    '{"a": number, "b": number, "c": boolean, "d": null, "e": string of 0}',
  ],
  ["💥é", "string of 2"],
  [[], "[]"],
  [{}, "{}"],
  [{ "ada@example.com": { x: 1 } }, '{string of 15: {"x": number}}'],
  [Array.from({ length: 12 }, () => 1), `[${"number, ".repeat(10)}2 more]`],
  [[[[[[[[1, 2]]]]]]], "[[[[[[list of 2]]]]]]"],
  [[[[[[[[{ a: 1 }]]]]]]], "[[[[[[list of 1]]]]]]"],
  [
    { a: { a: { a: { a: { a: { a: {} } } } } } },
    '{"a": {"a": {"a": {"a": {"a": {"a": object}}}}}}',
  ],
];

for (const [value, shape] of ROWS) {
  Deno.test(`shapeOf shows ${shape}`, () => assert.equal(shapeOf(value), shape));
}
