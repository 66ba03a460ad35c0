/**
 * Any value as plain data without secrets.
 *
 * @module
 */

import { isSecretName, MASK, redactText } from "./redact.ts";

/** The depth from which a value is shown as `[...]`. */
const MAX_DEPTH = 6;
/** The most entries of one object or array that are kept. */
const MAX_ENTRIES = 100;
/** The most objects and arrays that are kept in all. */
const MAX_OBJECTS = 500;
/** The most characters of one string that are kept. */
const MAX_CHARACTERS = 8192;

const CUT = "[...]";
const UNREADABLE = "[unreadable]";
/** The keys of an error that are not enumerable. */
const ERROR_KEYS = ["name", "message", "stack", "cause", "errors"];

/** The number of objects that may still be copied. */
interface Budget {
  objects: number;
}

/**
 * A copy fit for `JSON.stringify`: values under secret names (see {@linkcode isSecretName}) are
 * replaced by `***` unless they are null or true or false, all other strings are cleaned by
 * {@linkcode redactText}, errors, dates, URLs, maps and sets become plain data, bytes become their
 * count. Bounded: 6 levels, 100 entries each, 500 objects, 8192 characters a string.
 *
 * Never throws, whatever getters and proxies do, and never calls `toJSON`.
 */
export function redactValue(value: unknown): unknown {
  return plain(value, 0, { objects: MAX_OBJECTS });
}

function plain(value: unknown, depth: number, budget: Budget): unknown {
  switch (typeof value) {
    case "string":
      return cleanString(value);
    case "bigint":
      return cleanString(value.toString());
    case "symbol":
    case "function":
      return `[${typeof value}]`;
    case "object":
      return value === null ? null : guardedObject(value, depth, budget);
    default:
      return value;
  }
}

function cleanString(text: string): string {
  if (text.length <= MAX_CHARACTERS) return redactText(text);
  return redactText(text.slice(0, MAX_CHARACTERS)) + CUT;
}

function guardedObject(value: object, depth: number, budget: Budget): unknown {
  if (depth >= MAX_DEPTH || budget.objects-- <= 0) return CUT;
  try {
    return plainObject(value, depth, budget);
  } catch {
    return UNREADABLE;
  }
}

function plainObject(value: object, depth: number, budget: Budget): unknown {
  if (Array.isArray(value)) return plainList(value, depth, budget);
  if (value instanceof Date) return value.toJSON();
  if (value instanceof URL) return redactText(value.href);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    return `[${value.byteLength} bytes]`;
  }
  if (value instanceof Set) {
    return plainList([...value.values().take(MAX_ENTRIES + 1)], depth, budget);
  }
  if (value instanceof Map) {
    return plainEntries(
      value.keys(),
      (key) => value.get(key),
      depth,
      budget,
    );
  }
  const source = value as Record<PropertyKey, unknown>;
  return plainEntries(
    keysOf(value),
    (key) => source[String(key)],
    depth,
    budget,
  );
}

function keysOf(value: object): string[] {
  if (!(value instanceof Error)) return Object.keys(value);
  return [
    ...new Set([
      ...ERROR_KEYS.filter((key) => key in value),
      ...Object.keys(value),
    ]),
  ];
}

function plainList(
  list: readonly unknown[],
  depth: number,
  budget: Budget,
): unknown[] {
  const kept = list.slice(0, MAX_ENTRIES).map((item) => plain(item, depth + 1, budget));
  if (list.length > MAX_ENTRIES) kept.push(CUT);
  return kept;
}

function plainEntries(
  keys: Iterable<unknown>,
  read: (key: unknown) => unknown,
  depth: number,
  budget: Budget,
): Record<string, unknown> {
  const entries: [string, unknown][] = [];
  for (const key of keys) {
    if (entries.length === MAX_ENTRIES) {
      entries.push([CUT, CUT]);
      break;
    }
    const name = typeof key === "string" ? key : String(plain(key, depth + 1, budget));
    entries.push([name, plainEntry(name, () => read(key), depth, budget)]);
  }
  return Object.fromEntries(entries);
}

function plainEntry(
  name: string,
  read: () => unknown,
  depth: number,
  budget: Budget,
): unknown {
  try {
    const value = read();
    const isShown = value === null || value === undefined ||
      typeof value === "boolean";
    return !isShown && isSecretName(name) ? MASK : plain(value, depth + 1, budget);
  } catch {
    return UNREADABLE;
  }
}
