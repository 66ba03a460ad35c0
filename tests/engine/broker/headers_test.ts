import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readState } from "../../../lib/engine/broker/event_state.ts";
import { tableBytes } from "../../../lib/engine/broker/header_table.ts";
import {
  failedProperties,
  HEADER,
  headerBytes,
  MAX_ENGINE_HEADER_BYTES,
  newEventProperties,
  retryProperties,
  waitingProperties,
} from "../../../lib/engine/broker/headers.ts";
import { again, fail, failure, NOW, NOW_TEXT, retry } from "../../fixtures/event_copies.ts";
import { encodedTable } from "../../fixtures/header_tables.ts";

Deno.test("failedProperties says why, how often, when and where", () => {
  assert.deepEqual(fail({}).headers, {
    "x-pq-first-failed-at": NOW_TEXT,
    "x-pq-failed-at": NOW_TEXT,
    "x-pq-attempts": 4,
    "x-pq-reason": "error",
    "x-pq-error-name": "TypeError",
    "x-pq-error-message": "x is not a function",
    "x-pq-error-stack": "TypeError: x\n    at y",
    "x-pq-queue": "user_activity",
    "x-pq-host": "mail.example.com",
    "x-pq-version": "0.1.0",
  });
});

Deno.test("failedProperties leaves the stack out where there is none", () => {
  const { headers = {} } = fail({}, { ...failure, error: { name: "InvalidEvent", message: "m" } });
  assert(!(HEADER.errorStack in headers));
});

Deno.test("failedProperties keeps when an event failed first", () => {
  const first = "2024-12-31T00:00:00.000Z";
  const { headers = {} } = fail({ headers: { [HEADER.firstFailedAt]: first } });
  assert.equal(headers[HEADER.firstFailedAt], first);
  assert.equal(headers[HEADER.failedAt], NOW_TEXT);
});

for (const first of ["x".repeat(60_000), 5, null, { a: 1 }]) {
  Deno.test(`failedProperties takes no time of a first failure from ${String(first).slice(0, 9)}`, () => {
    const { headers = {} } = fail({ headers: { [HEADER.firstFailedAt]: first } });
    assert.equal(headers[HEADER.firstFailedAt], NOW_TEXT);
  });
}

Deno.test("failedProperties keeps the engine's own headers under 16 KB, whatever the error", () => {
  const text = "é€😀\ud800".repeat(100_000);
  const headers = failedProperties(
    {},
    { ...failure, error: { name: text, message: text, stack: text } },
    { queue: "q".repeat(255), host: text, version: "0.1.0" },
    NOW,
  ).headers ?? {};
  assert(encodedTable(headers).length <= MAX_ENGINE_HEADER_BYTES);
  for (const value of Object.values(headers)) {
    if (typeof value === "string") assert.equal(Buffer.from(value).toString(), value);
  }
  assert.match(String(headers[HEADER.errorMessage]), /^é€😀.*…$/su);
});

Deno.test("retryProperties holds the state for the next run", () => {
  const { headers } = retryProperties({}, { ...retry, attempts: 2, crashes: 1 }, {
    now: NOW,
    notBefore: NOW + 5000,
  });
  assert.deepEqual(headers, {
    "x-pq-first-failed-at": NOW_TEXT,
    "x-pq-failed-at": NOW_TEXT,
    "x-pq-attempts": 2,
    "x-pq-crashes": 1,
    "x-pq-not-before": NOW + 5000,
    "x-pq-reason": "error",
    "x-pq-error-message": "x is not a function",
  });
});

Deno.test("retryProperties gives the copy the expiration of its step, and not the publisher's", () => {
  const copy = retryProperties({ expiration: "1" }, retry, { now: NOW, expiration: "4711" });
  assert.equal(copy.expiration, "4711");
  assert.equal(copy.headers?.["x-original-expiration"], "1");
});

Deno.test("retryProperties forgets an earlier time before which the event must not run", () => {
  const copy = again({ headers: { [HEADER.notBefore]: NOW + 1 } });
  assert.equal(readState(copy).notBefore, 0);
});

Deno.test("waitingProperties counts no attempt and keeps the reason for the wait", () => {
  const first = retryProperties({}, { ...retry, attempts: 2, crashes: 1 }, {
    now: NOW,
    notBefore: 5,
  });
  const copy = waitingProperties(first, { notBefore: NOW + 1, expiration: "9" });
  assert.deepEqual(copy.headers, { ...first.headers, [HEADER.notBefore]: NOW + 1 });
  assert.equal(copy.expiration, "9");
  assert.equal(readState(waitingProperties(first, {})).notBefore, 0);
});

Deno.test("newEventProperties gives each event an id of its own, and the time in ms", () => {
  const one = newEventProperties(NOW);
  const other = newEventProperties(NOW);
  assert.notEqual(one.messageId, other.messageId);
  assert.equal(one.timestamp, Math.floor(NOW / 1000));
  assert.equal(readState(one).publishedAt, NOW);
});

Deno.test("headerBytes tells the publisher's headers from the engine's and the broker's", () => {
  const published = { tenant: "a", "x-original-CC": ["b"] };
  const ours = { "x-pq-attempts": 1, "x-pq-reason": "error" };
  const bytes = headerBytes({
    ...published,
    ...ours,
    "x-death": [{ queue: "q.retry.5s" }],
    "x-first-death-queue": "q.retry.5s",
  });
  assert.deepEqual(bytes, { publisher: tableBytes(published), engine: tableBytes(ours) });
});
