/**
 * The end of a run: the processes empty the queues, and the suite reads what is left in them.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { HEADER } from "../../lib/engine/broker/headers.ts";
import { failedQueueName } from "../../lib/engine/settle/retry.ts";
import { waitUntil } from "../private_server.ts";
import type { DeadLetter, Waiting } from "./checker.ts";
import { sleep } from "./handler.ts";
import type { Deployment } from "./deployment.ts";
import { eventSchema, QUEUES } from "./events.ts";
import { heldQueues, restartNodes } from "./held.ts";
import type { Processes } from "./processes.ts";

/**
 * How long the handlers may do nothing while events wait, in ms. RabbitMQ dead-letters an event again
 * after 3 minutes, if the node died to which it had sent it.
 */
const STALL_MS = 200_000;
/** How long a retry may take to return to its queue, in ms. */
const RETURN_MS = 10_000;
/**
 * How long the queues must stay empty, in ms, as an event may be on its way from a retry queue.
 * RabbitMQ's own counts are up to 5 s old.
 */
const EMPTY_MS = { embedded: 2000, rabbitmq: 6000 };
const POLL_MS = 500;
const ALL = Number.MAX_SAFE_INTEGER;

/** What is drained. */
export type Drained =
  & Pick<Deployment, "server" | "stored">
  & { readonly processes: Pick<Processes, "start" | "stop"> };

/**
 * Lets the processes run until the queues are empty, and stops them. Repeats this when an event
 * returns to its queue while they stop. However long it takes, it goes on while the handlers do
 * anything.
 *
 * @param sizeOf A number that changes while they do, from how many events are stored.
 * @returns How it ended.
 */
export async function drain(
  deployment: Drained,
  sizeOf: (stored: number) => number,
): Promise<DrainEnd> {
  for (;;) {
    const end = await untilOver(deployment, sizeOf);
    await deployment.processes.stop();
    if (end === "stalled" || await deployment.stored() === 0) return end;
    deployment.processes.start();
  }
}

/**
 * Drains, and once more after the broker's nodes were restarted, if it held events that no client
 * could get.
 *
 * @returns A line for each queue with such events.
 */
export async function drainHeld(
  deployment: Drained,
  sizeOf: (stored: number) => number,
): Promise<string[]> {
  const { server, processes } = deployment;
  if (await drain(deployment, sizeOf) === "empty" || !server) return [];
  const held = await heldQueues(server);
  await restartNodes(server);
  processes.start();
  await drain(deployment, sizeOf);
  return held;
}

/** Reads all events that failed. */
export async function deadLetters({ broker }: Deployment): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for (const queue of QUEUES) {
    for (const { body, properties } of await broker.peek(failedQueueName(queue), ALL)) {
      const id = idOf(body);
      const reason = properties.headers?.[HEADER.reason];
      letters.push({ id, reason: typeof reason === "string" ? reason : undefined });
    }
  }
  return letters;
}

/** Reads all events that are still to run, once those that wait for a retry have returned. */
export async function waiting({ broker }: Deployment): Promise<Waiting[]> {
  const haveReturned = async () => {
    const counts = await Promise.all(QUEUES.map((queue) => broker.waiting(queue)));
    return counts.every((count) => count === 0);
  };
  await waitUntil(haveReturned, RETURN_MS).catch(() => {});
  const events: Waiting[] = [];
  for (const queue of QUEUES) {
    for (const { body } of await broker.peek(queue, ALL)) events.push({ id: idOf(body), queue });
  }
  return events;
}

function idOf(body: Uint8Array): string {
  return eventSchema.parse(JSON.parse(Buffer.from(body).toString())).id;
}

/** Resolves when a drain is over. @returns How it ended. */
async function untilOver(
  deployment: Drained,
  sizeOf: (stored: number) => number,
): Promise<DrainEnd> {
  const emptyMs = deployment.server ? EMPTY_MS.rabbitmq : EMPTY_MS.embedded;
  const drain = new Drain(performance.now(), emptyMs);
  for (;;) {
    const stored = await deployment.stored();
    const end = drain.endOf(performance.now(), stored === 0, sizeOf(stored));
    if (end) return end;
    await sleep(POLL_MS);
  }
}

/** How a drain ends: the queues are empty, or the handlers did nothing for long while they were not. */
export type DrainEnd = "empty" | "stalled";

/** Decides when a drain is over. */
export class Drain {
  readonly #emptyMs: number;
  #filledAt: number;
  #grownAt: number;
  #size = 0;

  /** @param now The time at which it starts, in ms. @param emptyMs How long they must stay empty. */
  constructor(now: number, emptyMs: number) {
    this.#emptyMs = emptyMs;
    this.#filledAt = this.#grownAt = now;
  }

  /**
   * Takes what is seen now.
   *
   * @param now The time, in ms. @param isEmpty Whether the queues are empty.
   * @param size A number that changes while the handlers do anything.
   * @returns How it ended; `undefined` while it goes on.
   */
  endOf(now: number, isEmpty: boolean, size: number): DrainEnd | undefined {
    if (!isEmpty) this.#filledAt = now;
    if (size !== this.#size) this.#grownAt = now;
    this.#size = size;
    if (now - this.#filledAt >= this.#emptyMs) return "empty";
    return now - this.#grownAt >= STALL_MS ? "stalled" : undefined;
  }
}
