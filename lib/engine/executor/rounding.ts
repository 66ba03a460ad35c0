/**
 * Finds where `z.coerce.number()` rounds. Every other schema of a number refuses a bigint.
 *
 * @module
 */

import { z } from "zod";

type Schema = z.core.$ZodType;
type Path = readonly PropertyKey[];

/** A schema, and the part of the event that it reads. */
interface Part {
  readonly schema: Schema;
  readonly value: unknown;
  readonly path: Path;
}

/**
 * The path of the first bigint that a schema makes a number of; `undefined` where there is none, and
 * for a schema of another library. It knows nothing of what a function of the worker does, in a
 * transform or a preprocess.
 */
export function roundedPath(schema: z.ZodType, value: unknown): Path | undefined {
  if (!("_zod" in schema)) return undefined;
  const waiting: Part[] = [{ schema, value, path: [] }];
  for (let part = waiting.pop(); part; part = waiting.pop()) {
    if (isRounded(part)) return part.path;
    waiting.push(...partsOf(part).reverse());
  }
  return undefined;
}

function isRounded({ schema, value }: Part): boolean {
  const def = defOf(schema);
  return typeof value === "bigint" && def.type === "number" && def.coerce === true;
}

/** The schemas below this one, each with what it reads. */
function partsOf({ schema, value, path }: Part): Part[] {
  const def = defOf(schema);
  const same = (...schemas: readonly Schema[]) =>
    schemas.map((schema) => ({ schema, value, path }));
  switch (def.type) {
    case "object":
      return fieldsOf(value, path, (name) => {
        return Object.hasOwn(def.shape, name) ? def.shape[name] : def.catchall;
      });
    case "record":
      return fieldsOf(value, path, () => def.valueType);
    case "array":
      return itemsOf(value, path, () => def.element);
    case "tuple":
      return itemsOf(value, path, (index) => def.items[index] ?? def.rest);
    case "union":
      return same(
        ...def.options.filter((option) => z.safeParse(option, value).success).slice(0, 1),
      );
    case "intersection":
      return same(def.left, def.right);
    case "lazy":
      return same(def.getter());
    case "pipe":
      return same(def.in, ...passesOn(def.in) ? [def.out] : []);
    default:
      return "innerType" in def ? same(def.innerType) : [];
  }
}

/** Whether a schema's result is what it reads, or something that only the worker knows. */
function passesOn(schema: Schema): boolean {
  return ["unknown", "any", "transform"].includes(defOf(schema).type);
}

function fieldsOf(
  value: unknown,
  path: Path,
  schemaOf: (name: string) => Schema | null | undefined,
): Part[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([name, value]) => {
    const schema = schemaOf(name);
    return schema ? [{ schema, value, path: [...path, name] }] : [];
  });
}

function itemsOf(
  value: unknown,
  path: Path,
  schemaOf: (index: number) => Schema | null | undefined,
): Part[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((value: unknown, index) => {
    const schema = schemaOf(index);
    return schema ? [{ schema, value, path: [...path, index] }] : [];
  });
}

function defOf(schema: Schema): z.core.$ZodTypes["_zod"]["def"] {
  return (schema as z.core.$ZodTypes)._zod.def;
}
