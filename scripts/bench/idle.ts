/**
 * The cost of all of the program's queues in one process while nothing happens, on the embedded
 * broker.
 *
 * @module
 */

import { join } from "node:path";
import { linesOf } from "./lines.ts";
import { markOf } from "./marks.ts";
import { ROOT } from "./program.ts";

const MAIN = join(ROOT, "main.ts");
/** What starting the queues leaves behind is collected by then. */
const SETTLE_SECONDS = 20;
const IDLE_SECONDS = 10;

/** Starts every worker with the settings that a seed writes, and prints what they cost. */
export async function benchIdle(): Promise<void> {
  const cwd = await Deno.makeTempDir({ prefix: "pq-bench-" });
  try {
    await seed(cwd);
    await measure(cwd);
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

async function seed(cwd: string): Promise<void> {
  const args = ["run", "-A", MAIN, "seed", "--env", ".env"];
  const { success } = await new Deno.Command(Deno.execPath(), { args, cwd, stdout: "null" })
    .output();
  if (!success) throw new Error("the database could not be filled");
}

async function measure(cwd: string): Promise<void> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", MAIN, "--all", "--log-format", "json"],
    cwd,
    stdout: "null",
    stderr: "piped",
  }).spawn();
  try {
    const queues = await launched(child.stderr);
    await seconds(SETTLE_SECONDS);
    const before = markOf(child.pid, 0);
    await seconds(IDLE_SECONDS);
    const after = markOf(child.pid, 0);
    const cpuMs = (after.cpuMicros - before.cpuMicros) / 1000 / IDLE_SECONDS;
    console.log(
      `${queues} queues, idle: ${(rssBytes(child.pid) / 1e6).toFixed(0)} MB RSS ` +
        `(${(after.peakRssBytes / 1e6).toFixed(0)} MB at most), ${cpuMs.toFixed(1)} ms CPU/s`,
    );
  } finally {
    child.kill("SIGKILL");
    await child.status;
  }
}

/** Waits for the line that counts the threads. @returns Their number. */
async function launched(stderr: ReadableStream<Uint8Array>): Promise<number> {
  for await (const line of linesOf(stderr)) {
    const count = /"(\d+) queue worker threads were launched"/.exec(line)?.[1];
    if (count !== undefined) return Number(count);
  }
  throw new Error("the program ended before it had launched its threads");
}

function rssBytes(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
}

async function seconds(count: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, count * 1000));
}
