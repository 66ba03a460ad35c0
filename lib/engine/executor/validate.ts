/**
 * Checks an event with its worker's schema. JSON has one kind of whole numbers and JavaScript has
 * two; the schema says which of them the handler gets.
 *
 * @module
 */

import type { z } from "zod";
import { parseJsonBigints } from "../../json/parse_json.ts";
import { valueAt } from "../../json/place.ts";
import { InvalidEvent } from "../settle/invalid_event.ts";
import { bareName } from "./bare_name.ts";
import { roundedPath } from "./rounding.ts";

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** The body of an event. */
export interface Body {
  readonly text: string;
  /** Whether it may have a number that a JavaScript number does not hold. */
  readonly isLong: boolean;
}

/** The event as the property of an object, as it may itself be a number that becomes a bigint. */
interface Holder {
  event: unknown;
}

/** A number that the schema wants as a bigint. */
interface Change {
  readonly path: Path;
  readonly bigint: bigint;
}

const MAX_ISSUES = 5;

/**
 * Gives what the schema makes of an event.
 *
 * @param event The parsed body. Whole numbers in it become bigints where the schema wants them.
 * @throws {InvalidEvent} When it does not fit; the message says where and shows no value.
 */
export function validate(event: unknown, schema: z.ZodType, body: Body): unknown {
  const holder = { event };
  for (;;) {
    if (body.isLong) checkRounding(holder.event, schema);
    const result = schema.safeParse(holder.event);
    if (result.success) return result.data;
    const { issues } = result.error;
    const changes = changesFor(issues, ["event"], holder, body);
    if (changes === undefined) throw misfit(issues, holder, schema);
    for (const change of changes) apply(change, holder);
  }
}

function checkRounding(event: unknown, schema: z.ZodType): void {
  const path = roundedPath(schema, event);
  if (path) {
    throw doesNotFit([wideText(path)], [`${bareName(path, schema)}: a number is too large`]);
  }
}

/**
 * The bigints that make an event fit. A union gets those of its first option that then fits.
 *
 * @returns `undefined` when no bigints make it fit.
 */
function changesFor(
  issues: readonly Issue[],
  base: Path,
  holder: Holder,
  body: Body,
): Change[] | undefined {
  const changes: Change[] = [];
  for (const issue of issues) {
    const path = [...base, ...issue.path];
    const some = issue.code === "invalid_union"
      ? firstOf(issue.errors, (option) => changesFor(option, path, holder, body))
      : changeFor(issue, path, holder, body);
    if (some === undefined) return undefined;
    changes.push(...some);
  }
  return changes.length > 0 ? changes : undefined;
}

function firstOf<T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function changeFor(issue: Issue, path: Path, holder: Holder, body: Body): Change[] | undefined {
  if (!expects(issue, "bigint")) return undefined;
  const bigint = bigintAt(path, holder, body);
  return bigint === undefined ? undefined : [{ path, bigint }];
}

function bigintAt(path: Path, holder: Holder, body: Body): bigint | undefined {
  const number = valueAt(holder, path);
  if (typeof number !== "number" || !Number.isInteger(number)) return undefined;
  if (Number.isSafeInteger(number)) return BigInt(number);
  // Only the text says whether it was 1e23, which is not exact.
  const exact = valueAt({ event: parseJsonBigints(body.text) }, path);
  return typeof exact === "bigint" ? exact : undefined;
}

function apply({ path, bigint }: Change, holder: Holder): void {
  const parent = valueAt(holder, path.slice(0, -1)) as Record<PropertyKey, unknown>;
  parent[path.at(-1) ?? ""] = bigint;
}

function misfit(issues: readonly Issue[], holder: Holder, schema: z.ZodType): InvalidEvent {
  const shown = issues.slice(0, MAX_ISSUES);
  return doesNotFit(
    shown.map((issue) => describe(issue, holder)),
    shown.map((issue) => `${bareName(issue.path, schema)}: ${bareProblem(issue, holder)}`),
  );
}

/** @param bare The same without anything that the event says. */
function doesNotFit(texts: readonly string[], bare: readonly string[]): InvalidEvent {
  const message = (lines: readonly string[]) =>
    `The body does not fit the worker's schema: ${lines.join("; ")}`;
  return new InvalidEvent(message(texts), message(bare));
}

/** The problem, without the schema's own words, which may quote the event. */
function bareProblem(issue: Issue, holder: Holder): string {
  const isMissing = issue.path.length > 0 && valueAt(holder.event, issue.path) === undefined;
  return isMissing ? "missing" : issue.code;
}

function describe(issue: Issue, holder: Holder): string {
  const wide = wideIn(issue, [], holder);
  return wide ? wideText(wide) : `${nameOf(issue.path)}: ${issue.message}`;
}

/** The path of a bigint that an issue, or an option of a union, wants as a number. */
function wideIn(issue: Issue, base: Path, holder: Holder): Path | undefined {
  const path = [...base, ...issue.path];
  if (issue.code === "invalid_union") {
    return firstOf(issue.errors.flat(), (each) => wideIn(each, path, holder));
  }
  const isWide = expects(issue, "number") && typeof valueAt(holder.event, path) === "bigint";
  return isWide ? path : undefined;
}

function wideText(path: Path): string {
  return `${nameOf(path)}: A JavaScript number does not hold this whole number: ` +
    "let the schema take it as z.bigint()";
}

function nameOf(path: Path): string {
  return path.length > 0 ? path.join(".") : "event";
}

function expects(issue: Issue, type: "number" | "bigint"): boolean {
  return issue.code === "invalid_type" && issue.expected === type;
}
