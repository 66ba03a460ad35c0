/**
 * Repairs of a queue with very many dead letters: how long a look at the first 10,000 takes, and a
 * retry of 10 next to a bare consumer that takes all and returns them, what memory that needs, and
 * what another process that consumes feels of it.
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";
import amqplib from "amqplib";
import { openRabbitmq } from "../../lib/engine/broker/rabbitmq/rabbitmq.ts";
import { failedQueueName } from "../../lib/engine/settle/retry.ts";
import type { PrivateRabbitmq } from "../rabbitmq.ts";
import { aloneRow, besideRows, Bystander, isUndisturbed, together } from "./bystander.ts";
import { markOf } from "./marks.ts";
import { ROOT, run } from "./program.ts";

/** Options of the measurement. */
export interface FailedBenchOptions {
  /** How many dead letters there are. */
  readonly events: number;
}

/** A command that has ended. */
interface Ended {
  readonly ms: number;
  /** The most memory that it has used. */
  readonly bytes: number;
}

const QUEUE = "bench_failed";
const FAILED = failedQueueName(QUEUE);
/** The queue of the process that consumes beside a repair. */
const BESIDE = "bench_beside";
/** Bytes of a body. */
const BODY = `{"text":"${"x".repeat(700)}"}`;
/** Publishes that run at once, and how many events each waits for. */
const FILLERS = 4;
const TOGETHER = 250;
const PROGRESS_EVERY = 100_000;
const RETRIED = 10;
const SCANNED = 10_000;
const LOOK_MS = 50;
/** How long the consuming process is watched before and after each repair, in ms. */
const ALONE_MS = 5000;
/** The most events that its worker can process in a second, as each takes 1 ms. */
const MOST_PER_SECOND = 1000;
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
  const isQuick = await benchGroups(server.url);
  const bareMs = await takeAll(server.url, events);
  // RabbitMQ 3.10 keeps what a consumer has returned in its memory, whoever that was.
  const returned = await brokerBytes(server);
  console.log(
    `bare consumer      ${seconds(bareMs)} to take all and return them, the broker then ` +
      `${mb(returned)} MB, ${(returned / before).toFixed(2)} of before`,
  );
  const retry = await retrySome(server.url, events, 0);
  const after = await brokerBytes(server);
  console.log(
    `retry of ${RETRIED}        ${seconds(retry.ms)}, ${(retry.ms / bareMs).toFixed(2)} of bare, ` +
      `client ${mb(retry.bytes)} MB, the broker then ${mb(after)} MB, ` +
      `${(after / returned).toFixed(2)} of after the bare consumer`,
  );
  const isGood = retry.ms < MOST.retry * bareMs && retry.bytes < MOST.client * MB &&
    after < MOST.broker * returned;
  return await benchBeside(server.url, events, retry.ms) && isQuick && isGood;
}

async function benchGroups(url: string): Promise<boolean> {
  const groups = await command(url, "groups", QUEUE, "--scan", String(SCANNED));
  console.log(`groups of ${SCANNED}    ${seconds(groups.ms)}, client ${mb(groups.bytes)} MB`);
  return groups.ms < MOST.groups * 1000;
}

/**
 * Has another process consume beside a retry, and then do one itself, as for the dashboard, next to what
 * it does alone before and after.
 *
 * @param retryMs How long a retry takes without it.
 */
async function benchBeside(url: string, events: number, retryMs: number): Promise<boolean> {
  const most = MOST_PER_SECOND * Math.ceil((5 * ALONE_MS + 5 * retryMs) / 1000);
  console.info(`${most} events for a process that consumes beside a retry`);
  await run("fill.ts", url, BESIDE, "classic", String(most));
  await using process = await Bystander.start(url, BESIDE);
  const watchAlone = () => process.watch(() => delay(ALONE_MS));
  const before = await watchAlone();
  const command = await process.watch(() => retrySome(url, events, 1));
  const between = await watchAlone();
  console.info("the same in the process that consumes …");
  const task = await process.watch(() => process.retry(QUEUE, idsOf(events, 2)));
  const alone = together([before, between, await watchAlone()]);
  if (await depth(url, BESIDE) === 0) throw new Error("the consuming process ran out of events");
  console.log(aloneRow(alone));
  for (const row of besideRows("a retry", command, alone)) console.log(row);
  for (const row of besideRows("its own retry", task, alone)) console.log(row);
  return isUndisturbed(command, alone) && isUndisturbed(task, alone);
}

async function retrySome(url: string, events: number, first: number): Promise<Ended> {
  return await command(url, "retry", QUEUE, "--yes", "--id", ...idsOf(events, first));
}

/** Ids of events from all parts of the queue. @param first Tells them from those of another retry. */
function idsOf(events: number, first: number): string[] {
  const step = Math.floor(events / RETRIED);
  return Array.from({ length: RETRIED }, (_, i) => `id-${i * step + first}`);
}

/** Makes the dead letters. Holds at most 1,000 of them, which are not confirmed. */
async function fill(url: string, events: number): Promise<void> {
  await using broker = await openRabbitmq({ url });
  await broker.declare(QUEUE);
  await broker.declare(FAILED);
  let next = 0;
  const publish = () => {
    const id = next++;
    const headers = { "x-pq-reason": "error", "x-pq-error-message": `no user ${id}` };
    if (id % PROGRESS_EVERY === 0 && id > 0) tell(`made ${id} of ${events} dead letters`);
    return broker.publish(FAILED, BODY, { messageId: `id-${id}`, headers });
  };
  const filler = async () => {
    while (next < events) {
      const count = Math.min(TOGETHER, events - next);
      await Promise.all(Array.from({ length: count }, publish));
    }
  };
  await Promise.all(Array.from({ length: FILLERS }, filler));
}

/** Takes all events with a bare consumer, and returns them by closing. @returns ms. */
async function takeAll(url: string, events: number): Promise<number> {
  const start = performance.now();
  const connection = await amqplib.connect(url, { noDelay: true });
  const channel = await connection.createChannel();
  let taken = 0;
  const all = Promise.withResolvers<void>();
  await channel.consume(FAILED, () => {
    taken++;
    if (taken % PROGRESS_EVERY === 0) tell(`took ${taken} of ${events} dead letters`);
    if (taken === events) all.resolve();
  });
  await all.promise;
  await channel.close();
  await connection.close();
  return performance.now() - start;
}

/** Runs `failed` and waits for its end. */
async function command(url: string, ...args: string[]): Promise<Ended> {
  console.info(`failed ${args[0]} …`);
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
    return markOf(pid, 0).peakRssBytes;
  } catch {
    return 0;
  }
}

async function depth(url: string, queue: string): Promise<number> {
  await using broker = await openRabbitmq({ url });
  return (await broker.depth(queue))?.ready ?? 0;
}

/** The memory of the broker, once all its processes have collected their garbage. */
async function brokerBytes(server: PrivateRabbitmq): Promise<number> {
  await server.ctl("force_gc");
  return Number(await server.ctl("eval", "erlang:memory(total)."));
}

/** Prints how far it has come, and the memory of this process; that is no row. */
function tell(text: string): void {
  console.info(`${text}; this process uses ${mb(Deno.memoryUsage().rss)} MB`);
}

function mb(bytes: number): string {
  return (bytes / MB).toFixed(0);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
