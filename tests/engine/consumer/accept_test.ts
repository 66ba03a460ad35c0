import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { accept } from "../../../lib/engine/consumer/accept.ts";
import type { Delivery, EventProperties } from "../../../lib/engine/broker/broker.ts";
import { MAX_PUBLISHER_HEADER_BYTES, retryProperties } from "../../../lib/engine/broker/headers.ts";
import { InvalidEvent } from "../../../lib/engine/settle/invalid_event.ts";
import { parseEvent } from "../../../lib/engine/executor/parse.ts";
import { z } from "zod";

const LIMITS = { maxEventBytes: 1000, maxHeaderBytes: MAX_PUBLISHER_HEADER_BYTES };

function delivery(body: Uint8Array | string, properties: EventProperties = {}): Delivery {
  return { body: Buffer.from(body), properties, redelivered: false, lost: false };
}

function assertRefused(delivery: Delivery, message: string | RegExp): void {
  assert.throws(() => accept(delivery, LIMITS), { name: "InvalidEvent", message });
}

const GOOD: readonly [title: string, body: Uint8Array][] = [
  ["plain text", Buffer.from('{"id":1}')],
  ["nothing", Buffer.from("")],
  ["all lengths of characters", Buffer.from("aé€😀")],
  ["a U+FFFD of the publisher's own", Buffer.from("x\ufffdy")],
  ["a byte order mark", Buffer.from([0xef, 0xbb, 0xbf, 0x7b, 0x7d])],
  ["a NUL", Buffer.from([0x22, 0, 0x22])],
  ["the last code point", Buffer.from([0xf4, 0x8f, 0xbf, 0xbf])],
];

for (const [title, body] of GOOD) {
  Deno.test(`accept takes a body of ${title} byte for byte`, () => {
    const accepted = accept(delivery(body), LIMITS);
    assert.deepEqual(Buffer.from(accepted.body), Buffer.from(body));
    assert.equal(accepted.bytes, body.length);
  });
}

Deno.test("accept takes a body that is a view of a larger buffer", () => {
  const read = new TextEncoder().encode('xxx{"id":1}yyy');
  const view = { ...delivery(""), body: read.subarray(3, 11) };
  assert.equal(accept(view, LIMITS).body, '{"id":1}');
});

const NOT_UTF8: readonly [title: string, bytes: readonly number[], where: string][] = [
  ["a lone continuation byte", [0x22, 0x80, 0x22], "byte 1 is 0x80"],
  ["an overlong slash", [0x22, 0xc0, 0xaf, 0x22], "byte 1 is 0xc0"],
  ["an overlong form of three bytes", [0xe0, 0x80, 0xaf], "byte 0 is 0xe0"],
  ["a character that is cut short", [0x61, 0xe2, 0x82], "byte 1 is 0xe2"],
  ["a character cut short by another", [0xe2, 0x82, 0x61], "byte 0 is 0xe2"],
  ["a surrogate", [0xed, 0xa0, 0x80], "byte 0 is 0xed"],
  ["a code point over U+10FFFF", [0xf4, 0x90, 0x80, 0x80], "byte 0 is 0xf4"],
  ["a byte that UTF-8 never has", [0xff], "byte 0 is 0xff"],
  ["latin-1", [...Buffer.from("caf\xe9", "latin1")], "byte 3 is 0xe9"],
  ["gzip", [0x1f, 0x8b, 0x08], "byte 1 is 0x8b"],
  ["a bad byte after a U+FFFD of the publisher's own", [0xef, 0xbf, 0xbd, 0xff], "byte 3 is 0xff"],
];

for (const [title, bytes, where] of NOT_UTF8) {
  Deno.test(`accept refuses ${title} and says where it is`, () => {
    assertRefused(delivery(Uint8Array.from(bytes)), `The body is not UTF-8: ${where}`);
  });
}

Deno.test("accept refuses a body by its bytes, not its characters", () => {
  assert.equal(accept(delivery("é".repeat(500)), LIMITS).bytes, 1000);
  assertRefused(
    delivery("é".repeat(500) + "x"),
    "The body has 1001 bytes, more than 1000 (MAX_EVENT_BYTES)",
  );
});

for (const encoding of ["", "utf-8", "UTF-8", "utf8", "Utf8", "identity"]) {
  Deno.test(`accept takes the content encoding "${encoding}"`, () => {
    assert.equal(accept(delivery("{}", { contentEncoding: encoding }), LIMITS).body, "{}");
  });
}

for (const encoding of ["gzip", "deflate", "binary", "latin-1", "utf-16"]) {
  Deno.test(`accept refuses the content encoding "${encoding}"`, () => {
    assertRefused(
      delivery("{}", { contentEncoding: encoding }),
      `The content encoding is "${encoding}": only uncompressed UTF-8 is supported`,
    );
  });
}

Deno.test("accept refuses headers that are too large", () => {
  assertRefused(
    delivery("{}", { headers: { a: "x".repeat(60_000) } }),
    "The headers have 60011 bytes, more than 45056 (MAX_HEADER_BYTES)",
  );
});

Deno.test("accept refuses many small headers that are too large together", () => {
  const headers = Object.fromEntries(
    Array.from({ length: 1000 }, (_, i) => [`h${i}`, "x".repeat(50)]),
  );
  assertRefused(delivery("{}", { headers }), /^The headers have \d+ bytes, more than 45056/);
});

Deno.test("accept measures small headers where the limit is low", () => {
  const one = delivery("{}", { headers: { a: "x".repeat(100) } });
  assert.throws(() => accept(one, { ...LIMITS, maxHeaderBytes: 50 }), {
    message: "The headers have 111 bytes, more than 50 (MAX_HEADER_BYTES)",
  });
});

Deno.test("accept takes a retry of an event whose headers were as large as they may be", () => {
  const published = delivery("{}", { headers: { a: "x".repeat(MAX_PUBLISHER_HEADER_BYTES - 11) } });
  accept(published, LIMITS);
  const { headers, ...rest } = retryProperties(published.properties, {
    kind: "retry",
    delay: 5,
    attempts: 1,
    crashes: 0,
    reason: "error",
    error: { name: "Error", message: "m".repeat(4096) },
  }, { now: 0 });
  const deaths = [{ queue: "q.retry.5s", reason: "expired", exchange: "", count: 1 }];
  const again = delivery("{}", { ...rest, headers: { ...headers, "x-death": deaths } });
  assert.equal(accept(again, LIMITS).state.attempts, 1);
});

Deno.test("accept refuses headers of the engine's that the engine never wrote", () => {
  assertRefused(
    delivery("{}", { headers: { "x-pq-else": "x".repeat(20_000) } }),
    /^The headers x-pq-… have \d+ bytes, more than 16384: only the engine sets them$/,
  );
});

for (const value of ["3", -1, 1.5, NaN, Infinity, null, {}, 2 ** 53]) {
  Deno.test(`accept refuses ${value} (${typeof value}) as a number of attempts`, () => {
    assertRefused(
      delivery("{}", { headers: { "x-pq-attempts": value } }),
      "The header x-pq-attempts is not a whole number from 0",
    );
  });
}

for (const name of ["x-pq-crashes", "x-pq-not-before"]) {
  Deno.test(`accept names the header ${name} when it is no number`, () => {
    assertRefused(
      delivery("{}", { headers: { [name]: "x" } }),
      `The header ${name} is not a whole number from 0`,
    );
  });
}

Deno.test("accept reads what the headers say of earlier runs", () => {
  const headers = {
    "x-pq-attempts": 2,
    "x-pq-crashes": 1,
    "x-pq-not-before": 5,
    "x-pq-retried-at": 6,
    "x-pq-first-failed-at": "1970-01-01T00:00:00.008Z",
    timestamp_in_ms: 7,
  };
  const state = { attempts: 2, crashes: 1, notBefore: 5, publishedAt: 7, retriedAt: 6 };
  const failed = { ...headers, "x-pq-reason": "error" };
  assert.deepEqual(accept(delivery("{}", { headers: failed }), LIMITS).state, {
    ...state,
    firstFailedAt: 8,
  });
  // An event that was put back has not failed since.
  assert.deepEqual(accept(delivery("{}", { headers }), LIMITS).state, {
    ...state,
    firstFailedAt: 0,
  });
});

const SCHEMA = z.object({ id: z.number(), name: z.string().optional() });

/** Bytes as they may come: noise, JSON, and JSON with a piece of noise in it. */
const anyBody = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.json().map((text) => Buffer.from(text)),
  fc.string({ unit: "binary", maxLength: 100 }).map((text) => Buffer.from(text)),
  fc.record({ id: fc.oneof(fc.integer(), fc.string()), failed_tries: fc.anything() })
    .map((value) => Buffer.from(safeJson(value))),
  fc.tuple(fc.json(), fc.nat(200), fc.uint8Array({ maxLength: 3 })).map(([text, at, noise]) => {
    const bytes = Buffer.from(text);
    return Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)]);
  }),
  fc.record({ id: fc.integer() }).map((value) => Buffer.from(JSON.stringify(value))),
  fc.nat(300).map((depth) => Buffer.from("[".repeat(depth) + "]".repeat(depth))),
);

function safeJson(value: unknown): string {
  try {
    return JSON.stringify(value, (_, part) => typeof part === "bigint" ? `${part}` : part);
  } catch {
    return "{";
  }
}

Deno.test("accept and parseEvent say what is wrong with any of 10,000 bodies, and nothing else", () => {
  const limits = { maxEventBytes: 150, maxHeaderBytes: 1000 };
  let refused = 0;
  let invalid = 0;
  let fitting = 0;
  fc.assert(
    fc.property(anyBody, (body) => {
      const accepted = unlessInvalid(() => accept(delivery(body), limits));
      if (!accepted) return void refused++;
      assert(Buffer.from(accepted.body).equals(body));
      if (unlessInvalid(() => parseEvent(accepted.body, SCHEMA, 100))) fitting++;
      else invalid++;
    }),
    { numRuns: 10_000 },
  );
  assert(refused > 100 && invalid > 100 && fitting > 100, `${refused} ${invalid} ${fitting}`);
});

function unlessInvalid<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof InvalidEvent) return undefined;
    throw error;
  }
}
