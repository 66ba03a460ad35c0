/**
 * Properties in amqplib's shape.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Message, Options } from "amqplib";
import type { EventProperties, StoredEvent } from "../broker.ts";

/** Options to publish with: persistent, and an error when no queue takes it. */
export function publishOptions(properties: EventProperties): Options.Publish {
  const defined = Object.entries(properties).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(defined), persistent: true, mandatory: true };
}

/** The bytes of a body; a body kept as text encodes back to what it was. */
export function bytesOf(body: Uint8Array | string): Buffer {
  if (typeof body === "string") return Buffer.from(body);
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

/** A message that was looked at, with a body of its own. */
export function storedEvent(message: Message): StoredEvent {
  return { body: Buffer.from(message.content), properties: propertiesOf(message.properties) };
}

/** The properties that are the publisher's, out of all that amqplib gives. */
export function propertiesOf(from: EventProperties): EventProperties {
  return {
    messageId: from.messageId,
    timestamp: from.timestamp,
    contentType: from.contentType,
    contentEncoding: from.contentEncoding,
    correlationId: from.correlationId,
    replyTo: from.replyTo,
    expiration: from.expiration,
    priority: from.priority,
    type: from.type,
    userId: from.userId,
    appId: from.appId,
    headers: from.headers,
  };
}
