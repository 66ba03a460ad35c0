import assert from "node:assert/strict";
import type { WorkerDescription } from "../../../lib/engine/executor/executor.ts";
import { hiddenEnd } from "../../../lib/engine/supervisor/hidden_end.ts";
import type { ThreadEnd } from "../../../lib/engine/thread/thread_end.ts";
import { job } from "../../fixtures/executor.ts";

const DIED: ThreadEnd = {
  kind: "died",
  reason: "crashed",
  error: { name: "ThreadEnded", message: "no ada@example.com", stack: "at ada@example.com" },
};

const executor = (secrets: readonly string[]) => ({
  description: { secrets } as unknown as WorkerDescription,
  running: () => [{ job: job("a", { fields: { to: "ada@example.com" } }), since: 0 }],
});

Deno.test("the end of a thread is reported without the secrets of what ran in it", () => {
  assert.deepEqual(hiddenEnd(DIED, executor(["to"])), {
    ...DIED,
    error: { name: "ThreadEnded", message: "no ***", stack: "at ***" },
  });
});

Deno.test("the end of a thread is reported as it is where its worker has no secrets", () => {
  assert.equal(hiddenEnd(DIED, executor([])), DIED);
  assert.equal(hiddenEnd(DIED, undefined), DIED);
  const stopped: ThreadEnd = { kind: "stopped" };
  assert.equal(hiddenEnd(stopped, executor(["to"])), stopped);
});
