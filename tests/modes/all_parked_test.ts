import assert from "node:assert/strict";
import { loadConfig } from "../../lib/config/config.ts";
import { ProcessRun } from "../../lib/modes/run/process_run.ts";
import { RUN_ALL } from "./memory_services.ts";

/** Loads for longer than it takes to park another, and is then no queue for `--all`. */
const INACTIVE = `import { defineWorker } from "process-queue/worker";
import { z } from "zod";
await new Promise((resolve) => setTimeout(resolve, 1000));
export default defineWorker({
  queue: "inactive", event: z.unknown(), isTestQueue: true, consume() {},
});`;
const WORKERS: Readonly<Record<string, string>> = {
  broken: "throw new Error('not today');",
  inactive: INACTIVE,
};

Deno.test("where all queues that are left are parked, the process asks to be restarted", async () => {
  const folder = await Deno.makeTempDir({ prefix: "pq-parked-" });
  const workersDir = `${folder}/workers`;
  Deno.mkdirSync(workersDir);
  const queues = Object.entries(WORKERS).map(([worker, source]) => {
    Deno.writeTextFileSync(`${workersDir}/${worker}.ts`, source);
    return { worker, queue: worker, workerNum: 0 };
  });
  try {
    const run = new ProcessRun({
      queues,
      command: RUN_ALL,
      config: loadConfig({
        STATE_DIR: folder,
        QUEUE_STATS_DIR: folder,
        WORKERS_DIR: workersDir,
        MAX_RESTARTS: "0",
      }),
      print: () => {},
    });
    assert.equal(await run.run(), 3);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
