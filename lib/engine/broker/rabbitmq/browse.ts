/**
 * Looking at the events of a queue, and deleting them.
 *
 * @module
 */

import type { ChannelModel } from "amqplib";
import { BrokerError, type PeekRules, type StoredEvent } from "../broker.ts";
import type { PeekBounds } from "../peek_bounds.ts";
import { withChannel } from "./channel.ts";
import { storedEvent } from "./properties.ts";
import { argumentsOf } from "./queue_arguments.ts";

/** From how many deliveries of its first event on a queue is not looked at. */
const MOST_DELIVERIES = 10;

/**
 * The first events of a queue. They return to their places when the channel is closed; a quorum queue
 * would put those that are returned singly behind all others.
 *
 * @param bounds How many are taken.
 * @throws {BrokerError} `refused` where the rules refuse the look.
 */
export async function peek(
  model: ChannelModel,
  queue: string,
  bounds: PeekBounds,
  rules?: PeekRules,
): Promise<StoredEvent[]> {
  if (rules) await assertAllowed(model, queue, rules);
  return await withChannel(model, async (channel) => {
    const events: StoredEvent[] = [];
    while (bounds.left > 0) {
      const message = await channel.get(queue);
      if (!message) break;
      const event = storedEvent(message);
      if (rules && events.length === 0) assertFewDeliveries(queue, event);
      bounds.add(event);
      events.push(event);
    }
    return events;
  });
}

/** Deletes the events that are ready. @returns How many. */
export async function purge(model: ChannelModel, queue: string): Promise<number> {
  return (await withChannel(model, (channel) => channel.purgeQueue(queue))).messageCount;
}

/**
 * How a queue is sifted: whether as a quorum queue, which never gets an event returned.
 *
 * @param mayCount Whether looks may count towards a delivery limit.
 * @throws {BrokerError} `refused` for a stream, or where looks count and may not.
 */
export async function siftAsQuorum(
  model: ChannelModel,
  queue: string,
  mayCount: boolean,
): Promise<boolean> {
  const args = (await argumentsOf(model, queue))?.args;
  // Where the type is not known, what is right for a quorum queue is right for a classic one.
  if (!args) return true;
  assertNoStream(queue, args["x-queue-type"]);
  if (args["x-queue-type"] !== "quorum") return false;
  const limit = Number(args["x-delivery-limit"] ?? (hasDefaultLimit(model) ? DEFAULT_LIMIT : -1));
  if (limit >= 0 && !mayCount) throw limitError(queue, limit);
  return true;
}

/** The delivery limit of quorum queues that say none, on RabbitMQ 4 and later. */
const DEFAULT_LIMIT = 20;

function hasDefaultLimit(model: ChannelModel): boolean {
  return Number.parseInt(String(model.connection.serverProperties.version), 10) >= 4;
}

async function assertAllowed(
  model: ChannelModel,
  queue: string,
  { countsDelivery }: PeekRules,
): Promise<void> {
  const type = (await argumentsOf(model, queue))?.args["x-queue-type"];
  assertNoStream(queue, type);
  if (type === "quorum" && !countsDelivery) throw countError(queue);
}

function assertNoStream(queue: string, type: unknown): void {
  if (type !== "stream") return;
  throw new BrokerError(
    "refused",
    `Queue ${queue} is a stream, whose events cannot be taken and returned: read it with a client ` +
      "of streams",
  );
}

function assertFewDeliveries(queue: string, { properties }: StoredEvent): void {
  const count = Number(properties.headers?.["x-delivery-count"] ?? 0);
  if (count < MOST_DELIVERIES) return;
  throw new BrokerError(
    "refused",
    `The first event of ${queue} was delivered ${count} times already, and each look is one more: ` +
      `the queue may drop it then. Look with rabbitmq-queues peek, which counts nothing`,
  );
}

function countError(queue: string): BrokerError {
  return new BrokerError(
    "refused",
    `Queue ${queue} is a quorum queue, where each look counts as a delivery of its events, and an ` +
      `event that is delivered too often is dropped: look with rabbitmq-queues peek, or with ` +
      `--count-a-delivery`,
  );
}

function limitError(queue: string, limit: number): BrokerError {
  return new BrokerError(
    "refused",
    `Queue ${queue} has a delivery limit of ${limit}, and each look counts as a delivery: an event ` +
      `that was looked at too often is dropped. Lift the limit with rabbitmqctl set_policy ` +
      `--apply-to queues lift '^${
        queue.replaceAll(".", "\\.")
      }$' '{"delivery-limit":-1}', and look ` +
      `with --count-a-delivery`,
  );
}
