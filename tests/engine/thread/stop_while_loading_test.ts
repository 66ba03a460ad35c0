import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { loadConfig } from "../../../lib/config/config.ts";
import { NO_LISTENER } from "../../../lib/engine/host/loops.ts";
import { InnerThreads } from "../../../lib/engine/thread/inner_threads.ts";
import { WorkerThread } from "../../../lib/engine/thread/worker_thread.ts";
import { BenchSetup } from "../../fixtures/executor/bench.ts";
import { until } from "../../fixtures/until.ts";

/** A module that is loaded once the file `go` exists, and makes the files `loading` and `loaded`. */
function slowModule(folder: string): string {
  return `
    import { existsSync, writeFileSync } from "node:fs";
    writeFileSync("${folder}/loading", "");
    while (!existsSync("${folder}/go")) await new Promise((resolve) => setTimeout(resolve, 5));
    writeFileSync("${folder}/loaded", "");
  `;
}

function slowWorker(folder: string): string {
  const face = import.meta.resolve("process-queue/worker");
  return `
    ${slowModule(folder)}
    import { defineWorker } from ${JSON.stringify(face)};
    import { z } from "zod";
    export default defineWorker({ queue: "slow", event: z.unknown(), consume() {} });
  `;
}

/** Starts a thread with the slow worker. */
function startThread(folder: string): WorkerThread {
  using setup = new BenchSetup({}, () => {});
  const file = `${folder}/slow.ts`;
  writeFileSync(file, slowWorker(folder));
  return new WorkerThread({
    data: {
      file: { name: "slow", file },
      queue: "slow",
      workerNum: 0,
      config: { ...setup.config, stateDir: folder },
    },
    maxHeapMb: 64,
    publish: () => Promise.resolve(),
    loops: NO_LISTENER,
    onUnhandledError() {},
    onMoreUnhandledErrors() {},
  });
}

/** Starts a thread with the slow worker, and resolves when that is being loaded. */
async function startLoading(folder: string): Promise<WorkerThread> {
  const thread = startThread(folder);
  await until("the worker is being loaded", () => existsSync(`${folder}/loading`));
  return thread;
}

function folderTest(name: string, fn: (folder: string) => Promise<void>): void {
  Deno.test(name, async () => {
    const folder = mkdtempSync("/tmp/pq-loading-");
    try {
      await fn(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

folderTest(
  "a thread that is stopped while it loads its worker is ended when that is loaded",
  async (folder) => {
    const thread = await startLoading(folder);
    const stopped = thread.stop();
    writeFileSync(`${folder}/go`, "");
    assert.equal(await stopped, true);
    assert(existsSync(`${folder}/loaded`));
    assert.equal((await thread.ended).kind, "stopped");
  },
);

folderTest("a thread without the file of its lock says so, and is no crash", async (folder) => {
  const thread = startThread(folder);
  const locks = readdirSync(folder).filter((name) => name.endsWith(".lock"));
  assert.equal(locks.length, 1);
  for (const name of locks) rmSync(`${folder}/${name}`);
  const end = await thread.ended;
  assert.equal(end.kind, "not started");
  assert.match(JSON.stringify(end), /No such file or directory/);
  assert.equal(await thread.stop(), true);
});

folderTest("a thread whose worker does not load is ended after a limit", async (folder) => {
  const thread = await startLoading(folder);
  assert.equal(await thread.stop(), true);
  assert(!existsSync(`${folder}/loaded`));
});

folderTest(
  "an inner thread that is closed while it loads its module is ended when that is loaded",
  async (folder) => {
    const file = `${folder}/slow.ts`;
    writeFileSync(file, `${slowModule(folder)} export default () => 1;`);
    const threads = new InnerThreads({ queue: "q", workerNum: 0, config: loadConfig({}) });
    const started = assert.rejects(threads.start(pathToFileURL(file)), { reason: "closed" });
    await until("the module is being loaded", () => existsSync(`${folder}/loading`));
    const closed = threads.close();
    writeFileSync(`${folder}/go`, "");
    await Promise.all([closed, started]);
    assert(existsSync(`${folder}/loaded`));
  },
);
