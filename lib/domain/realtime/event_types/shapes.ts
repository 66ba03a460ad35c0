/**
 * What the schemas of events are made of. Keys that a newer server adds are let through.
 *
 * @module
 */

import { z } from "zod";

/** The schemas of a family of events, by type, or by type and op: `drafts add`. */
export type Schemas = Readonly<Record<string, z.ZodType>>;

/** An id of a row. */
export const id = z.int();
/** Several ids. */
export const ids = z.array(id);
/** A text, also an empty one. */
export const text = z.string();
/** Several texts. */
export const texts = z.array(text);
/** Yes or no. */
export const flag = z.boolean();
/** Seconds since 1970; some events have fractions. */
export const seconds = z.number();
/** Any JSON value. */
export const any = z.unknown();
/** A group that has a permission: by its id, or as one without a name. */
export const group = z.union([id, z.looseObject({ direct_members: ids, direct_subgroups: ids })]);

/** An object that has at least these keys. */
export const object = z.looseObject;
/** A list. */
export const list = z.array;

/** An object with one of these keys or more, next to those that it must have. */
export function changed(
  always: Readonly<Record<string, z.ZodType>>,
  one: Readonly<Record<string, z.ZodType>>,
): z.ZodType {
  const keys = Object.keys(one);
  return z.looseObject({ ...always, ...z.object(one).partial().shape }).refine(
    (value) => keys.some((key) => Object.hasOwn(value, key)),
    { error: `has none of ${keys.join(", ")}` },
  );
}
