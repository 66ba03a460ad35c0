import assert from "node:assert/strict";
import type { EventProperties } from "../../../lib/engine/broker/broker.ts";
import { readState } from "../../../lib/engine/broker/event_state.ts";
import { retryProperties } from "../../../lib/engine/broker/headers.ts";
import { NOW, retry } from "../../fixtures/event_copies.ts";

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
