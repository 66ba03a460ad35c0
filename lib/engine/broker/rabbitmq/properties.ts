/**
 * Properties as amqplib reads and writes them.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Message, Options } from "amqplib";
import { BrokerError, type EventProperties, type StoredEvent } from "../broker.ts";
import { HEADER } from "../headers.ts";

/**
 * The options of a publish: persistent and mandatory.
 *
 * @throws {RangeError} When RabbitMQ could not read a header, and would close the connection.
 */
export function publishOptions(properties: EventProperties): Options.Publish {
  if (!isReadable(properties.headers)) {
    throw new RangeError(
      "a number in its headers is not finite, or has a type that it cannot have",
    );
  }
  const defined = Object.entries(properties).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(defined), persistent: true, mandatory: true };
}

/** Whether RabbitMQ can read a value as amqplib writes it, which makes NaN of most things. */
function isReadable(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return true;
  return Object.hasOwn(value, "!") ? isTyped(value) : Object.values(value).every(isReadable);
}

/** Whether a value with a type is one that was read so, or that {@linkcode encodable} makes. */
function isTyped({ "!": type, value }: { "!"?: unknown; value?: unknown }): boolean {
  switch (type) {
    case "timestamp":
      return isCount(value) || typeof value === "bigint";
    case "decimal":
      return isDecimal(value);
    case "double":
      return typeof value === "number" && Number.isFinite(value);
    default:
      return type === "long" && typeof value === "bigint";
  }
}

/** The bytes of a body; a body kept as text encodes back to what it was. */
export function bytesOf(body: Uint8Array | string): Buffer {
  if (typeof body === "string") return Buffer.from(body);
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

/** A message with a copy of its body. */
export function storedEvent(message: Message): StoredEvent {
  return { ...passingEvent(message), body: Buffer.from(message.content) };
}

/** A message whose body is a part of what was read from the socket: it is copied to be kept. */
export function passingEvent({ content, properties }: Message): StoredEvent {
  return { body: content, properties: propertiesOf(properties) };
}

/** The publisher's properties, of all that amqplib reads. */
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

/** The most bytes of a short string: a property, or the name of a header. */
const MAX_SHORT_BYTES = 255;
const TWO_TO_63 = 2 ** 63;
const TWO_TO_50 = 2 ** 50;

/**
 * Publishes with an event's properties, which may have been read from a queue.
 *
 * @param publish Called again where amqplib cannot write them, with the most that it can.
 */
export async function publishEncodable(
  properties: EventProperties,
  publish: (properties: EventProperties) => Promise<void>,
): Promise<void> {
  try {
    await publish(properties);
  } catch (error) {
    if (!(error instanceof NotEncodable)) throw error;
    await publish(encodable(properties));
  }
}

/** AMQP has no encoding for the event's properties, so it was not sent. */
export class NotEncodable extends BrokerError {
  /** @param queue The queue it was for. @param cause The error of amqplib. */
  constructor(queue: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `The properties of an event for queue ${queue} cannot be sent: ${why}`;
    super("refused", message, { cause });
  }
}

/**
 * The properties, changed as little as amqplib needs to write them. What was read may be more than
 * it can write: an integer over 2^53 is a BigInt, a short string that is not UTF-8 has grown, a
 * float may be NaN.
 */
function encodable(properties: EventProperties): EventProperties {
  const { headers = {}, timestamp, priority, ...texts } = properties;
  return {
    ...Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, shortText(text)])),
    ...(isCount(timestamp) ? { timestamp } : {}),
    ...(isCount(priority) && priority <= 255 ? { priority } : {}),
    headers: encodableHeaders(headers),
  };
}

function encodableHeaders(headers: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const names = Object.keys(headers);
  const dropped = names.filter((name) => Buffer.byteLength(name) > MAX_SHORT_BYTES);
  const kept = names.filter((name) => !dropped.includes(name))
    .map((name) => [name, encodableValue(headers[name])]);
  if (dropped.length === 0) return Object.fromEntries(kept);
  const before = headers[HEADER.droppedHeaders];
  const all = [...(typeof before === "string" ? [before] : []), ...dropped.map(shortText)];
  return { ...Object.fromEntries(kept), [HEADER.droppedHeaders]: all.join(" ").slice(0, 1024) };
}

function encodableValue(value: unknown): unknown {
  if (typeof value === "number") {
    return isWritten(value) ? value : { "!": "double", value };
  }
  if (typeof value === "bigint") return { "!": "long", value };
  if (Array.isArray(value)) return value.map(encodableValue);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (Object.hasOwn(value, "!")) return encodableTyped(value as { value?: unknown });
  return encodableHeaders(value as Record<string, unknown>);
}

/**
 * A value with its type, as amqplib represents timestamps and decimals. A number too large to be
 * exact becomes text, and so does a publisher's table that only looks like such a value.
 */
function encodableTyped(typed: { "!"?: unknown; value?: unknown }): unknown {
  if (isTyped(typed)) return typed;
  const { value } = typed;
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  return JSON.stringify(typed, (_, part) => typeof part === "bigint" ? String(part) : part);
}

function isDecimal(value: unknown): boolean {
  const { places, digits } = (value ?? {}) as { places?: unknown; digits?: unknown };
  return isCount(places) && places <= 255 && isCount(digits) && digits < 2 ** 32;
}

/** Whether amqplib can write the number. */
function isWritten(value: number): boolean {
  if (value >= TWO_TO_63 || Math.abs(value) < TWO_TO_50) return true;
  return Number.isInteger(value) && value >= -TWO_TO_63;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function shortText(text: string | undefined): string | undefined {
  if (text === undefined || Buffer.byteLength(text) <= MAX_SHORT_BYTES) return text;
  return Buffer.from(text).toString("utf8", 0, MAX_SHORT_BYTES - 2).replace(/\ufffd+$/, "");
}
