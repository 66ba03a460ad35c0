/**
 * Publishing one event: what a worker's `ctx.publish` and `process-queue publish` share.
 *
 * @module
 */

import { type Broker, BrokerError } from "./broker/broker.ts";
import { newEventProperties } from "./broker/headers.ts";

/** Which shard, counted from 1, an event belongs to; a worker's `shard`. */
export type ShardFunction = (event: unknown, shards: number) => number;

/** Queues that are being declared, so that events published at the same time declare one once. */
const declaring = new WeakMap<Broker, Map<string, Promise<void>>>();

/**
 * Publishes an event with a new `message_id` and the time; resolves when the broker has confirmed
 * it. A queue that does not exist is declared.
 *
 * @param body The event as JSON; its bytes are published as they are.
 * @throws {BrokerError} When it could not be confirmed.
 */
export async function publishEvent(
  broker: Broker,
  queue: string,
  body: Uint8Array | string,
): Promise<void> {
  const properties = newEventProperties();
  try {
    await broker.publish(queue, body, properties);
  } catch (error) {
    if (!(error instanceof BrokerError) || error.kind !== "unroutable") throw error;
    await declareOnce(broker, queue);
    await broker.publish(queue, body, properties);
  }
}

/**
 * The queue of an event, as in Zulip: the shard's where the queue has more than one shard, else
 * the queue itself.
 *
 * @param event The parsed event.
 * @param shards How many shards there are; `undefined` for none.
 * @param shard The worker's `shard`; must be there where there are shards.
 * @throws {RangeError} When there is no such function, or it gives no number of a shard.
 */
export function shardQueue(
  queue: string,
  event: unknown,
  shards: number | undefined,
  shard: ShardFunction | undefined,
): string {
  if (shards === undefined || shards <= 1) return queue;
  if (!shard) {
    throw new RangeError(
      `${queue} has ${shards} shards, and its worker does not say which event belongs to which: ` +
        `give it a function shard, or remove the setting ${queue.toUpperCase()}_SHARDS`,
    );
  }
  const number = shard(event, shards);
  if (Number.isInteger(number) && number >= 1 && number <= shards) return shardName(queue, number);
  throw new RangeError(
    `The function shard of the worker ${queue} gave ${number}: ` +
      `it must give a whole number from 1 to ${shards}`,
  );
}

/** The queue of a shard, as Zulip names it. @param number Counted from 1. */
export function shardName(queue: string, number: number): string {
  return `${queue}_shard${number}`;
}

/** The queue a shard belongs to; the queue itself where the name is no shard's. */
export function unsharded(queue: string): string {
  return queue.replace(/_shard[0-9]+$/, "");
}

async function declareOnce(broker: Broker, queue: string): Promise<void> {
  const running = declaring.get(broker) ?? new Map<string, Promise<void>>();
  declaring.set(broker, running);
  const declared = running.get(queue) ?? broker.declare(queue);
  running.set(queue, declared);
  try {
    await declared;
  } finally {
    running.delete(queue);
  }
}
