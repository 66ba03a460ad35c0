/**
 * The ids of events that are published.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/** The most bytes of AMQP's `message_id`. */
const MAX_BYTES = 255;

/**
 * The id that a worker gives to an event.
 *
 * @param queue The queue it goes to, for the message.
 * @throws {RangeError} When it is empty or too long, or is no text that UTF-8 can hold.
 */
export function messageIdOf(
  queue: string,
  { id }: { readonly id?: string | undefined } = {},
): string | undefined {
  if (id === undefined) return undefined;
  const bytes = Buffer.byteLength(id);
  if (bytes >= 1 && bytes <= MAX_BYTES && id.isWellFormed()) return id;
  const fault = id.isWellFormed() ? `${bytes} bytes long` : "no well-formed text";
  throw new RangeError(
    `An event for queue ${queue} cannot be published: its id is ${fault}; give it one of 1 to ` +
      `${MAX_BYTES} bytes`,
  );
}
