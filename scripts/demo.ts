/**
 * Shows the program at work: starts its workers, publishes events, and shows how they are consumed.
 * One event fails at every attempt, until its cause is mended and it is retried. Everything runs as
 * in production, but always on the embedded broker and in the demo's own folder.
 *
 *   deno task demo
 */

import { join } from "node:path";
import { errorData } from "../lib/errors/error_data.ts";
import { failed } from "./demo/dead_letters.ts";
import { EVENTS, FAILING, QUEUES, TOTAL } from "./demo/events.ts";
import { sayAboveProgress as say, showProgress } from "./demo/progress.ts";
import { publishAll } from "./demo/publish.ts";
import { type Statistics, statisticsOf, table } from "./demo/report.ts";
import { clear, FOLDER, mend, settings, STATE_DIR } from "./demo/settings.ts";
import { Workers } from "./demo/workers.ts";

/** How long consuming may take, in ms. The longest wait in it is 5 s, before a retry. */
const CONSUME_MS = 45_000;
/** Time between two readings of the statistics, in ms. */
const POLL_MS = 100;
/** The folder of the statistics. */
const STATISTICS = join(FOLDER, "stats");

if (import.meta.main) await demo().catch(fail);

async function demo(): Promise<void> {
  const startedAt = performance.now();
  await clear();
  const count = TOTAL.toLocaleString("en");
  say(`process-queue: ${count} events, ${QUEUES.length} queues, the embedded broker.`);
  say("");
  await using workers = new Workers(QUEUES, say);
  const failure = workers.untilOneEnds();
  const seconds = await publishAndConsume(failure);
  await Promise.race([mendAndRetry(), failure]);
  say("");
  for (const line of table(await allStatistics(), seconds)) say(line);
  say("");
  say(`Every event was processed. It took ${took(startedAt).toFixed(0)} s.`);
  say(`The demo's files are in ${STATE_DIR}; it has changed nothing else.`);
}

/** @returns The seconds that each queue took. */
async function publishAndConsume(failure: Promise<never>): Promise<Map<string, number>> {
  const startedAt = performance.now();
  await showProgress("publishing", TOTAL, (onProgress) => {
    return Promise.race([publishAll(EVENTS, settings(), onProgress), failure]);
  });
  return await showProgress("consuming", TOTAL, (onProgress) => {
    return Promise.race([untilDone(startedAt, onProgress), failure]);
  });
}

/** Looks at the event that failed, mends the cause, and retries it. */
async function mendAndRetry(): Promise<void> {
  say("");
  say("Look at the event that failed:");
  await failed("list", FAILING, say);
  say("");
  say("Mend the cause, here a server that is down, and retry the event:");
  await mend();
  await failed("retry", FAILING, say);
  await untilProcessed(FAILING);
  say(`${FAILING}: the event was processed`);
}

/** Resolves when every event of a queue has been processed. */
async function untilProcessed(queue: string): Promise<void> {
  const latest = performance.now() + CONSUME_MS;
  for (;;) {
    const { processed } = await statisticsOf(STATISTICS, queue);
    if (processed === EVENTS[queue]?.length) return;
    if (performance.now() > latest) throw tooSlow(processed, `events of ${queue}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
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
      seconds.set(queue, took(startedAt));
    }
    if (performance.now() > latest) throw tooSlow(done, `of ${TOTAL} events`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return seconds;
}

function took(since: number): number {
  return (performance.now() - since) / 1000;
}

function tooSlow(done: number, what: string): Error {
  return new Error(
    `Only ${done} ${what} were consumed within ${CONSUME_MS / 1000} s. See the statistics of the ` +
      `queues in ${STATE_DIR}/stats`,
  );
}

function doneOf({ queue, processed, failed }: Statistics) {
  const total = EVENTS[queue]?.length ?? 0;
  return { queue, total, done: Math.min(total, processed + failed) };
}

async function allStatistics(): Promise<Statistics[]> {
  return await Promise.all(QUEUES.map((queue) => statisticsOf(STATISTICS, queue)));
}

function fail(error: unknown): never {
  console.error(`\nThe demo failed: ${errorData(error).message}`);
  Deno.exit(1);
}
