/**
 * A trial of publishing that touches no queue of anybody.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { ChannelModel } from "amqplib";
import { TOO_LATE, within } from "../../../system/deadline.ts";
import { BrokerError } from "../broker.ts";
import { closeChannel } from "./channel.ts";
import { type Address, explainChannel } from "./errors.ts";

/** How long to wait for the confirmation, in ms. */
const CONFIRM_MS = 5000;

/**
 * Publishes one event to a queue of its own, which is exclusive and deleted then.
 *
 * @throws {BrokerError} `permission` where this user may make no queue of such a name; `timeout` when
 * the event is not confirmed within 5 s.
 */
export async function tryPublishing(model: ChannelModel, address: Address): Promise<void> {
  const queue = `process-queue-trial-${crypto.randomUUID()}`;
  const channel = await model.createConfirmChannel();
  let isOpen = true;
  for (const end of ["error", "close"]) channel.on(end, () => isOpen = false);
  try {
    await channel.assertQueue(queue, { exclusive: true, autoDelete: true, durable: false });
    channel.publish("", queue, Buffer.from("{}"));
    if (await within(CONFIRM_MS, channel.waitForConfirms()) === TOO_LATE) throw notConfirmed();
    await channel.deleteQueue(queue);
  } catch (error) {
    throw explainChannel(error, queue, address);
  } finally {
    if (isOpen) await closeChannel(channel);
  }
}

function notConfirmed(): BrokerError {
  const text = `The broker did not confirm an event within ${CONFIRM_MS / 1000} s: see ` +
    "rabbitmqctl status, as it may have an alarm";
  return new BrokerError("timeout", text);
}
