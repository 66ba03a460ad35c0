/** What a handler gets for whole numbers that a JavaScript number does not hold. */

import assert from "node:assert/strict";
import { exactInteger } from "process-queue/worker";
import { z } from "zod";
import { parseEvent } from "../../../lib/engine/executor/parse.ts";

const WIDE = "9007199254740993";
const BIG = 9007199254740993n;
const SAYS = "A JavaScript number does not hold this whole number: let the schema take it as " +
  "z.bigint()";

const parse = (body: string, schema: z.ZodType) => parseEvent(body, schema, 1000).event;

function assertTooWide(body: string, schema: z.ZodType, path: string): void {
  assert.throws(() => parse(body, schema), {
    name: "InvalidEvent",
    message: `The body does not fit the worker's schema: ${path}: ${SAYS}`,
  });
}

const NUMBERS: Readonly<Record<string, z.ZodType>> = {
  "z.number()": z.number(),
  "z.int()": z.int(),
  "z.coerce.number()": z.coerce.number(),
  "z.number().optional()": z.number().optional(),
  "z.number().default(1)": z.number().default(1),
  "z.coerce.number().nullable()": z.coerce.number().nullable(),
  "z.union([z.string(), z.number()])": z.union([z.string(), z.number()]),
  "z.union([z.string(), z.coerce.number()])": z.union([z.string(), z.coerce.number()]),
  "z.lazy(() => z.number())": z.lazy(() => z.number()),
  "z.lazy(() => z.coerce.number())": z.lazy(() => z.coerce.number()),
  "z.number().transform(String)": z.number().transform(String),
  "z.coerce.number().transform(String)": z.coerce.number().transform(String),
  "z.unknown().pipe(z.coerce.number())": z.unknown().pipe(z.coerce.number()),
  "z.preprocess((v) => v, z.coerce.number())": z.preprocess((v) => v, z.coerce.number()),
  "z.number().readonly()": z.number().readonly(),
};

const PLACES: readonly [string, (schema: z.ZodType) => z.ZodType, body: string, path: string][] = [
  ["alone", (schema) => schema, WIDE, "event"],
  ["in an object", (id) => z.object({ id }), `{"id":${WIDE}}`, "id"],
  ["in a loose object", (id) => z.looseObject({ id }), `{"id":${WIDE}}`, "id"],
  ["as a catchall", (rest) => z.object({}).catchall(rest), `{"id":${WIDE}}`, "id"],
  ["in an array", (one) => z.array(one), `[1,-${WIDE}]`, "1"],
  ["in a tuple", (one) => z.tuple([z.string()], one), `["a",${WIDE}]`, "1"],
  [
    "in a record",
    (one) => z.record(z.string(), one),
    `{"a":{},"b":${WIDE}}`.replace("{}", "1"),
    "b",
  ],
  [
    "in an intersection",
    (id) => z.intersection(z.looseObject({}), z.looseObject({ id })),
    `{"id":${WIDE}}`,
    "id",
  ],
  [
    "in an option of a discriminated union",
    (id) =>
      z.discriminatedUnion("kind", [
        z.object({ kind: z.literal("a"), id: z.bigint() }),
        z.object({ kind: z.literal("b"), id }),
      ]),
    `{"kind":"b","id":${WIDE}}`,
    "id",
  ],
];

for (const [name, schema] of Object.entries(NUMBERS)) {
  for (const [place, around, body, path] of PLACES) {
    Deno.test(`a whole number that ${name} ${place} would change is an invalid event`, () => {
      assertTooWide(body, around(schema), path);
    });
  }
}

Deno.test("a schema that reads a number takes every number that a JavaScript number holds", () => {
  const schema = z.object({ id: z.number(), score: z.number() });
  assert.deepEqual(parse('{"id":9007199254740994,"score":0.1234567890123456789}', schema), {
    id: 9007199254740994,
    score: 0.1234567890123456789,
  });
});

const KEPT: readonly [string, z.ZodType, body: string, event: unknown][] = [
  [
    "a field that is named as a method of every object",
    z.looseObject({ id: z.int() }),
    `{"toString":${WIDE},"id":1}`,
    { toString: BIG, id: 1 },
  ],
  ["z.unknown()", z.unknown(), `{"id":${WIDE}}`, { id: BIG }],
  ["z.any()", z.any(), `[${WIDE},1]`, [BIG, 1]],
  ["z.looseObject()", z.looseObject({ n: z.int() }), `{"n":1,"id":${WIDE}}`, { n: 1, id: BIG }],
  ["z.object(), which drops it", z.object({}), `{"id":${WIDE}}`, {}],
  ["z.record of unknown", z.record(z.string(), z.unknown()), `{"id":${WIDE}}`, { id: BIG }],
  ["z.coerce.string()", z.object({ id: z.coerce.string() }), `{"id":${WIDE}}`, { id: WIDE }],
  ["z.coerce.bigint()", z.object({ id: z.coerce.bigint() }), `{"id":${WIDE}}`, { id: BIG }],
  ["z.string()", z.object({ id: z.string() }), `{"id":"${WIDE}"}`, { id: WIDE }],
  ["a union with z.bigint()", z.union([z.number(), z.bigint()]), WIDE, BIG],
  [
    "a union whose earlier option keeps it",
    z.union([z.bigint(), z.coerce.number()]),
    WIDE,
    BIG,
  ],
  ["z.number().catch(0)", z.number().catch(0), WIDE, 0],
];

for (const [name, schema, body, event] of KEPT) {
  Deno.test(`a whole number that a JavaScript number does not hold is exact in ${name}`, () => {
    assert.deepEqual(parse(body, schema), event);
  });
}

const BIGINTS: Readonly<Record<string, z.ZodType>> = {
  "z.bigint()": z.bigint(),
  "z.int64()": z.int64(),
  "z.coerce.bigint()": z.coerce.bigint(),
  "exactInteger()": exactInteger(),
  "exactInteger().optional()": exactInteger().optional(),
  "a union with z.bigint()": z.union([z.string(), z.bigint()]),
  "z.lazy(() => z.bigint())": z.lazy(() => z.bigint()),
  "z.preprocess((v) => v, z.bigint())": z.preprocess((v) => v, z.bigint()),
  "z.bigint().nullable()": z.bigint().nullable(),
};

for (const [name, schema] of Object.entries(BIGINTS)) {
  Deno.test(`${name} gets whole numbers of any size as bigints`, () => {
    const texts = ["0", "-5", "9007199254740992", WIDE, "-1970670598291982290"];
    const body = `{"ids":[${texts}],"id":7}`;
    assert.deepEqual(parse(body, z.object({ ids: z.array(schema), id: schema })), {
      ids: texts.map(BigInt),
      id: 7n,
    });
    assert.equal(parse("7", schema), 7n);
  });

  Deno.test(`${name} gets no fraction and no text that is not a whole number`, () => {
    for (const text of ["0.5", "1e23", '"x"', "{}"]) {
      if (text === '"x"' && name.startsWith("a union")) continue;
      if (text === "1e23" && name === "z.coerce.bigint()") continue;
      assert.throws(() => parse(text, schema), { name: "InvalidEvent" });
    }
  });
}

Deno.test("z.coerce.number().int() takes no whole number that a JavaScript number changes", () => {
  const schema = z.object({ id: z.coerce.number().int() });
  assertTooWide(`{"id":${WIDE}}`, schema, "id");
});

Deno.test("a union gets the bigints of the option that fits, and no others", () => {
  const schema = z.union([
    z.object({ kind: z.literal("a"), id: z.bigint() }),
    z.object({ kind: z.literal("b"), id: z.number(), to: z.bigint() }),
  ]);
  assert.deepEqual(parse('{"kind":"b","id":5,"to":7}', schema), { kind: "b", id: 5, to: 7n });
  assert.deepEqual(parse('{"kind":"a","id":5}', schema), { kind: "a", id: 5n });
});

Deno.test("bigints do not hide another problem of an event", () => {
  const schema = z.object({ id: z.bigint(), name: z.string() });
  assert.throws(() => parse('{"id":5,"name":7}', schema), {
    message: /name: Invalid input: expected string, received number/,
  });
});

Deno.test("a body whose number is too large is an invalid event that names its place", () => {
  assert.throws(() => parse('{"a":[{"price":1e400}]}', z.unknown()), {
    name: "InvalidEvent",
    message: "The number at $.a[0].price is too large",
  });
});

Deno.test("failed_tries counts in an event with a long whole number", () => {
  const { event, attempt } = parseEvent(`{"failed_tries":1,"id":${WIDE}}`, z.unknown(), 1000);
  assert.deepEqual([event, attempt], [{ id: BIG }, 2]);
});

Deno.test("an event of a thousand levels may have a long whole number", () => {
  const body = "[".repeat(1000) + WIDE + "]".repeat(1000);
  assert.equal(
    JSON.stringify(
      parse(body, z.unknown()),
      (_key, value) => typeof value === "bigint" ? "found" : value,
    ).length,
    2007,
  );
});

Deno.test("an event that is nested too deep for a long whole number is invalid", () => {
  const body = "[".repeat(50_000) + WIDE + "]".repeat(50_000);
  assert.throws(() => parseEvent(body, z.unknown(), 100_000), {
    name: "InvalidEvent",
    message: "The body is nested too deep for a number of 16 digits or more (MAX_EVENT_DEPTH)",
  });
});
