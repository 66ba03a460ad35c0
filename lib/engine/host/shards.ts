/**
 * The shards of a queue: queues of their own, each for a part of the events.
 *
 * @module
 */

import { errorData, errorFrom } from "../../errors/error_data.ts";
import { toJson } from "../../json/to_json.ts";
import { parseEvent } from "../executor/parse.ts";
import { EventSecrets } from "../settle/event_secrets.ts";
import { InvalidEvent } from "../settle/invalid_event.ts";
import type { Worker } from "../../worker.ts";

/** Which shard, counted from 1, an event belongs to; a worker's `shard`. */
export type ShardFunction = (event: unknown, shards: number) => number;

/**
 * A worker's `shard`, if it has one. It gets what the worker's schema makes of an event, as the
 * handler does; what it throws has none of the worker's secrets.
 *
 * The function that is returned takes the event as it is published, and throws a `RangeError` where
 * that does not fit.
 */
export function shardOf(worker: Worker): ShardFunction | undefined {
  if (!worker.shard) return undefined;
  const shard: ShardFunction = (event, shards) => {
    return worker.shard?.(eventOf(worker, event), shards) ?? NaN;
  };
  const hidden = new EventSecrets(worker.secrets ?? []);
  if (hidden.areNone) return shard;
  return (event, shards) => {
    try {
      return shard(event, shards);
    } catch (error) {
      throw errorFrom(errorData(error, hidden.hideOf([{ body: "", event }])));
    }
  };
}

function eventOf(worker: Worker, published: unknown): unknown {
  try {
    return parseEvent(toJson(published), worker.event, Infinity).event;
  } catch (error) {
    if (!(error instanceof InvalidEvent)) throw error;
    // It is not the event of a handler that publishes.
    throw new RangeError(`The event has no shard of ${worker.queue}: ${error.message}`);
  }
}

/**
 * The queue of an event, as in Zulip: the shard's where the queue has more than one shard, else
 * the queue itself.
 *
 * @param event The event as it is published, not yet parsed by the worker's schema.
 * @param shards How many shards there are; `undefined` for none.
 * @param shard The worker's `shard`; must be there where there are shards.
 * @throws {RangeError} When there is no such function, or it returns no number of a shard.
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
      `${queue} has ${shards} shards, but its worker does not say which event belongs to which: ` +
        `give it a shard function, or remove the setting ${queue.toUpperCase()}_SHARDS`,
    );
  }
  const number = shard(event, shards);
  if (Number.isInteger(number) && number >= 1 && number <= shards) return shardName(queue, number);
  throw new RangeError(
    `The shard function of worker ${queue} returned ${number}: ` +
      `it must return a whole number from 1 to ${shards}`,
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
