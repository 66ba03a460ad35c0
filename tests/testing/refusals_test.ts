/**
 * What `runEvent`, `runBatch`, `runLoop` and `TestQueue` refuse, as the program does.
 *
 * @module
 */

import assert from "node:assert/strict";
import { runBatch, runEvent, runLoop, TestQueue } from "process-queue/testing";
import type { Worker } from "process-queue/worker";
import { z } from "zod";

const COMMON = { queue: "tested", event: z.unknown(), consume() {} };
const tested = (more: object) => ({ ...COMMON, ...more }) as Worker;

const WORKERS: readonly [worker: Worker, name: string, message: string][] = [
  [
    tested({ retires: [1] }),
    "WorkerDeclarationError",
    "The worker under test has an unknown option retires; did you mean retries?",
  ],
  [
    tested({ requires: ["EMAIL_HOTS"] }),
    "WorkerDeclarationError",
    "The worker of tested requires the setting EMAIL_HOTS, which does not exist; did you mean " +
    "EMAIL_HOST?",
  ],
  [
    tested({ requires: ["EMAIL_HOST"] }),
    "ConfigError",
    "the configuration has a problem: EMAIL_HOST: it is not set, and the worker of tested " +
    "requires it; set it, or do not run this queue",
  ],
];

for (const [worker, name, message] of WORKERS) {
  Deno.test(`runEvent and TestQueue refuse what the program refuses: ${message}`, async () => {
    await assert.rejects(runEvent(worker, {}), { name, message });
    await assert.rejects(TestQueue.start(worker), { name, message });
  });
}

Deno.test("runEvent runs a worker whose required setting is in the environment", async () => {
  const environment = { EMAIL_HOST: "127.0.0.1" };
  const { outcome } = await runEvent(tested({ requires: ["EMAIL_HOST"] }), {}, { environment });
  assert.equal(outcome, "done");
});

Deno.test("the functions that test workers refuse options that there are not", async () => {
  const refused = (message: string) => ({ name: "TypeError", message });
  const wrong = { enviroment: {} } as object;
  const message = "has no option enviroment; did you mean environment?";
  await assert.rejects(runEvent(COMMON, {}, wrong), refused(`runEvent ${message}`));
  await assert.rejects(runBatch(COMMON, [], wrong), refused(`runBatch ${message}`));
  await assert.rejects(runLoop(COMMON, "tidy", wrong), refused(`runLoop ${message}`));
  await assert.rejects(TestQueue.start(COMMON, wrong), refused(`TestQueue ${message}`));
});

Deno.test("a thread's module relative to a worker's file is refused in a test, with what to do", async () => {
  const worker = tested({
    setup: (ctx: { thread(module: string): Promise<unknown> }) => ctx.thread("./threads/x.ts"),
  });
  await assert.rejects(runEvent(worker, {}), {
    name: "TypeError",
    message:
      "ctx.thread cannot find ./threads/x.ts: in a test the worker's file is not known, so " +
      'pass new URL("./threads/x.ts", import.meta.url)',
  });
});
