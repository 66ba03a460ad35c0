import assert from "node:assert/strict";
import { loadConfig } from "../../lib/config/config.ts";
import { resetLogging, setUpLogging } from "../../lib/log/logging.ts";
import { ProcessRun } from "../../lib/modes/run/process_run.ts";
import { RUN_ALL } from "./memory_services.ts";

const WORKER = `import { defineWorker } from "process-queue/worker";
import { z } from "zod";
export default defineWorker({
  queue: "mail", event: z.unknown(), requires: ["EMAIL_HOST"], consume() {},
});`;

Deno.test("where --all leaves every queue out, the process says so and ends with 1", async () => {
  const folder = await Deno.makeTempDir({ prefix: "pq-none-left-" });
  Deno.writeTextFileSync(`${folder}/mail.ts`, WORKER);
  const lines: string[] = [];
  setUpLogging({ format: "json", level: "info", write: (line) => void lines.push(line) });
  try {
    const run = new ProcessRun({
      queues: [{ worker: "mail", queue: "mail", workerNum: 0 }],
      command: RUN_ALL,
      config: loadConfig({ STATE_DIR: folder, WORKERS_DIR: folder }),
      print: () => {},
    });
    assert.equal(await run.run(), 1);
  } finally {
    resetLogging();
    await Deno.remove(folder, { recursive: true });
  }
  const messages = lines.map((line) => (JSON.parse(line) as { message: string }).message);
  assert(messages.includes("Queue mail is left out: EMAIL_HOST is not set (no events wait)"));
  assert(messages.includes(
    "No queue is left for --all: every worker is for tests, not enabled, lacks a setting that it " +
      "requires, or is not for this database. process-queue check-config lists them",
  ));
});
