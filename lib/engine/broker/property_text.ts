/**
 * An event's properties as text: JSON, in which values that JSON lacks are wrapped in an object.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { BrokerError, type EventProperties } from "./broker.ts";

/** The key of a wrapper; its value names the type of the wrapped value. */
const WRAPPED = "$pq";

/**
 * The text that {@linkcode decodeProperties} reads; null for no properties.
 *
 * @throws {BrokerError} `refused` when they cannot be written, such as a table that contains itself.
 */
export function encodeProperties(properties: EventProperties): string | null {
  try {
    const text = isSimple(properties)
      ? JSON.stringify(properties)
      : JSON.stringify(properties, wrapSpecial);
    return text === "{}" ? null : text;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new BrokerError("refused", `The event's properties cannot be stored: ${why}`, {
      cause: error,
    });
  }
}

/** The properties that {@linkcode encodeProperties} made a text of. */
export function decodeProperties(text: string | null): EventProperties {
  if (text === null) return {};
  return text.includes(`"${WRAPPED}"`) ? JSON.parse(text, unwrapSpecial) : JSON.parse(text);
}

/** Whether JSON holds it all, as nearly always: texts, finite numbers and the like. */
function isSimple({ headers, ...rest }: EventProperties): boolean {
  return Object.values(rest).every(isPlain) &&
    (headers === undefined ||
      Object.entries(headers).every(([name, value]) => name !== WRAPPED && isPlain(value)));
}

function isPlain(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0);
  return typeof value === "string" || typeof value === "boolean" || value === null ||
    value === undefined;
}

/** A replacer for `JSON.stringify`, which passes it the result of `toJSON`; `this` has the value. */
function wrapSpecial(this: Record<string, unknown>, key: string, seen: unknown): unknown {
  if (this[WRAPPED] !== undefined && isWrapper(this)) return seen;
  const value = this[key];
  if (value instanceof Uint8Array) return wrapper("bytes", Buffer.from(value).toString("base64"));
  if (value instanceof Date) return wrapper("date", value.getTime());
  if (typeof value === "bigint") return wrapper("bigint", String(value));
  if (typeof value === "number" && !isPlain(value)) {
    return wrapper("number", Object.is(value, -0) ? "-0" : String(value));
  }
  if (isObject(value) && Object.hasOwn(value, WRAPPED) && !isWrapper(value)) {
    return wrapper("object", Object.entries(value));
  }
  return seen;
}

/** A wrapper of ours, and not a publisher's object that looks like one. */
class Wrapper {
  constructor(readonly $pq: string, readonly value: unknown) {}
}

function wrapper(what: string, value: unknown): Wrapper {
  return new Wrapper(what, value);
}

function isWrapper(value: object): boolean {
  return value instanceof Wrapper;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unwrapSpecial(_key: string, read: unknown): unknown {
  if (!isObject(read) || !Object.hasOwn(read, WRAPPED)) return read;
  const { value } = read;
  switch (read[WRAPPED]) {
    case "bytes":
      return Buffer.from(String(value), "base64");
    case "date":
      return new Date(Number(value));
    case "bigint":
      return BigInt(String(value));
    case "number":
      return Number(value);
    default:
      return Object.fromEntries(value as [string, unknown][]);
  }
}
