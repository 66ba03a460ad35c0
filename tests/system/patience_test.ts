import assert from "node:assert/strict";
import { patiently } from "../../lib/system/patience.ts";

const locked = Object.assign(new Error("database is locked"), { errcode: 5 });

/** Throws each of these once, then answers. */
function attemptThat(...throws: Error[]): () => string {
  return () => {
    const error = throws.shift();
    if (error) throw error;
    return "done";
  };
}

Deno.test("patiently tries again while the file is locked", async () => {
  const patience = { ms: 60_000, pauseMs: [0, 1] } as const;
  assert.equal(await patiently(patience, attemptThat(locked, locked)), "done");
});

Deno.test("patiently passes on any other error at once", async () => {
  const patience = { ms: 60_000, pauseMs: [0, 1] } as const;
  await assert.rejects(patiently(patience, attemptThat(locked, new Error("no"))), {
    message: "no",
  });
});

Deno.test("patiently passes on the lock when the patience is over", async () => {
  const patience = { ms: -1, pauseMs: [0, 1] } as const;
  await assert.rejects(patiently(patience, attemptThat(locked)), locked);
});
