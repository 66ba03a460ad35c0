/**
 * Repairs of a queue with very many dead letters: how long a look at the first 10,000 takes, and a
 * retry of 10 next to a bare consumer that takes all and returns them, and what memory that needs.
 *
 * @module
 */

import amqplib from "amqplib";
import { openRabbitmq } from "../../lib/engine/broker/rabbitmq/rabbitmq.ts";
import { failedQueueName } from "../../lib/engine/settle/retry.ts";
import type { PrivateRabbitmq } from "../rabbitmq.ts";
import { ROOT } from "./program.ts";

/** Options of the measurement. */
export interface FailedBenchOptions {
  /** How many dead letters there are. */
  readonly events: number;
}

const QUEUE = "bench_failed";
const FAILED = failedQueueName(QUEUE);
/** Bytes of a body. */
const BODY = `{"text":"${"x".repeat(700)}"}`;
const TOGETHER = 1000;
const RETRIED = 10;
const SCANNED = 10_000;
const LOOK_MS = 50;
const MB = 1024 * 1024;

/** The goals: seconds, a ratio, MB, and a ratio. */
const MOST = { groups: 3, retry: 1.5, client: 200, broker: 1.1 };

/** Measures and prints the rows. @returns Whether all goals are met. */
export async function benchFailed(
  server: PrivateRabbitmq,
  { events }: FailedBenchOptions,
): Promise<boolean> {
  await fill(server.url, events);
  const before = await brokerBytes(server);
  console.log(`${events} dead letters; the broker uses ${mb(before)} MB`);
  const groups = await command(server.url, "groups", QUEUE, "--scan", String(SCANNED));
  console.log(`groups of ${SCANNED}    ${seconds(groups)}, client ${mb(groups.bytes)} MB`);
  const bareMs = await takeAll(server.url, events);
  console.log(`bare consumer      ${seconds({ ms: bareMs })} to take all and return them`);
  const ids = Array.from({ length: RETRIED }, (_, i) => `id-${Math.floor(i * events / RETRIED)}`);
  const retry = await command(server.url, "retry", QUEUE, "--yes", "--id", ...ids);
  const after = await brokerBytes(server);
  console.log(
    `retry of ${RETRIED}        ${seconds(retry)}, ${
      (retry.ms / bareMs).toFixed(2)
    } of bare, client ` +
      `${mb(retry.bytes)} MB, the broker then ${mb(after)} MB, ${
        (after / before).toFixed(2)
      } of before`,
  );
  return groups.ms < MOST.groups * 1000 && retry.ms < MOST.retry * bareMs &&
    retry.bytes < MOST.client * MB && after < MOST.broker * before;
}

async function fill(url: string, events: number): Promise<void> {
  await using broker = await openRabbitmq({ url });
  await broker.declare(QUEUE);
  await broker.declare(FAILED);
  for (let from = 0; from < events; from += TOGETHER) {
    const count = Math.min(TOGETHER, events - from);
    await Promise.all(Array.from({ length: count }, (_, i) => {
      const headers = { "x-pq-reason": "error", "x-pq-error-message": `no user ${from + i}` };
      return broker.publish(FAILED, BODY, { messageId: `id-${from + i}`, headers });
    }));
  }
}

/** Takes all events with a bare consumer, and returns them by closing. @returns ms. */
async function takeAll(url: string, events: number): Promise<number> {
  const start = performance.now();
  const connection = await amqplib.connect(url, { noDelay: true });
  const channel = await connection.createChannel();
  let taken = 0;
  const all = Promise.withResolvers<void>();
  await channel.consume(FAILED, () => {
    if (++taken === events) all.resolve();
  });
  await all.promise;
  await channel.close();
  await connection.close();
  return performance.now() - start;
}

/** Runs `failed` and waits for its end. @returns How long it took, and its most memory. */
async function command(url: string, ...args: string[]): Promise<{ ms: number; bytes: number }> {
  const start = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", `${ROOT}/main.ts`, "failed", ...args],
    env: { AMQP_URL: url },
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  let bytes = 0;
  const timer = setInterval(() => bytes = Math.max(bytes, mostBytes(child.pid)), LOOK_MS);
  const { code } = await child.status;
  clearInterval(timer);
  if (code !== 0) throw new Error(`failed ${args[0]} ended with ${code}`);
  return { ms: performance.now() - start, bytes };
}

/** The most memory that a process has used; 0 when it has ended. */
function mostBytes(pid: number): number {
  try {
    const kb = /^VmHWM:\s+(\d+) kB$/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1];
    return Number(kb ?? 0) * 1024;
  } catch {
    return 0;
  }
}

async function brokerBytes(server: PrivateRabbitmq): Promise<number> {
  return Number(await server.ctl("eval", "erlang:garbage_collect(), erlang:memory(total)."));
}

function mb(bytes: number): string {
  return (bytes / MB).toFixed(0);
}

function seconds({ ms }: { readonly ms: number }): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
