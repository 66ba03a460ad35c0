import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import type { EventProperties } from "../../../lib/engine/broker/broker.ts";
import {
  failedProperties,
  HEADER,
  headerBytes,
  MAX_ENGINE_HEADER_BYTES,
  MAX_PUBLISHER_HEADER_BYTES,
  newEventProperties,
  republishProperties,
  requeueProperties,
  retryProperties,
  waitingProperties,
} from "../../../lib/engine/broker/headers.ts";
import { readState } from "../../../lib/engine/broker/event_state.ts";
import { tableBytes } from "../../../lib/engine/broker/header_table.ts";
import type { Settlement } from "../../../lib/engine/settle/outcome.ts";
import { anyHeaders, encodedTable } from "../../fixtures/header_tables.ts";

const NOW = Date.UTC(2025, 0, 2, 3, 4, 5, 678);
const NOW_TEXT = "2025-01-02T03:04:05.678Z";
const ORIGIN = { queue: "user_activity", host: "mail.example.com", version: "0.1.0" };
/** The largest table, in bytes, that amqplib accepts. */
const AMQPLIB_MOST = 65_536;

const failure: Extract<Settlement, { kind: "fail" }> = {
  kind: "fail",
  reason: "error",
  attempts: 4,
  error: { name: "TypeError", message: "x is not a function", stack: "TypeError: x\n    at y" },
};
const retry: Extract<Settlement, { kind: "retry" }> = {
  kind: "retry",
  delay: 5,
  attempts: 1,
  crashes: 0,
  reason: "error",
  error: failure.error,
};

const fail = (properties: EventProperties, settlement = failure) =>
  failedProperties(properties, settlement, ORIGIN, NOW);
const again = (properties: EventProperties, settlement = retry) =>
  retryProperties(properties, settlement, { now: NOW });

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

const PUBLISHED: EventProperties = {
  messageId: "5b0e",
  timestamp: 1_735_700_000,
  contentType: "application/json",
  contentEncoding: "utf-8",
  correlationId: "c",
  replyTo: "r",
  priority: 4,
  type: "t",
  appId: "zulip",
};

for (const [name, copy] of [["failedProperties", fail], ["retryProperties", again]] as const) {
  Deno.test(`${name} keeps the publisher's properties and headers`, () => {
    const { headers, ...rest } = copy({
      ...PUBLISHED,
      headers: { tenant: "a", n: [1, { b: true }] },
    });
    assert.deepEqual(rest, PUBLISHED);
    assert.equal(headers?.tenant, "a");
    assert.deepEqual(headers?.n, [1, { b: true }]);
  });

  Deno.test(`${name} moves headers that the broker would act on`, () => {
    const deaths = [{ queue: "elsewhere", reason: "expired", count: 1 }];
    const { headers = {}, ...rest } = copy({
      expiration: "60000",
      userId: "guest",
      headers: { CC: ["audit"], BCC: ["secret"], "x-death": deaths },
    });
    assert.deepEqual(rest, {});
    for (const acted of ["CC", "BCC", "x-death"]) assert(!(acted in headers), acted);
    assert.equal(headers["x-original-expiration"], "60000");
    assert.equal(headers["x-original-user_id"], "guest");
    assert.deepEqual(headers["x-original-CC"], ["audit"]);
    assert.deepEqual(headers["x-original-BCC"], ["secret"]);
    assert.deepEqual(headers["x-original-x-death"], deaths);
  });

  Deno.test(`${name} keeps headers that were moved before`, () => {
    const once = copy({ expiration: "60000", userId: "guest", headers: { CC: ["audit"] } });
    const twice = copy(once).headers ?? {};
    assert.equal(twice["x-original-expiration"], "60000");
    assert.equal(twice["x-original-user_id"], "guest");
    assert.deepEqual(twice["x-original-CC"], ["audit"]);
  });

  Deno.test(`${name} drops the entries of our own retry queues from x-death`, () => {
    const { headers = {} } = copy({
      headers: {
        "x-death": [
          { queue: "user_activity.retry.5s", reason: "expired", count: 1 },
          { queue: "user_activity.retry.86400s", reason: "expired", count: 2 },
        ],
        "x-first-death-queue": "user_activity.retry.5s",
        "x-last-death-reason": "expired",
        "x-delivery-count": 3,
      },
    });
    const left = Object.keys(headers).filter((header) => !header.startsWith("x-pq-"));
    assert.deepEqual(left, []);
  });

  Deno.test(`${name} moves the entries of other queues in x-death`, () => {
    const others = [
      { queue: "user_activity.retry.soon", reason: "expired" },
      { queue: 5 },
      { queue: { toString: "no function" } },
      null,
    ];
    const deaths = [others[0], { queue: "q.retry.60s" }, ...others.slice(1)];
    const { headers = {} } = copy({ headers: { "x-death": deaths } });
    assert.deepEqual(headers["x-original-x-death"], others);
  });

  Deno.test(`${name} takes no header of the engine's from the event`, () => {
    const { headers = {} } = copy({
      headers: { "x-pq-host": "h", "x-pq-else": "x".repeat(60_000) },
    });
    assert(!("x-pq-else" in headers));
    assert.notEqual(headers["x-pq-host"], "h");
  });

  Deno.test(`${name} keeps the names of headers that were dropped before`, () => {
    const { headers = {} } = copy({ headers: { "x-pq-dropped-headers": "a b" } });
    assert.equal(headers["x-pq-dropped-headers"], "a b");
  });

  Deno.test(`${name} gives a table that the broker takes, whatever the publisher's headers`, () => {
    fc.assert(
      fc.property(anyHeaders, (published) => {
        const { headers = {} } = copy({ expiration: "1", userId: "u", headers: published });
        assert(encodedTable(headers).length < AMQPLIB_MOST);
      }),
      { numRuns: 200 },
    );
  });

  Deno.test(`${name} does not fail on a table nested ten thousand deep`, () => {
    let nested: Record<string, unknown> = {};
    for (let depth = 0; depth < 10_000; depth++) nested = { a: nested };
    const { headers = {} } = copy({ headers: { nested, kept: 1 } });
    assert(!("nested" in headers));
    assert.equal(headers.kept, 1);
    assert.equal(headers[HEADER.droppedHeaders], "nested");
  });
}

Deno.test("failedProperties drops the largest headers first, and names them", () => {
  const published = {
    small: "s",
    large: "l".repeat(20_000),
    larger: "m".repeat(25_100),
    largest: "n".repeat(30_000),
  };
  const { headers = {} } = fail({ headers: published });
  assert.equal(headers[HEADER.droppedHeaders], "largest larger");
  assert.equal(headers.small, "s");
  assert.equal(headers.large, published.large);
  assert(!("larger" in headers) && !("largest" in headers));
});

Deno.test("failedProperties drops nothing that fits", () => {
  const exact = "x".repeat(MAX_PUBLISHER_HEADER_BYTES - tableBytes({ a: "" }));
  const { headers = {} } = fail({ headers: { a: exact } });
  assert.equal(headers.a, exact);
  assert(!(HEADER.droppedHeaders in headers));
  const over = fail({ headers: { a: `${exact}x` } }).headers ?? {};
  assert.equal(over[HEADER.droppedHeaders], "a");
});

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

Deno.test("readState reads back what retryProperties wrote", () => {
  const copy = retryProperties({ headers: { timestamp_in_ms: 99 } }, {
    ...retry,
    attempts: 3,
    crashes: 2,
  }, {
    now: NOW,
    notBefore: NOW + 1,
  });
  assert.deepEqual(readState(copy), {
    attempts: 3,
    crashes: 2,
    notBefore: NOW + 1,
    publishedAt: 99,
    retriedAt: 0,
    firstFailedAt: NOW,
  });
});

const TIMES: readonly [properties: EventProperties, publishedAt: number][] = [
  [{}, 0],
  [{ timestamp: 17 }, 17_000],
  [{ timestamp: 17, headers: { timestamp_in_ms: 17_123 } }, 17_123],
  [{ timestamp: 17, headers: { timestamp_in_ms: "17123" } }, 17_000],
  [{ timestamp: -1, headers: { timestamp_in_ms: -1 } }, 0],
  [{ timestamp: 2 ** 64 }, 0],
  [{ timestamp: 17, headers: { timestamp_in_ms: 8.65e15 } }, 17_000],
  [{ headers: { "x-pq-first-failed-at": "1970-01-01T00:00:19.500Z" } }, 19_500],
  [{ timestamp: 17, headers: { "x-pq-first-failed-at": "1970-01-01T00:00:19.500Z" } }, 17_000],
];

for (const [properties, publishedAt] of TIMES) {
  Deno.test(`readState takes ${JSON.stringify(properties)} as published at ${publishedAt}`, () => {
    assert.equal(readState(properties).publishedAt, publishedAt);
  });
}

const requeue = (properties: EventProperties, now = NOW) =>
  requeueProperties({ body: Buffer.from("{}"), properties }, now);

Deno.test("requeueProperties restores a failed event as its publisher sent it, and says when", () => {
  const headers = { tenant: "a", timestamp_in_ms: 5 };
  const requeued = requeue(fail(again({ ...PUBLISHED, headers })));
  assert.deepEqual(requeued, { ...PUBLISHED, headers: { ...headers, "x-pq-retried-at": NOW } });
});

const COPIES: readonly [title: string, copy: (properties: EventProperties) => EventProperties][] = [
  ["a retry copy", again],
  ["a copy that waits on", (properties) => waitingProperties(properties, { notBefore: 1 })],
  ["a copy at the end of its queue", republishProperties],
  ["a dead letter", fail],
];

for (const [title, copy] of COPIES) {
  Deno.test(`${title} keeps when its event was put back, and its attempts count from 1 again`, () => {
    const requeued = requeue(fail(again({})));
    assert.deepEqual(readState(requeued), {
      attempts: 0,
      crashes: 0,
      notBefore: 0,
      publishedAt: 0,
      retriedAt: NOW,
      firstFailedAt: 0,
    });
    assert.equal(readState(copy(copy(requeued))).retriedAt, NOW);
    assert.equal(readState(requeue(copy(requeued), NOW + 1)).retriedAt, NOW + 1);
  });
}

Deno.test("requeueProperties leaves headers that the broker would act on under their other names", () => {
  const failed = fail({
    expiration: "60000",
    userId: "guest",
    headers: { CC: ["audit"], BCC: ["x"], "x-death": [{ queue: "elsewhere" }], tenant: "a" },
  });
  assert.deepEqual(requeue(failed), {
    headers: {
      "x-pq-retried-at": NOW,
      tenant: "a",
      "x-original-expiration": "60000",
      "x-original-user_id": "guest",
      "x-original-CC": ["audit"],
      "x-original-BCC": ["x"],
      "x-original-x-death": [{ queue: "elsewhere" }],
    },
  });
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
