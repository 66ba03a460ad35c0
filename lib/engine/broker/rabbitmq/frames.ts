/**
 * Reading the frames of a connection. amqplib ends the connection, which all queues share, when it
 * cannot decode the properties of one event.
 *
 * @module
 */

import type { Buffer } from "node:buffer";
import type { ChannelModel } from "amqplib";
import { BASIC, decodeProperties } from "./content_header.ts";

/** A frame of the broker breaks the rules of AMQP, so the connection cannot be read any further. */
export class UnreadableFrame extends Error {
  override readonly name = "UnreadableFrame";
  /** @param cause The error of amqplib. */
  constructor(cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`a frame of the broker cannot be read (${why})`, { cause });
  }
}

/** A frame as amqplib decodes it. */
interface Frame {
  /** Class and method; the class alone for a content header; none for a body. */
  readonly id?: number;
  readonly fields?: { readonly headers?: Readonly<Record<string, unknown>> };
}

/** The parts of amqplib's connection that read frames. */
interface Receiver {
  /** The bytes that were read from the socket and are not decoded. */
  readonly rest: Buffer;
  /** Takes the next frame off `rest` and decodes it; reads the socket and calls itself for more. */
  recvFrame(): Frame | false;
}

/**
 * Decodes content headers again where amqplib fails or rounds a number: what a delivery contains
 * never ends the connection.
 */
export function readAllFrames(model: ChannelModel): void {
  const connection = model.connection as unknown as Receiver;
  const receive = connection.recvFrame;
  let last: Frame | false = false;
  connection.recvFrame = () => {
    const before = connection.rest;
    try {
      const frame = receive.call(connection);
      // The call was for more bytes where it returns what the call within it did.
      if (frame === last || !frame || isExact(frame)) return last = frame;
    } catch (error) {
      if (error instanceof UnreadableFrame) throw error;
      if (connection.rest === before || !isContentHeader(before)) throw new UnreadableFrame(error);
    }
    return last = contentHeader(before);
  };
}

const FRAME_HEADER = 2;
const PAYLOAD_AT = 7;
/** Bytes of a content header before its properties. */
const LEAST_BYTES = 14;

/** Whether a frame begins that has an event's properties. */
function isContentHeader(bytes: Buffer): boolean {
  return bytes[0] === FRAME_HEADER && bytes.readUInt32BE(3) >= LEAST_BYTES;
}

/** The content header at the beginning of these bytes, as amqplib represents it. */
function contentHeader(bytes: Buffer): Frame {
  const payload = bytes.subarray(PAYLOAD_AT, PAYLOAD_AT + bytes.readUInt32BE(3));
  const frame = {
    id: BASIC,
    channel: bytes.readUInt16BE(1),
    size: Number(payload.readBigUInt64BE(4)),
    fields: decodeProperties(payload),
  };
  return frame as Frame;
}

function isExact({ id, fields }: Frame): boolean {
  return id !== BASIC || fields?.headers === undefined || areExact(fields.headers);
}

/** Whether amqplib rounded none of these values. */
function areExact(values: Readonly<Record<string, unknown>>): boolean {
  for (const name in values) {
    const value = values[name];
    if (typeof value === "number") {
      if (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER) return false;
    } else if (typeof value === "object" && value !== null && !(value instanceof Uint8Array)) {
      if (!areExact(value as Record<string, unknown>)) return false;
    }
  }
  return true;
}
