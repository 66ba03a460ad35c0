/**
 * Shows the program at work: starts its workers, publishes events, and shows how they are consumed.
 * One event fails at every attempt. Everything runs as in production, but always on the embedded
 * broker and in the demo's own folder.
 *
 *   deno task demo
 */

import { join } from "node:path";
import { readEnvironment } from "../lib/config/environment.ts";
import { errorData } from "../lib/errors/error_data.ts";
import { EVENTS, QUEUES, TOTAL } from "./demo/events.ts";
import { sayAboveProgress as say, showProgress } from "./demo/progress.ts";
import { publishAll } from "./demo/publish.ts";
import { type Statistics, statisticsOf, table } from "./demo/report.ts";
import { clear, FOLDER, ROOT, settings, STATE_DIR, WORKERS_DIR } from "./demo/settings.ts";
import { Workers } from "./demo/workers.ts";

/** How long consuming may take, in ms. The longest wait in it is 5 s, before a retry. */
const CONSUME_MS = 45_000;
/** Time between two readings of the statistics, in ms. */
const POLL_MS = 100;

if (import.meta.main) await demo().catch(fail);

async function demo(): Promise<void> {
  const startedAt = performance.now();
  await clear();
  const count = TOTAL.toLocaleString("en");
  say(`process-queue: ${count} events, ${QUEUES.length} queues, the embedded broker.`);
  say("");
  const seconds = await publishAndConsume();
  say("");
  for (const line of table(await allStatistics(), seconds)) say(line);
  say("");
  say(`It took ${((performance.now() - startedAt) / 1000).toFixed(0)} s. Try next:`);
  for (const line of nextCommands()) say(`  ${line}`);
}

/** @returns The seconds that each queue took. */
async function publishAndConsume(): Promise<Map<string, number>> {
  await using workers = new Workers(QUEUES, say);
  const failure = workers.untilOneEnds();
  const startedAt = performance.now();
  await showProgress("publishing", TOTAL, (onProgress) => {
    return Promise.race([publishAll(EVENTS, settings(), onProgress), failure]);
  });
  return await showProgress("consuming", TOTAL, (onProgress) => {
    return Promise.race([untilDone(startedAt, onProgress), failure]);
  });
}

/**
 * Resolves when every event has been consumed or has failed.
 *
 * @returns The seconds that each queue took.
 */
async function untilDone(
  startedAt: number,
  onProgress: (count: number) => void,
): Promise<Map<string, number>> {
  const seconds = new Map<string, number>();
  const latest = performance.now() + CONSUME_MS;
  while (seconds.size < QUEUES.length) {
    const counts = (await allStatistics()).map(doneOf);
    const done = counts.reduce((sum, each) => sum + each.done, 0);
    onProgress(done);
    for (const { queue, done, total } of counts) {
      if (done < total || seconds.has(queue)) continue;
      seconds.set(queue, (performance.now() - startedAt) / 1000);
    }
    if (performance.now() > latest) throw tooSlow(done);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return seconds;
}

function tooSlow(done: number): Error {
  return new Error(
    `Only ${done} of ${TOTAL} events were consumed within ${CONSUME_MS / 1000} s. See the ` +
      `statistics of the queues in ${STATE_DIR}/stats`,
  );
}

function doneOf({ queue, processed, failed }: Statistics) {
  const total = EVENTS[queue]?.length ?? 0;
  return { queue, total, done: Math.min(total, processed + failed) };
}

async function allStatistics(): Promise<Statistics[]> {
  return await Promise.all(QUEUES.map((queue) => statisticsOf(join(FOLDER, "stats"), queue)));
}

function nextCommands(): string[] {
  const task = "npx -y deno@2.9.6 task start";
  return [
    `export STATE_DIR=${STATE_DIR} WORKERS_DIR=${WORKERS_DIR}`,
    ...brokerVariables().map((name) => `export ${name}=   # for the embedded broker`),
    `${task} failed list demo_webhooks`,
    `${task} failed retry demo_webhooks`,
    `${task} --queue_name demo_webhooks --drain`,
  ];
}

/** The settings that select another broker than the demo's. */
function brokerVariables(): string[] {
  const names = Object.keys(readEnvironment(join(ROOT, ".env")));
  return names.filter((name) => /^(AMQP|RABBITMQ)_/.test(name)).sort();
}

function fail(error: unknown): never {
  console.error(`\nThe demo failed: ${errorData(error).message}`);
  Deno.exit(1);
}
