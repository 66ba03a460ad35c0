/**
 * Trials: of publishing, which touches no queue of anybody, and of each address of a cluster.
 *
 * @module
 */

import type { ChannelModel } from "amqplib";
import { TOO_LATE, within } from "../../../system/deadline.ts";
import { BrokerError } from "../broker.ts";
import { type ConnectingOptions, connectToAny } from "./connecting.ts";
import { closeConnection } from "./connection.ts";
import { type Address, explainChannel } from "./errors.ts";
import { onOwnQueue, ownQueueName } from "./own_queue.ts";

/** How long to wait for the confirmation, in ms. */
const CONFIRM_MS = 5000;
/** How long each address may take, in ms. */
const CONNECT_MS = 4000;

/**
 * Publishes one event to a queue of its own, which is exclusive and deleted then.
 *
 * @throws {BrokerError} `permission` where this user may make no queue of such a name; `timeout` when
 * the event is not confirmed within 5 s.
 */
export async function tryPublishing(model: ChannelModel, address: Address): Promise<void> {
  const queue = ownQueueName();
  try {
    await onOwnQueue(model, queue, async ({ publish }) => {
      if (await within(CONFIRM_MS, publish()) === TOO_LATE) throw notConfirmed();
    });
  } catch (error) {
    throw explainChannel(error, queue, address);
  }
}

/**
 * Connects to each of several addresses, all at once, and closes the connections.
 *
 * @returns Why each of the others cannot be used; empty for one address, which is in use already.
 */
export async function tryAddresses(
  { urls, ...options }: ConnectingOptions,
  signal: AbortSignal,
): Promise<BrokerError[]> {
  if (urls.length < 2) return [];
  const trials = urls.map(async (url) => {
    try {
      const { model } = await connectToAny({ ...options, urls: [url] }, CONNECT_MS, signal);
      model.on("error", () => {});
      await closeConnection(model);
      return [];
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      return [error];
    }
  });
  return (await Promise.all(trials)).flat();
}

function notConfirmed(): BrokerError {
  const text = `The broker did not confirm an event within ${CONFIRM_MS / 1000} s: see ` +
    "rabbitmqctl status, as it may have an alarm";
  return new BrokerError("timeout", text);
}
