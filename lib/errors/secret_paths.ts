/**
 * The places in an event whose values are never shown.
 *
 * @module
 */

import { MASK } from "./redact.ts";
import { isFieldName } from "./shape.ts";

/** Paths, compiled: for each the patterns of its names. */
export type SecretPaths = readonly (readonly RegExp[])[];

/** Paths that lead on from a place: which one, and how many of its names lead there. */
type Leads = readonly (readonly [path: readonly RegExp[], names: number])[];

const PATH = /^[^.]+(?:\.[^.]+)*$/;

/** Whether a text is a path: names with dots between them. */
export function isSecretPath(text: string): boolean {
  return PATH.test(text);
}

/**
 * Compiles paths. Names are separated by dots, and `*` stands for any characters of one name.
 *
 * @param texts Paths, such as `to_emails` or `context.*_url`.
 */
export function secretPaths(texts: readonly string[]): SecretPaths {
  return texts.map((text) => text.split(".").map(pattern));
}

/**
 * A copy of a JSON value with `***` for what the paths reach, whatever it is. The elements of a list
 * count as the list.
 */
export function masked(event: unknown, paths: SecretPaths): unknown {
  return paths.length === 0 ? event : maskedAt(event, begin(paths));
}

/**
 * All texts that the paths reach, and those below what they reach: also names that are values, such as
 * addresses, and numbers of six digits and more.
 */
export function secretTexts(event: unknown, paths: SecretPaths): Set<string> {
  const texts = new Set<string>();
  if (paths.length > 0) visit(event, begin(paths), (value) => addTexts(value, texts, new Set()));
  return texts;
}

/** How many names of a path in an event may be shown: those up to a value that is secret. */
export function shownNames(path: readonly PropertyKey[], paths: SecretPaths): number {
  let leads = begin(paths);
  for (const [index, name] of path.entries()) {
    if (typeof name === "number") continue;
    const next = follow(leads, String(name));
    if (next === undefined) return index + 1;
    leads = next;
  }
  return path.length;
}

function begin(paths: SecretPaths): Leads {
  return paths.map((path) => [path, 0]);
}

/** @returns `undefined` where a path ends at this name. */
function follow(leads: Leads, name: string): Leads | undefined {
  const next = leads.filter(([path, names]) => path[names]?.test(name))
    .map(([path, names]) => [path, names + 1] as const);
  return next.some(([path, names]) => path.length === names) ? undefined : next;
}

function maskedAt(value: unknown, leads: Leads): unknown {
  if (leads.length === 0 || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => maskedAt(each, leads));
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => {
      const next = follow(leads, name);
      return [name, next === undefined ? MASK : maskedAt(each, next)];
    }),
  );
}

function visit(value: unknown, leads: Leads, take: (value: unknown) => void): void {
  if (leads.length === 0 || typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) return value.forEach((each) => visit(each, leads, take));
  for (const [name, each] of Object.entries(value)) {
    const next = follow(leads, name);
    if (next === undefined) take(each);
    else visit(each, next, take);
  }
}

/** Numbers from here on, such as codes, are looked for; smaller ones are in many texts. */
const LEAST_NUMBER = 100_000;

/** What a schema has made of an event may hold anything, also itself. */
function addTexts(value: unknown, texts: Set<string>, seen: Set<unknown>): void {
  if (typeof value === "string") texts.add(value);
  const isNumber = typeof value === "number" || typeof value === "bigint";
  if (isNumber && value >= LEAST_NUMBER) texts.add(String(value));
  if (typeof value !== "object" || value === null || seen.has(value)) return;
  seen.add(value);
  if (value instanceof URL) return void texts.add(value.href);
  for (const name of namesIn(value)) if (!isFieldName(name)) texts.add(name);
  const isCollection = value instanceof Map || value instanceof Set || Array.isArray(value);
  const parts = isCollection ? [...value.values()] : Object.values(value);
  for (const part of parts) addTexts(part, texts, seen);
}

function namesIn(value: object): string[] {
  if (value instanceof Map) return [...value.keys()].filter((name) => typeof name === "string");
  return Array.isArray(value) ? [] : Object.keys(value);
}

function pattern(name: string): RegExp {
  return new RegExp(`^${name.split("*").map(RegExp.escape).join("[^]*")}$`);
}
