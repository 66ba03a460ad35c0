import assert from "node:assert/strict";
import { join } from "node:path";
import { loadInThread } from "../../../lib/engine/thread/trial.ts";
import { folderWith, worker } from "../../fixtures/registry.ts";

const BATCH = "maxConsumeSeconds: null, batch: { size: 5, seconds: 7 }, consumeBatch() {}";

Deno.test("a trial says how long events of a worker may be here, by its numbers and the settings", async () => {
  const files = { "a.ts": worker("a"), "b.ts": worker("b", BATCH) };
  using folder = folderWith(files, { PQ_A_MAX_CONSUME_SECONDS: "90" });
  const limitsOf = async (name: string) => {
    const file = join(folder.dir, "workers", `${name}.ts`);
    return (await loadInThread({ name, file }, folder.config)).limits;
  };
  assert.deepEqual(await limitsOf("a"), { maxConsumeSeconds: 90, batch: undefined });
  assert.deepEqual(await limitsOf("b"), {
    maxConsumeSeconds: null,
    batch: { size: 5, seconds: 7 },
  });
});
