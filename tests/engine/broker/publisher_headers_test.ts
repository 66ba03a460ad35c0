import assert from "node:assert/strict";
import fc from "fast-check";
import { tableBytes } from "../../../lib/engine/broker/header_table.ts";
import { HEADER, MAX_PUBLISHER_HEADER_BYTES } from "../../../lib/engine/broker/headers.ts";
import { again, fail, PUBLISHED } from "../../fixtures/event_copies.ts";
import { anyHeaders, encodedTable } from "../../fixtures/header_tables.ts";

/** The largest table, in bytes, that amqplib accepts. */
const AMQPLIB_MOST = 65_536;

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
