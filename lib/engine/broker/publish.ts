/**
 * Publishing one event, for a worker's `ctx.publish` and for `process-queue publish`.
 *
 * @module
 */

import { type Broker, BrokerError } from "./broker.ts";
import { newEventProperties } from "./headers.ts";

/**
 * Publishes an event with a new `message_id` and the time; resolves when the broker has confirmed
 * it. Declares a queue that does not exist.
 *
 * @param body The event as JSON; its bytes are published as they are.
 * @param onNewQueue Called when the queue is not there, before it is declared.
 * @throws {BrokerError} When it could not be confirmed.
 */
export async function publishEvent(
  broker: Broker,
  queue: string,
  body: Uint8Array | string,
  onNewQueue: () => void = () => {},
): Promise<void> {
  const properties = newEventProperties();
  try {
    await broker.publish(queue, body, properties);
  } catch (error) {
    if (!(error instanceof BrokerError) || error.kind !== "unroutable") throw error;
    onNewQueue();
    await broker.declare(queue);
    await broker.publish(queue, body, properties);
  }
}
