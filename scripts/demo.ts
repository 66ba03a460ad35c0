/**
 * Shows the program at work: starts its workers, publishes events, and watches them being
 * consumed; one of them fails until it is given up. Everything runs as in production, in a
 * temporary folder.
 *
 *   deno task demo
 */

import { join } from "node:path";
import { failuresIn, type Statistics, statisticsOf, table } from "./demo/report.ts";
import { sayAboveProgress, showProgress } from "./demo/progress.ts";

const ROOT = join(import.meta.dirname ?? ".", "..");
const WORKERS_DIR = "scripts/demo/workers";
const STATE_DIR = "var/demo";

/** What is published: the events of each queue. */
const EVENTS: Readonly<Record<string, readonly string[]>> = {
  user_activity: repeat(3500, (i) => ({
    user_profile_id: i % 50 + 1,
    client_id: i % 3 + 1,
    query: ["send_message", "get_events", "update_flags"][i % 3],
    time: 1_760_000_000 + i,
  })),
  noop: repeat(1000, (i) => ({ number: i })),
  demo_webhooks: repeat(500, (i) => ({
    url: i === 250 ? "https://unreachable.example/hook" : `https://example.com/hook/${i}`,
  })),
};
const QUEUES = Object.keys(EVENTS);
const TOTAL = Object.values(EVENTS).flat().length;

if (import.meta.main) await demo();

async function demo(): Promise<void> {
  const startedAt = performance.now();
  await Deno.remove(join(ROOT, STATE_DIR), { recursive: true }).catch(() => {});
  say(`process-queue: ${TOTAL.toLocaleString("en")} events, ${QUEUES.length} queues, ${broker()}.`);
  say("");
  const workers = QUEUES.map(startWorker);
  const failures = Promise.all(workers.map((worker) => failuresIn(worker.stderr, say)));
  const publishedFrom = performance.now();
  await showProgress("publishing", TOTAL, publishAll);
  const seconds = await showProgress(
    "consuming",
    TOTAL,
    (onProgress) => untilDone(publishedFrom, onProgress),
  );
  for (const worker of workers) worker.kill("SIGTERM");
  await Promise.all(workers.map((worker) => worker.status));
  await failures;
  say("");
  for (const line of table(await allStatistics(), seconds)) say(line);
  say("");
  say(`It took ${((performance.now() - startedAt) / 1000).toFixed(0)} s. Try next:`);
  for (const line of nextCommands()) say(`  ${line}`);
}

function repeat(count: number, event: (i: number) => unknown): readonly string[] {
  return Array.from({ length: count }, (_, i) => JSON.stringify(event(i)));
}

function broker(): string {
  return Deno.env.get("AMQP_URL") ? "RabbitMQ (AMQP_URL)" : "the embedded broker";
}

function startWorker(queue: string): Deno.ChildProcess {
  return program(["--queue_name", queue, "--log-format", "json"], { stdin: "null" }).spawn();
}

/** The program, as anybody would start it. */
function program(args: readonly string[], options: Deno.CommandOptions): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "main.ts", ...args, "--workers-dir", WORKERS_DIR],
    cwd: ROOT,
    env: environment(),
    stdout: "null",
    stderr: "piped",
    ...options,
  });
}

function environment(): Record<string, string> {
  return { STATE_DIR, QUEUE_STATS_DIR: `${STATE_DIR}/stats`, NO_COLOR: "1" };
}

async function publishAll(onProgress: (count: number) => void): Promise<void> {
  let published = 0;
  await Promise.all(
    Object.entries(EVENTS).map(async ([queue, events]) => {
      await publish(queue, events);
      onProgress(published += events.length);
    }),
  );
}

async function publish(queue: string, events: readonly string[]): Promise<void> {
  const child = program(["publish", queue], { stdin: "piped", stderr: "inherit" }).spawn();
  const input = child.stdin.getWriter();
  await input.write(new TextEncoder().encode(events.join("\n")));
  await input.close();
  const { success } = await child.status;
  if (!success) throw new Error(`Publishing to ${queue} failed`);
}

/** Resolves when every event was consumed or given up, to the seconds each queue took. */
async function untilDone(
  startedAt: number,
  onProgress: (count: number) => void,
): Promise<Map<string, number>> {
  const seconds = new Map<string, number>();
  while (seconds.size < QUEUES.length) {
    const counts = (await allStatistics()).map(doneOf);
    onProgress(counts.reduce((sum, { done }) => sum + done, 0));
    for (const { queue, done, total } of counts) {
      if (done < total || seconds.has(queue)) continue;
      seconds.set(queue, (performance.now() - startedAt) / 1000);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return seconds;
}

function doneOf({ queue, processed, failed }: Statistics) {
  const total = EVENTS[queue]?.length ?? 0;
  return { queue, total, done: Math.min(total, processed + failed) };
}

async function allStatistics(): Promise<Statistics[]> {
  const dir = join(ROOT, STATE_DIR, "stats");
  return await Promise.all(QUEUES.map((queue) => statisticsOf(dir, queue)));
}

function nextCommands(): string[] {
  const task = "npx -y deno@2.9.6 task start";
  return [
    `export STATE_DIR=${STATE_DIR} WORKERS_DIR=${WORKERS_DIR}`,
    `${task} failed list demo_webhooks`,
    `${task} failed retry demo_webhooks`,
    `${task} --queue_name demo_webhooks --drain`,
  ];
}

function say(line: string): void {
  sayAboveProgress(line);
}
