import assert from "node:assert/strict";
import fc from "fast-check";
import { parseJson, parseJsonBigints } from "../../lib/json/parse_json.ts";

const VALUES: readonly [text: string, value: unknown][] = [
  ["9007199254740991", 9007199254740991],
  ["9007199254740992", 9007199254740992],
  ["9007199254740993", 9007199254740993n],
  ["-9007199254740993", -9007199254740993n],
  ["1970670598291982290", 1970670598291982290n],
  ['{"id":9007199254740993}', { id: 9007199254740993n }],
  ['{"id": 9007199254740993 }', { id: 9007199254740993n }],
  ["[1,[9007199254740993]]", [1, [9007199254740993n]]],
  ["\n9007199254740993\n", 9007199254740993n],
  ["9007199254740994", 9007199254740994],
  ["100000000000000000000", 1e20],
  ["1000000000000000000000", 1000000000000000000000n],
  ["33755993954472430", 33755993954472430n],
  ["1970670598291982336", 1970670598291982336n],
  ["-0", -0],
  ["0.1234567890123456789", 0.1234567890123456789],
  ["9007199254740993.5", 9007199254740993.5],
  ["9007199254740993e0", 9007199254740992],
  ["1e300", 1e300],
  ["1e-400", 0],
  ["0e400", 0],
  ['"9007199254740993"', "9007199254740993"],
  ['{"9007199254740993":"1e400, 1e400"}', { "9007199254740993": "1e400, 1e400" }],
  ['" 9007199254740993,1e400 "', " 9007199254740993,1e400 "],
  ['{"id":9007199254740993,"id":5}', { id: 5 }],
  ['{"id":5,"id":9007199254740993}', { id: 9007199254740993n }],
  ['{"id":1e400,"id":5}', { id: 5 }],
  ["9".repeat(4300), BigInt("9".repeat(4300))],
];

for (const [text, value] of VALUES) {
  Deno.test(`parseJson reads ${JSON.stringify(text.slice(0, 40))} exactly`, () => {
    assert.deepEqual(parseJson(text), value);
  });
}

const TOO_LARGE: readonly [text: string, place: string][] = [
  ["1e400", "$"],
  ["-1E+0400", "$"],
  ["1.5e309", "$"],
  [`1${"0".repeat(308)}e1`, "$"],
  [`1${"0".repeat(310)}.0`, "$"],
  ["9".repeat(4301), "$"],
  ['{"a":[1,{"b c":1e400}],"d":1e400}', '$.a[1]["b c"]'],
  ["[1, 2, 1e999999]", "$[2]"],
];

for (const [text, place] of TOO_LARGE) {
  Deno.test(`parseJson refuses ${text.slice(0, 40)}, which is too large, and names its place`, () => {
    assert.throws(() => parseJson(text), {
      name: "NumberTooLargeError",
      message: `The number at ${place} is too large`,
    });
  });
}

Deno.test("parseJson keeps a field __proto__ as a field", () => {
  const value = parseJson('{"__proto__":{"id":9007199254740993}}') as object;
  assert.deepEqual(Object.keys(value), ["__proto__"]);
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
});

Deno.test("parseJson misses no long number, wherever it stands", () => {
  const digits = fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: 1, maxLength: 40 });
  const whole = digits.map((text) => text.replace(/^0+(?=\d)/, ""));
  const fraction = fc.option(digits.map((text) => `.${text}`), { nil: "" });
  const exponent = fc.constantFrom("", "", "e5", "E+25", "e-400", "e250", "e0100");
  const number = fc.tuple(fc.constantFrom("", "-"), whole, fraction, exponent)
    .map((parts) => parts.join(""));
  const text = fc.oneof(number, fc.string().map((text) => JSON.stringify(text)));
  const blank = fc.constantFrom("", " ", "\n", "\t ");
  const list = fc.array(fc.tuple(blank, text, blank).map((parts) => parts.join("")));
  fc.assert(
    fc.property(list, (items) => {
      const body = `[${items.join(",")}]`;
      const every = parseJsonBigints(body) as unknown[];
      const nearest = every.map((each) =>
        typeof each === "bigint" && isKept(each) ? Number(each) : each
      );
      // -0 is a number, and 0n has no sign.
      assert.deepEqual(plain(parseJson(body)), plain(nearest));
    }),
    { numRuns: 2000 },
  );
});

Deno.test("parseJsonBigints reads each whole number as a bigint, and no other", () => {
  assert.deepEqual(parseJsonBigints('{"a":5,"b":[-0,5.0,1e2],"c":"7"}'), {
    a: 5n,
    b: [0n, 5, 100],
    c: "7",
  });
});

function isKept(whole: bigint): boolean {
  const number = Number(whole);
  return Number.isSafeInteger(number) ||
    (String(number) === String(whole) && BigInt(number) === whole);
}

function plain(value: unknown): unknown {
  return (value as unknown[]).map((each) => each === 0 ? 0 : each);
}
