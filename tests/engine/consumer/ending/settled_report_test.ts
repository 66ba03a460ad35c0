import assert from "node:assert/strict";
import { requeueProperties } from "../../../../lib/engine/broker/headers.ts";
import { MemoryBroker } from "../../../../lib/engine/broker/memory.ts";
import { consuming, QUEUE } from "../../../fixtures/consumer.ts";

const DAY_MS = 86_400_000;

/** How an event is reported that was published a day ago and put back, or not. */
async function reported(headers: Record<string, unknown>, isPutBack: boolean) {
  await using broker = new MemoryBroker();
  await broker.declare(QUEUE);
  const published = { messageId: "a", headers };
  const properties = isPutBack
    ? requeueProperties({ properties: published }, Date.now(), "ada")
    : published;
  await broker.publish(QUEUE, '{"id":"a"}', properties);
  await using run = await consuming({ broker, worker: { consume() {} } });
  await run.count(1);
  return { ...run.settled[0], properties };
}

const HEADERS = {
  timestamp_in_ms: Date.now() - DAY_MS,
  "x-pq-first-failed-at": "2026-01-01T00:00:00.000Z",
  "x-pq-failed-at": "2026-01-02T00:00:00.000Z",
};

Deno.test("an event that was put back waits since then, and keeps its first failure", async () => {
  const before = await reported(HEADERS, false);
  assert((before.waitMs ?? 0) > DAY_MS / 2);
  const { waitMs = Infinity, hasNoTime, properties } = await reported(HEADERS, true);
  assert(waitMs < DAY_MS / 2, `${waitMs} ms`);
  assert.equal(hasNoTime, undefined);
  assert.equal(properties.headers?.["x-pq-first-failed-at"], HEADERS["x-pq-first-failed-at"]);
});

Deno.test("an event without a time of its publisher has one once it was put back", async () => {
  assert.equal((await reported({}, false)).hasNoTime, true);
  assert.equal((await reported({}, true)).hasNoTime, undefined);
});
