/**
 * The end of a run: the processes empty the queues, and the suite reads the dead letters.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { HEADER } from "../../lib/engine/broker/headers.ts";
import { failedQueueName } from "../../lib/engine/settle/retry.ts";
import type { DeadLetter } from "./checker.ts";
import { sleep } from "./handler.ts";
import type { Deployment } from "./deployment.ts";
import { eventSchema, QUEUES } from "./events.ts";

/** How long the processes may take to empty the queues, in ms. */
const DRAIN_MS = 60_000;
/** How long the queues must stay empty, in ms, as an event may be on its way from a retry queue. */
const EMPTY_MS = 2000;
const POLL_MS = 200;
const ALL = Number.MAX_SAFE_INTEGER;

/**
 * Lets the processes run until the queues are empty, and stops them. Repeats this when an event
 * returns to its queue while they stop.
 *
 * @returns Whether the queues are empty.
 */
export async function drain(deployment: Deployment): Promise<boolean> {
  const end = performance.now() + DRAIN_MS;
  for (;;) {
    await untilEmpty(deployment, end);
    await deployment.stopProcesses();
    if (await isEmpty(deployment)) return true;
    if (performance.now() > end) return false;
    deployment.startProcesses();
  }
}

/** Reads all events that failed. */
export async function deadLetters({ broker }: Deployment): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for (const queue of QUEUES) {
    for (const { body, properties } of await broker.peek(failedQueueName(queue), ALL)) {
      const { id } = eventSchema.parse(JSON.parse(Buffer.from(body).toString()));
      const reason = properties.headers?.[HEADER.reason];
      letters.push({ id, reason: typeof reason === "string" ? reason : undefined });
    }
  }
  return letters;
}

async function untilEmpty(deployment: Deployment, end: number): Promise<void> {
  let filledAt = performance.now();
  while (performance.now() < end && performance.now() - filledAt < EMPTY_MS) {
    if (!await isEmpty(deployment)) filledAt = performance.now();
    await sleep(POLL_MS);
  }
}

async function isEmpty({ broker }: Deployment): Promise<boolean> {
  const counts = QUEUES.flatMap((queue) => [
    broker.depth(queue).then((depth) => depth?.ready ?? 0),
    broker.waiting(queue),
  ]);
  return (await Promise.all(counts)).every((count) => count === 0);
}
