/**
 * A queue of one's own, for a trial that touches no queue of anybody.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { ChannelModel, ConfirmChannel } from "amqplib";
import { closeChannel } from "./channel.ts";

/** A queue that is exclusive to a connection, and a channel on which publishes are confirmed. */
export interface OwnQueue {
  readonly channel: ConfirmChannel;
  /** Publishes an event `{}` to it. Resolves when it is confirmed. */
  publish(): Promise<void>;
}

/** The name of a queue that nobody has. */
export function ownQueueName(): string {
  return `process-queue-trial-${crypto.randomUUID()}`;
}

/** Makes a queue, uses it and deletes it. @throws {Error} When it cannot be made. */
export async function onOwnQueue<Result>(
  model: ChannelModel,
  name: string,
  use: (queue: OwnQueue) => Promise<Result>,
): Promise<Result> {
  const channel = await model.createConfirmChannel();
  let isOpen = true;
  for (const end of ["error", "close"]) channel.on(end, () => isOpen = false);
  try {
    await channel.assertQueue(name, { exclusive: true, autoDelete: true, durable: false });
    const publish = async () => {
      channel.publish("", name, Buffer.from("{}"));
      await channel.waitForConfirms();
    };
    const result = await use({ channel, publish });
    await channel.deleteQueue(name);
    return result;
  } finally {
    if (isOpen) await closeChannel(channel);
  }
}
