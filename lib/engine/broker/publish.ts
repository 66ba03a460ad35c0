/**
 * Publishing one event, for a worker's `ctx.publish` and for `process-queue publish`.
 *
 * @module
 */

import { type Broker, BrokerError } from "./broker.ts";
import { newEventProperties } from "./headers.ts";

/** How an event is published. */
export interface PublishEventOptions {
  /** Its `message_id`. @default {a UUID} */
  readonly id?: string | undefined;
  /** Seconds until it may run. @default {0, at once} */
  readonly delaySeconds?: number | undefined;
  /** Called when the queue is not there, before it is declared. */
  readonly onNewQueue?: () => void;
}

/**
 * Publishes an event with a `message_id` and the time; resolves when the broker has confirmed it.
 * Declares a queue that does not exist.
 *
 * @param body The event as JSON; its bytes are published as they are.
 * @throws {BrokerError} When it could not be confirmed.
 */
export async function publishEvent(
  broker: Broker,
  queue: string,
  body: Uint8Array | string,
  { id, delaySeconds = 0, onNewQueue }: PublishEventOptions = {},
): Promise<void> {
  const properties = newEventProperties(undefined, id);
  const publish = () =>
    delaySeconds > 0
      ? broker.publishLater(queue, body, properties, delaySeconds)
      : broker.publish(queue, body, properties);
  try {
    await publish();
  } catch (error) {
    if (!(error instanceof BrokerError) || error.kind !== "unroutable") throw error;
    onNewQueue?.();
    await broker.declare(queue);
    await publish();
  }
}
