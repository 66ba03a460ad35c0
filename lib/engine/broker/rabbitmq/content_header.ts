/**
 * Content headers, the frames with the properties of an event, decoded with every field type that
 * RabbitMQ stores. amqplib has no type `L` and rounds integers over 2^53.
 *
 * @module
 */

import type { Buffer } from "node:buffer";
import { ORIGINAL_HEADERS } from "../headers.ts";

/** The AMQP class of all events. */
export const BASIC = 60;

/** A table nested deeper would use up the stack. */
const MAX_DEPTH = 500;

/** Properties, with the names that amqplib gives them. */
export type DecodedProperties = Record<string, unknown> & {
  /** Why some of them could not be decoded. */
  unreadable?: string;
};

/**
 * Decodes the payload of a content header from its property flags on. Never throws: where something
 * cannot be decoded, the result has what can, the raw table of headers, and `unreadable`.
 *
 * @param payload The frame's payload.
 */
export function decodeProperties(payload: Buffer): DecodedProperties {
  const classId = payload.readUInt16BE(0);
  if (classId !== BASIC) return { unreadable: `The event is of the AMQP class ${classId}` };
  const properties: DecodedProperties = {};
  try {
    readProperties(new Reader(payload.subarray(FLAGS_AT)), properties);
  } catch (error) {
    properties.unreadable ??= `The event's properties cannot be read: ${(error as Error).message}`;
  }
  return properties;
}

/** Where the property flags are in the payload, after class, weight and body size. */
const FLAGS_AT = 12;

/** Reads from bytes; every method moves on, and throws when they end too early. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  take(length: number): Buffer {
    const start = this.#at;
    if (start + length > this.#bytes.length) throw new RangeError("they end too early");
    this.#at += length;
    return this.#bytes.subarray(start, this.#at);
  }

  octet(): number {
    return this.take(1).readUInt8();
  }

  short(): number {
    return this.take(2).readUInt16BE();
  }

  long(): number {
    return this.take(4).readUInt32BE();
  }

  shortText(): string {
    return this.take(this.octet()).toString();
  }

  longBytes(): Buffer {
    return this.take(this.long());
  }
}

type Read = (reader: Reader, depth: number) => unknown;

const shortText: Read = (reader) => reader.shortText();
const octet: Read = (reader) => reader.octet();

/** The properties in the order of their flags, the highest bit first. */
const PROPERTIES: readonly (readonly [name: string, read: Read])[] = [
  ["contentType", shortText],
  ["contentEncoding", shortText],
  ["headers", (reader) => reader.longBytes()],
  ["deliveryMode", octet],
  ["priority", octet],
  ["correlationId", shortText],
  ["replyTo", shortText],
  ["expiration", shortText],
  ["messageId", shortText],
  ["timestamp", (reader) => Number(reader.take(8).readBigUInt64BE())],
  ["type", shortText],
  ["userId", shortText],
  ["appId", shortText],
  ["clusterId", shortText],
];

/** The types of AMQP 0-9-1's field values, as RabbitMQ and its clients write them. */
const VALUES: Readonly<Record<string, Read>> = {
  t: (reader) => reader.octet() !== 0,
  b: (reader) => reader.take(1).readInt8(),
  B: octet,
  s: (reader) => reader.take(2).readInt16BE(),
  U: (reader) => reader.take(2).readInt16BE(),
  u: (reader) => reader.short(),
  I: (reader) => reader.take(4).readInt32BE(),
  i: (reader) => reader.long(),
  l: (reader) => exact(reader.take(8).readBigInt64BE()),
  L: (reader) => exact(reader.take(8).readBigInt64BE()),
  f: (reader) => reader.take(4).readFloatBE(),
  d: (reader) => reader.take(8).readDoubleBE(),
  D: (reader) => typed("decimal", { places: reader.octet(), digits: reader.long() }),
  T: (reader) => typed("timestamp", exact(reader.take(8).readBigUInt64BE())),
  S: (reader) => reader.longBytes().toString(),
  x: (reader) => reader.longBytes(),
  V: () => null,
  A: readArray,
  F: (reader, depth) => {
    const fields = {};
    readTable(new Reader(reader.longBytes()), fields, depth + 1);
    return fields;
  },
};

function readProperties(reader: Reader, into: DecodedProperties): void {
  const flags = reader.short();
  for (const [index, [name, read]] of PROPERTIES.entries()) {
    if ((flags & (0x8000 >> index)) === 0) continue;
    const value = read(reader, 0);
    if (name === "headers") readHeaders(value as Buffer, into);
    else into[name] = value;
  }
}

/** Reads the headers up to the first that cannot be read, and then keeps their bytes as well. */
function readHeaders(bytes: Buffer, into: DecodedProperties): void {
  const headers: Record<string, unknown> = {};
  into["headers"] = headers;
  try {
    readTable(new Reader(bytes), headers, 0);
  } catch (error) {
    into.unreadable = `The event's headers cannot be read: ${(error as Error).message}`;
    headers[ORIGINAL_HEADERS] = bytes;
  }
}

function readTable(reader: Reader, into: Record<string, unknown>, depth: number): void {
  if (depth > MAX_DEPTH) throw new RangeError(`they are nested more than ${MAX_DEPTH} deep`);
  while (!reader.isAtEnd) {
    const name = reader.shortText();
    into[name] = readValue(reader, depth, name);
  }
}

function readArray(reader: Reader, depth: number): unknown[] {
  if (depth > MAX_DEPTH) throw new RangeError(`they are nested more than ${MAX_DEPTH} deep`);
  const items = new Reader(reader.longBytes());
  const values: unknown[] = [];
  while (!items.isAtEnd) values.push(readValue(items, depth + 1, `[${values.length}]`));
  return values;
}

function readValue(reader: Reader, depth: number, name: string): unknown {
  const code = reader.octet();
  const read = VALUES[String.fromCharCode(code)];
  if (read) return read(reader, depth);
  throw new TypeError(
    `the type of ${JSON.stringify(name)} is 0x${code.toString(16).padStart(2, "0")}, which ` +
      `AMQP 0-9-1 does not have`,
  );
}

/** The integer as a number, or where that would round it as a BigInt. */
function exact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** A value with its type, as amqplib represents it. */
function typed(type: string, value: unknown): unknown {
  return { "!": type, value };
}
