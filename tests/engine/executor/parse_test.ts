import assert from "node:assert/strict";
import fc from "fast-check";
import { z } from "zod";
import { parseEvent } from "../../../lib/engine/executor/parse.ts";

const ANY = z.unknown();
const parse = (body: string, schema: z.ZodType = ANY, maxDepth = 1000) =>
  parseEvent(body, schema, maxDepth);

function assertInvalid(body: string, message: string | RegExp, schema: z.ZodType = ANY): void {
  assert.throws(() => parse(body, schema), { name: "InvalidEvent", message });
}

const SECRET = "hunter2";
const NOT_JSON: readonly [title: string, body: string][] = [
  ["a short text", SECRET],
  ["a text that begins like JSON", `{"password": ${SECRET}}`],
  ["a long text", `{"a": "${"x".repeat(50)}", "p": ${SECRET}, "b": "${"y".repeat(50)}"}`],
  ["an error near the end", `{"a": "${"x".repeat(50)}", "p": ${SECRET}`],
  ["an error near the start", `${SECRET} ${"x".repeat(100)}`],
  ["what follows the JSON", `{} ${SECRET}`],
  ["JSON that is cut short", `{"password": "${SECRET}`],
  ["a line break in a text", `"${SECRET}\n"`],
  ["a bad escape", `"${SECRET}\\q"`],
  ["a body that speaks as the parser does", `x is not valid JSON ${SECRET}`],
  ["two bodies", `{"a":1}{"p":"${SECRET}"}`],
];

for (const [title, body] of NOT_JSON) {
  Deno.test(`parseEvent says that it is not JSON without quoting ${title}`, () => {
    assertInvalid(body, /^The body is not JSON: ./);
    assert.throws(() => parse(body), (error: Error) => !error.message.includes(SECRET));
  });
}

Deno.test("parseEvent never quotes more than a character of any body that is not JSON", () => {
  const anyBody = fc.string({ unit: fc.constantFrom(..."@§% \"'{}[],:.is not valid JSON") });
  fc.assert(
    fc.property(anyBody, (body) => {
      try {
        parse(`${SECRET}${body}`);
      } catch (error) {
        assert(!(error as Error).message.includes(SECRET.slice(0, 4)), (error as Error).message);
      }
    }),
    { numRuns: 2000 },
  );
});

for (const body of ["", " ", "undefined", "NaN", "'a'", "{a:1}", "[1,]", "01", "\ufeff{}"]) {
  Deno.test(`parseEvent refuses ${JSON.stringify(body)}`, () => {
    assertInvalid(body, /^The body is not JSON: /);
  });
}

Deno.test("parseEvent shows a byte order mark, which nobody sees", () => {
  assertInvalid("\ufeff{}", "The body is not JSON: Unexpected token 'U+FEFF'");
});

const USER = z.object({ user: z.object({ id: z.number(), tags: z.array(z.string()) }) });

Deno.test("parseEvent names the path of what does not fit, and not its value", () => {
  const body = JSON.stringify({ user: { id: SECRET, tags: ["a", 4711] } });
  assertInvalid(
    body,
    "The body does not fit the worker's schema: " +
      "user.id: Invalid input: expected number, received string; " +
      "user.tags.1: Invalid input: expected string, received number",
    USER,
  );
});

Deno.test("parseEvent calls the whole body the event", () => {
  assertInvalid(
    `"${SECRET}"`,
    "The body does not fit the worker's schema: event: Invalid input: expected object, received string",
    USER,
  );
});

Deno.test("parseEvent names five of many problems", () => {
  assert.throws(
    () => parse(JSON.stringify([...Array(50)].map(() => SECRET)), z.array(z.number())),
    {
      message: /^The body does not fit the worker's schema: (\d: [^;]+; ){4}4: [^;]+$/,
    },
  );
});

Deno.test("parseEvent gives what the schema makes of the body", () => {
  const schema = z.object({ at: z.coerce.date(), kind: z.string().default("none") });
  assert.deepEqual(parse('{"at":0,"more":1}', schema), {
    event: { at: new Date(0), kind: "none" },
    attempt: 1,
  });
});

const nestings: readonly [title: string, nested: (depth: number) => string][] = [
  ["arrays", (depth) => "[".repeat(depth) + "]".repeat(depth)],
  ["objects", (depth) => '{"a":'.repeat(depth) + "1" + "}".repeat(depth)],
  ["arrays and objects", (depth) => '[{"a":'.repeat(depth / 2) + "1" + "}]".repeat(depth / 2)],
];

for (const [title, nested] of nestings) {
  Deno.test(`parseEvent takes ${title} nested 998 and 1000 deep, and not 1002`, () => {
    for (const depth of [998, 1000]) assert.equal(parse(nested(depth)).attempt, 1);
    assertInvalid(nested(1002), "The body is nested more than 1000 deep (MAX_EVENT_DEPTH)");
  });

  Deno.test(`parseEvent refuses ${title} nested a million deep`, () => {
    assertInvalid(nested(1e6), "The body is nested more than 1000 deep (MAX_EVENT_DEPTH)");
  });
}

for (const [depth, fits] of [[999, true], [1000, true], [1001, false]] as const) {
  Deno.test(`parseEvent ${fits ? "takes" : "refuses"} a nesting of ${depth}`, () => {
    const body = "[".repeat(depth) + "]".repeat(depth);
    if (fits) assert.equal(parse(body).attempt, 1);
    else assertInvalid(body, "The body is nested more than 1000 deep (MAX_EVENT_DEPTH)");
  });
}

Deno.test("parseEvent refuses a million brackets that are never closed", () => {
  assertInvalid("[".repeat(1e6), "The body is nested more than 1000 deep (MAX_EVENT_DEPTH)");
});

const TEXTS: readonly string[] = [
  "[".repeat(5000),
  '"'.repeat(3000) + "[".repeat(5000),
  "\\" + "{".repeat(5000),
  '\\"' + "[".repeat(5000),
  "\\\\".repeat(2000) + '"' + "[".repeat(5000),
];

for (const text of TEXTS) {
  const title = `${JSON.stringify(text.slice(0, 3))} and ${text.length - 3} more`;
  Deno.test(`parseEvent does not count brackets in the text ${title}`, () => {
    assert.deepEqual(parse(JSON.stringify({ [text]: [text] })).event, { [text]: [text] });
  });
}

Deno.test("parseEvent does not add up what is nested side by side", () => {
  const side = "[".repeat(600) + "]".repeat(600);
  assert.equal(parse(`[${side},${side},${side}]`).attempt, 1);
});

Deno.test("parseEvent agrees with JSON.parse on how deep a body is", () => {
  fc.assert(
    fc.property(fc.json({ depthSize: "large" }), fc.integer({ min: 1, max: 6 }), (body, most) => {
      const fits = depthOf(JSON.parse(body)) <= most;
      if (fits || body.length > 2 * most) {
        if (fits) parse(body, ANY, most);
        else assert.throws(() => parse(body, ANY, most), { name: "InvalidEvent" });
      }
    }),
  );
});

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

for (const [tries, attempt] of [[0, 1], [1, 2], [3, 4]] as const) {
  Deno.test(`parseEvent counts failed_tries ${tries} as attempt ${attempt}`, () => {
    const schema = z.strictObject({ id: z.number() });
    const body = JSON.stringify({ id: 7, failed_tries: tries });
    assert.deepEqual(parse(body, schema), { event: { id: 7 }, attempt });
  });
}

for (const tries of ["1", null, -1, 1.5, {}, [], true, 1e300]) {
  Deno.test(`parseEvent refuses failed_tries ${JSON.stringify(tries)}`, () => {
    assertInvalid(
      JSON.stringify({ failed_tries: tries }),
      `The body's failed_tries must be a whole number from 0, and is of type ${typeof tries}`,
    );
  });
}

for (const body of ["null", "5", '"failed_tries"', "[1]", "true"]) {
  Deno.test(`parseEvent takes the body ${body}, which has no fields`, () => {
    assert.deepEqual(parse(body), { event: JSON.parse(body), attempt: 1 });
  });
}

Deno.test("parseEvent passes on what a schema throws", () => {
  const schema = z.unknown().transform(() => {
    throw new TypeError("the schema is broken");
  });
  assert.throws(() => parse("{}", schema), { name: "TypeError", message: "the schema is broken" });
});

Deno.test("parseEvent leaves prototypes alone", () => {
  const body = '{"__proto__":{"failed_tries":5,"polluted":true},"constructor":1}';
  const { event, attempt } = parse(body, z.looseObject({}));
  assert.equal(attempt, 1);
  assert.equal((event as { polluted?: unknown }).polluted, undefined);
  assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  const withTries = parse('{"__proto__":{"polluted":true},"failed_tries":2}');
  assert.equal(withTries.attempt, 3);
  assert.equal((withTries.event as { polluted?: unknown }).polluted, undefined);
});
