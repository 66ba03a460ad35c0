/**
 * Writing values as JSON, or not at all where JSON would change them.
 *
 * @module
 */

import { placeName } from "./place.ts";

/** Objects that JSON writes without what they hold, with the name that a message gives them. */
const EMPTIED: readonly (readonly [type: abstract new (...args: never[]) => object, string])[] = [
  [Map, "a Map"],
  [Set, "a Set"],
  [Error, "an Error"],
  [Promise, "a Promise"],
  [RegExp, "a RegExp"],
];

/** TypeScript does not know it yet. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/** A value on the way from the whole to what is being written, and its key there. */
interface Step {
  readonly key: PropertyKey;
  readonly value: unknown;
}

/**
 * Writes a value as JSON, as `JSON.stringify` does, but a bigint as a whole number.
 *
 * @throws {TypeError} For what `JSON.stringify` would change: NaN, Infinity, a Map, a Set, an
 * Error, a Promise, a RegExp, an invalid Date, bytes, and undefined or a function as the whole value. The message
 * names the place, as in `NaN at $.items[3].price is not JSON`. Also when the value contains itself.
 */
export function toJson(value: unknown): string {
  const steps: Step[] = [];
  const text: string | undefined = JSON.stringify(value, function (this: unknown, key, each) {
    while (steps.length > 0 && steps.at(-1)?.value !== this) steps.pop();
    const lost = lostIn(each, (this as Record<string, unknown>)[key]);
    if (lost !== undefined) throw notJson(lost, [...steps, stepTo(this, key, each)]);
    if (typeof each === "bigint") return rawJSON(String(each));
    if (typeof each === "object" && each !== null) steps.push(stepTo(this, key, each));
    return each;
  });
  if (text === undefined) throw new TypeError(`a value of type ${typeof value} is not JSON`);
  return text;
}

function stepTo(holder: unknown, key: string, value: unknown): Step {
  return { key: Array.isArray(holder) ? Number(key) : key, value };
}

function notJson(lost: string, steps: readonly Step[]): TypeError {
  const [, ...path] = steps.map(({ key }) => key);
  return new TypeError(`${lost} at ${placeName(path)} is not JSON`);
}

/**
 * The name of a value that JSON would change.
 *
 * @param value The result of its `toJSON`, if it has one. @param original The value itself.
 */
function lostIn(value: unknown, original: unknown): string | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? undefined : String(value);
  if (typeof original !== "object" || original === null) return undefined;
  if (ArrayBuffer.isView(original) || original instanceof ArrayBuffer) return "a value of bytes";
  if (original instanceof Date && Number.isNaN(original.getTime())) return "an invalid Date";
  return EMPTIED.find(([type]) => value instanceof type)?.[1];
}
