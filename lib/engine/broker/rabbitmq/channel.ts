/**
 * Opening a channel for one use, closing any channel, and naming what came on it.
 *
 * @module
 */

import type { Channel, ChannelModel, ConsumeMessage } from "amqplib";
import { within } from "../../../system/deadline.ts";

/** How long to wait for the broker to confirm that a channel is closed, in ms. */
const CLOSE_MS = 2000;

/**
 * Closes a channel. Resolves once the channel is closed, or the broker did not answer in time.
 * amqplib's own promise never settles when the connection is lost meanwhile.
 */
export async function closeChannel(channel: Channel): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    channel.once("close", resolve);
    Promise.try(() => channel.close()).catch(resolve);
  });
  await within(CLOSE_MS, closed);
}

/** Runs `use` on a channel of its own. */
export async function withChannel<Result>(
  model: ChannelModel,
  use: (channel: Channel) => Promise<Result>,
): Promise<Result> {
  const channel = await model.createChannel();
  let isClosed = false;
  channel.on("error", () => isClosed = true);
  channel.on("close", () => isClosed = true);
  try {
    return await use(channel);
  } finally {
    if (!isClosed) await closeChannel(channel);
  }
}

/** A delivery, to acknowledge or return it: amqplib takes a message where AMQP has a delivery tag. */
export function messageOf(deliveryTag: number): ConsumeMessage {
  return { fields: { deliveryTag } } as ConsumeMessage;
}
