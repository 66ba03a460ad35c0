/**
 * The end of a run: the queues run empty, and the dead letters are read.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { HEADER } from "../../lib/engine/broker/headers.ts";
import { failedQueueName } from "../../lib/engine/settle/retry.ts";
import type { DeadLetter } from "./checker.ts";
import { sleep } from "./handler.ts";
import { order, QUEUES } from "./orders.ts";
import type { World } from "./world.ts";

/** How long the queues may take to run empty, in ms. */
const DRAIN_MS = 60_000;
/** They have to be empty for so long, in ms: an event may be on its way from a retry queue. */
const EMPTY_MS = 2000;
const LOOK_MS = 200;
const ALL = Number.MAX_SAFE_INTEGER;

/**
 * Lets the processes run until no event is left, and ends them: what they had in hand must not
 * come back then.
 *
 * @returns Whether the queues are empty.
 */
export async function drain(world: World): Promise<boolean> {
  const end = performance.now() + DRAIN_MS;
  for (;;) {
    await untilEmpty(world, end);
    await world.stopProcesses();
    if (await isEmpty(world)) return true;
    if (performance.now() > end) return false;
    world.startProcesses();
  }
}

/** All events that were given up. */
export async function deadLetters({ broker }: World): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for (const queue of QUEUES) {
    for (const { body, properties } of await broker.peek(failedQueueName(queue), ALL)) {
      const { id } = order.parse(JSON.parse(Buffer.from(body).toString()));
      const reason = properties.headers?.[HEADER.reason];
      letters.push({ id, reason: typeof reason === "string" ? reason : undefined });
    }
  }
  return letters;
}

async function untilEmpty(world: World, end: number): Promise<void> {
  let filledAt = performance.now();
  while (performance.now() < end && performance.now() - filledAt < EMPTY_MS) {
    if (!await isEmpty(world)) filledAt = performance.now();
    await sleep(LOOK_MS);
  }
}

async function isEmpty({ broker }: World): Promise<boolean> {
  const counts = QUEUES.flatMap((queue) => [
    broker.depth(queue).then((depth) => depth?.ready ?? 0),
    broker.waiting(queue),
  ]);
  return (await Promise.all(counts)).every((count) => count === 0);
}
