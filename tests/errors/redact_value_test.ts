import assert from "node:assert/strict";
import fc from "fast-check";
import { redactValue } from "../../lib/errors/redact_value.ts";

Deno.test("redactValue hides values by their names, at every depth", () => {
  const value = {
    user: "anna",
    password: "hunter2",
    nested: [{ slack_access_token: ["hunter2"], api_key: 5 }],
    token: null,
    has_secret: true,
    text: "token=hunter2",
  };
  assert.deepEqual(redactValue(value), {
    user: "anna",
    password: "***",
    nested: [{ slack_access_token: "***", api_key: "***" }],
    token: null,
    has_secret: true,
    text: "token=***",
  });
});

Deno.test("redactValue makes plain data of values that JSON lacks", () => {
  const value = {
    date: new Date(0),
    bad: new Date(NaN),
    url: new URL("amqp://a:hunter2@b/"),
    map: new Map<unknown, unknown>([["password", 1], [2, "two"]]),
    set: new Set([1, 2]),
    bytes: new Uint8Array(3),
    big: 12345678901234567890n,
    call: () => 0,
    symbol: Symbol("x"),
  };
  assert.deepEqual(redactValue(value), {
    date: "1970-01-01T00:00:00.000Z",
    bad: null,
    url: "amqp://a:***@b/",
    map: { password: "***", 2: "two" },
    set: [1, 2],
    bytes: "[3 bytes]",
    big: "12345678901234567890",
    call: "[function]",
    symbol: "[symbol]",
  });
});

Deno.test("redactValue shows an error with its cause and own properties", () => {
  const error = Object.assign(new TypeError("password=hunter2"), { status: 5 });
  const { name, message, status } = redactValue(error) as Record<
    string,
    unknown
  >;
  assert.deepEqual({ name, message, status }, {
    name: "TypeError",
    message: "password=***",
    status: 5,
  });
});

Deno.test("redactValue bounds depth, width, length and the sum of all", () => {
  const cyclic: Record<string, unknown> = {};
  cyclic["self"] = cyclic;
  assert.equal(JSON.stringify(redactValue(cyclic)).match(/self/g)?.length, 6);
  const list = redactValue(new Array(1000).fill(0)) as unknown[];
  assert.deepEqual([list.length, list.at(-1)], [101, "[...]"]);
  const wide = redactValue(
    Object.fromEntries(list.entries().map(([i]) => [`k${i}`, i])),
  );
  assert.equal(Object.keys(wide as object).length, 101);
  assert.equal((redactValue("a".repeat(10_000)) as string).length, 8192 + 5);
  const bushy = (depth: number): unknown => depth === 0 ? 1 : new Array(20).fill(bushy(depth - 1));
  assert.ok(JSON.stringify(redactValue(bushy(5))).length < 100_000);
});

Deno.test("redactValue survives getters and proxies that throw", () => {
  const value = {
    get broken(): string {
      throw new Error("no");
    },
    proxy: new Proxy({}, {
      ownKeys: () => {
        throw new Error("no");
      },
    }),
    fine: 1,
  };
  assert.deepEqual(redactValue(value), {
    broken: "[unreadable]",
    proxy: "[unreadable]",
    fine: 1,
  });
});

Deno.test("redactValue does not call toJSON and keeps the key __proto__ harmless", () => {
  const value = JSON.parse('{"__proto__": {"polluted": 1}, "a": 1}');
  value.toJSON = () => assert.fail("called");
  const copy = redactValue(value) as Record<string, unknown>;
  assert.equal(copy["polluted"], undefined);
  assert.deepEqual(Object.keys(copy), ["__proto__", "a", "toJSON"]);
});

Deno.test("redactValue keeps any JSON value that has no secret and is small", () => {
  const leaf = fc.oneof(
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.constant("text"),
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 3 }, leaf, tie("list"), tie("object")),
    list: fc.array(tie("value"), { maxLength: 3 }),
    object: fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value"), {
      noNullPrototype: true,
    }),
  }));
  fc.assert(
    fc.property(value, (one) => assert.deepEqual(redactValue(one), one)),
  );
});

Deno.test("redactValue makes a value that JSON.stringify accepts, of anything", () => {
  const anything = fc.anything({
    ...{ withBigInt: true, withDate: true, withMap: true, withSet: true },
    ...{ withTypedArray: true, withNullPrototype: true, withSparseArray: true },
  });
  fc.assert(
    fc.property(anything, (one) => void JSON.stringify(redactValue(one))),
  );
});
