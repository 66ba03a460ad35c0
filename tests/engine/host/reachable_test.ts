/**
 * Paths of `secrets` beside the schema of the events.
 *
 * @module
 */

import assert from "node:assert/strict";
import { z } from "zod";
import { unreachable } from "../../../lib/engine/host/reachable.ts";

const MAIL = z.object({
  to_email: z.email(),
  context: z.object({ confirm_url: z.url(), name: z.string() }).optional(),
  parts: z.array(z.object({ url: z.url() })).nullable().default([]),
  cc: z.union([z.string(), z.array(z.string()), z.object({ address: z.string() })]),
});

const WRONG: readonly [path: string, meant: string | undefined][] = [
  ["to_emial", "to_email"],
  ["contxt.*_url", "context.*_url"],
  ["contxt.confirm_ulr", "context.confirm_url"],
  ["context.*_link", undefined],
  ["event.to_email", "to_email"],
  ["event.context.name", "context.name"],
  ["parts[].url", "parts.url"],
  ["cc[0].address", "cc.address"],
  ["parts.*.url", "parts.url"],
  ["parts.0.url", "parts.url"],
  ["to_email.local", "to_email"],
  ["cc.adress", "cc.address"],
  ["password", undefined],
];

for (const [path, meant] of WRONG) {
  Deno.test(`the path ${path} reaches nothing in a mail, and ${meant ?? "nothing"} is near`, () => {
    assert.deepEqual(unreachable(MAIL, ["to_email", path, "nor_this"]), { path, meant });
  });
}

Deno.test("paths to what a schema declares reach it", () => {
  const paths = ["to_email", "*", "context", "context.*_url", "*.name", "parts.url", "cc.address"];
  assert.equal(unreachable(MAIL, paths), undefined);
  assert.equal(unreachable(MAIL, []), undefined);
});

const INNER = z.object({ a: z.string() });
const OPEN: readonly [title: string, schema: unknown][] = [
  ["unknown", z.unknown()],
  ["any", z.any()],
  ["record", z.record(z.string(), z.string())],
  ["looseObject", z.looseObject({ a: z.string() })],
  ["catchall", INNER.catchall(z.string())],
  ["lazy", z.lazy(() => INNER)],
  ["custom", z.custom<string>()],
  ["transform", INNER.transform(({ a }) => ({ b: a }))],
  ["map", z.map(z.string(), z.string())],
  ["a union with one of these", z.union([INNER, z.unknown()])],
  ["an intersection with one of these", z.intersection(INNER, z.looseObject({}))],
  ["no zod schema", { safeParse: () => ({ success: true }) }],
];

for (const [title, schema] of OPEN) {
  Deno.test(`any path may reach something in a schema that is open: ${title}`, () => {
    assert.equal(unreachable(schema, ["b.c"]), undefined);
  });
}

const CLOSED: readonly [title: string, schema: unknown][] = [
  ["strictObject", z.strictObject({ a: z.string() })],
  [
    "optional, nullable, default, prefault, readonly and catch", // each wraps the one before
    INNER.optional().nullable().default({ a: "" }).prefault({ a: "" }).readonly().catch({ a: "" }),
  ],
  ["union", z.union([INNER, z.string(), z.null()])],
  ["discriminatedUnion", z.discriminatedUnion("a", [z.object({ a: z.literal("x") })])],
  ["intersection", z.intersection(INNER, z.object({ c: z.date() }))],
  ["preprocess", z.preprocess((value) => value, INNER)],
  ["pipe", z.pipe(INNER, z.object({ a: z.string(), c: z.int() }))],
  ["tuple", z.tuple([z.bigint(), INNER], z.boolean())],
  ["refine", INNER.refine(() => true)],
  [
    "a getter of itself",
    z.object({
      a: z.string(),
      get next() {
        return z.array(INNER);
      },
    }),
  ],
];

for (const [title, schema] of CLOSED) {
  Deno.test(`only declared fields are reached in a schema that is closed: ${title}`, () => {
    assert.equal(unreachable(schema, ["a"]), undefined);
    assert.deepEqual(unreachable(schema, ["bb"]), { path: "bb", meant: undefined });
    assert.deepEqual(unreachable(schema, ["a.b"]), { path: "a.b", meant: "a" });
  });
}

Deno.test("a path may reach what a pipe takes, and what it makes", () => {
  const codec = z.codec(z.object({ raw: z.string() }), z.object({ made: z.string() }), {
    decode: ({ raw }) => ({ made: raw }),
    encode: ({ made }) => ({ raw: made }),
  });
  assert.equal(unreachable(codec, ["raw", "made"]), undefined);
});
