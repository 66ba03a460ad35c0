import assert from "node:assert/strict";
import { fitted } from "../../../lib/engine/broker/fit.ts";
import { HEADER } from "../../../lib/engine/broker/headers.ts";

const text = (bytes: number) => "x".repeat(bytes);
const SMALL = { messageId: "id", headers: { h: text(100), [HEADER.attempts]: 1 } };

Deno.test("fitted changes nothing that fits", () => {
  assert.equal(fitted(SMALL, 4096), SMALL);
});

Deno.test("fitted cuts the stack first, then the message, and keeps the publisher's headers", () => {
  const headers = {
    h: text(3300),
    [HEADER.errorMessage]: text(900),
    [HEADER.errorStack]: text(2000),
  };
  const { headers: cut = {} } = fitted({ headers }, 4096);
  assert.equal(cut["h"], headers.h);
  assert.match(String(cut[HEADER.errorStack]), /^x{61}…$/);
  assert.match(String(cut[HEADER.errorMessage]), /^x{300,899}…$/);
  assert.ok(bytesOf({ headers: cut }) <= 4096);
});

Deno.test("fitted drops the publisher's largest headers where that is not enough, and names them", () => {
  const headers = {
    large: text(5000),
    small: text(10),
    medium: text(3900),
    [HEADER.attempts]: 2,
    [HEADER.errorMessage]: text(4000),
  };
  const { headers: cut = {} } = fitted({ messageId: text(200), headers }, 4096);
  assert.equal(cut["small"], headers.small);
  assert.equal(cut[HEADER.attempts], 2);
  assert.equal(cut[HEADER.droppedHeaders], "large medium");
  assert.ok(bytesOf({ messageId: text(200), headers: cut }) <= 4096);
});

Deno.test("fitted names the headers that were dropped before, too", () => {
  const headers = { large: text(5000), [HEADER.droppedHeaders]: "first" };
  assert.equal(fitted({ headers }, 4096).headers?.[HEADER.droppedHeaders], "first large");
});

Deno.test("fitted leaves the smallest frame of AMQP enough for everything of the engine's", () => {
  const short = text(255);
  const headers = Object.fromEntries([
    ...Object.values(HEADER).map((name) => [name, text(200)]),
    ...[...Array(300).keys()].map((n) => [`header ${n}`, text(300)]),
    [HEADER.errorMessage, text(4000)],
    [HEADER.errorStack, text(8000)],
  ]);
  const properties = { messageId: short, contentType: short, headers };
  assert.ok(bytesOf(fitted(properties, 4096)) <= 4096);
});

/** The bytes of a content header with texts and small numbers, as AMQP writes it. */
function bytesOf({ headers = {}, ...texts }: Parameters<typeof fitted>[0]): number {
  const table = Object.entries(headers).reduce(
    (sum, [name, value]) =>
      sum + 1 + name.length + (typeof value === "string" ? 5 + bytes(value) : 9),
    4,
  );
  const short = Object.values(texts).reduce<number>(
    (sum, text) => sum + 1 + bytes(String(text)),
    0,
  );
  return 23 + table + short;
}

function bytes(text: string): number {
  return new TextEncoder().encode(text).length;
}
