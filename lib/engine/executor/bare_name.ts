/**
 * The names of fields that a schema declares. Other names are the event's, and may be secret.
 *
 * @module
 */

import type { z } from "zod";

/** What of a schema's definition leads to the fields that it declares. */
interface Definition {
  /** Of an object. */
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  /** Of a schema that transforms what it takes. */
  readonly in?: z.ZodType;
  /** Of one that may be absent, null, or has a default. */
  readonly innerType?: z.ZodType;
  /** Of a list. */
  readonly element?: z.ZodType;
  /** Of a union. */
  readonly options?: readonly z.ZodType[];
}

/**
 * The name of the place that a path leads to, as far as the schema declares it.
 *
 * @returns Names with dots between them; `event` where it declares not even the first.
 */
export function bareName(path: readonly PropertyKey[], schema: z.ZodType): string {
  const names: string[] = [];
  let schemas: readonly z.ZodType[] = [schema];
  for (const name of path) {
    schemas = schemas.flatMap((each) => fieldsOf(each, name));
    if (schemas.length === 0) break;
    names.push(String(name));
  }
  return names.join(".") || "event";
}

/** The schemas of a field or of an element: one for each option of a union that declares it. */
function fieldsOf(schema: z.ZodType, name: PropertyKey): z.ZodType[] {
  const { shape, element, in: taken, innerType, options } = definitionOf(schema);
  if (element) return typeof name === "number" ? [element] : [];
  if (shape) {
    return typeof name === "string" && Object.hasOwn(shape, name) ? [shape[name] as z.ZodType] : [];
  }
  const inner = [...options ?? [], ...[taken, innerType].filter((each) => each !== undefined)];
  return inner.flatMap((each) => fieldsOf(each, name));
}

function definitionOf(schema: z.ZodType): Definition {
  return (schema._zod?.def ?? {}) as Definition;
}
