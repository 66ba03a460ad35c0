import assert from "node:assert/strict";
import noop from "../../workers/noop.ts";
import noopBatch from "../../workers/noop_batch.ts";
import { contextFor, runBatch, runOne } from "./context.ts";

const BODIES = [{ any: "thing" }, [], 1, "text", null, true];

Deno.test("noop takes any event and does nothing", async () => {
  await using ctx = contextFor({ queue: "noop" });
  for (const body of BODIES) await runOne(noop, body, ctx);
  assert.equal(noop.isTestQueue, true);
});

Deno.test("noop_batch takes batches of 100 of any events and does nothing", async () => {
  await using ctx = contextFor({ queue: "noop_batch" });
  await runBatch(noopBatch, BODIES, ctx);
  assert.equal(noopBatch.isTestQueue, true);
  assert.ok("batch" in noopBatch);
  assert.deepEqual(noopBatch.batch, { size: 100, seconds: 1 });
});
