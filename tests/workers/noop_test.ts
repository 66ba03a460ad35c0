import assert from "node:assert/strict";
import { runBatch } from "process-queue/testing";
import noop from "../../workers/noop.ts";
import noopBatch from "../../workers/noop_batch.ts";

const EVENTS = [{ any: "thing" }, [], 1, "text", null, true];

Deno.test("noop takes any event and does nothing", async () => {
  const { events, ...did } = await runBatch(noop, EVENTS);
  assert.deepEqual(events.map(({ outcome }) => outcome), EVENTS.map(() => "done"));
  assert.deepEqual(did, { published: [], logs: [] });
  assert.equal(noop.isTestQueue, true);
});

Deno.test("noop_batch takes batches of 100 of any events and does nothing", async () => {
  const { events, ...did } = await runBatch(noopBatch, EVENTS);
  assert.deepEqual(events.map(({ outcome }) => outcome), EVENTS.map(() => "done"));
  assert.deepEqual(did, { published: [], logs: [] });
  assert.equal(noopBatch.isTestQueue, true);
  assert.ok("batch" in noopBatch);
  assert.deepEqual(noopBatch.batch, { size: 100, seconds: 1 });
});
