/**
 * The clock of RabbitMQ's host. AMQP does not tell it, but a broker may be set up to stamp each event
 * that comes in.
 *
 * @module
 */

import type { ChannelModel, GetMessage, MessageProperties } from "amqplib";
import { type ClockReading, readClock, type ToldTime } from "../../../system/clock_reading.ts";
import { type Address, explainChannel } from "./errors.ts";
import { onOwnQueue, ownQueueName } from "./own_queue.ts";

/** The header of RabbitMQ's interceptors, in ms. */
const STAMP_HEADER = "timestamp_in_ms";

/**
 * Publishes one event to a queue of its own, and takes it back.
 *
 * @returns How far the clock is from this host's; `undefined` where the broker does not stamp events.
 * @throws {BrokerError} When the queue cannot be made or used.
 */
export async function brokerClock(
  model: ChannelModel,
  address: Address,
): Promise<ClockReading | undefined> {
  const queue = ownQueueName();
  try {
    return await onOwnQueue(model, queue, async ({ channel, publish }) => {
      return await readClock(async () => {
        await publish();
        return stampOf(await channel.get(queue, { noAck: true }));
      });
    });
  } catch (error) {
    throw explainChannel(error, queue, address);
  }
}

function stampOf(event: GetMessage | false): ToldTime | undefined {
  return event ? stampIn(event.properties) : undefined;
}

/** The time with which the broker has stamped an event that had none. */
export function stampIn(
  { headers, timestamp }: Pick<MessageProperties, "headers" | "timestamp">,
): ToldTime | undefined {
  const at: unknown = headers?.[STAMP_HEADER];
  if (typeof at === "number" && Number.isSafeInteger(at)) return { at };
  if (typeof timestamp !== "number") return undefined;
  return { at: timestamp * 1000, roundedMs: 1000 };
}
