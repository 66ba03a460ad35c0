/**
 * Whether the paths of a worker's `secrets` reach something in its schema.
 *
 * @module
 */

import { secretPaths } from "../../errors/secret_paths.ts";
import { nearest } from "../../errors/spelling.ts";

/** A path that reaches nothing. */
export interface Unreachable {
  readonly path: string;
  /** A path like it that reaches something. */
  readonly meant: string | undefined;
}

/** The part of a zod 4 schema that this reads; a schema of another kind has none of it. */
interface Schema {
  readonly _zod?: { readonly def?: Definition };
}

/** What a schema was made of; which of these there are depends on the type. */
interface Definition {
  readonly type?: string;
  readonly shape?: Readonly<Record<string, Schema>>;
  readonly catchall?: Schema;
  readonly innerType?: Schema;
  readonly element?: Schema;
  readonly items?: readonly Schema[];
  readonly rest?: Schema | null;
  readonly options?: readonly Schema[];
  readonly left?: Schema;
  readonly right?: Schema;
  readonly in?: Schema;
  readonly out?: Schema;
}

/** The fields of a value: `"any"` where a schema does not say which it may have. */
type Fields = readonly (readonly [name: string, schema: Schema])[] | "any";

/**
 * The first path that reaches nothing in events of a schema. Where a schema leaves open what is in a
 * value, as `z.record` and `z.looseObject` do, anything below it can be reached. Fields are those that
 * the schema takes and those that it makes, except that `z.preprocess` is taken to keep their names.
 *
 * @param event A zod schema; one of another kind leaves everything open.
 * @param paths Paths as of `secrets`, each with at least one name.
 */
export function unreachable(event: unknown, paths: readonly string[]): Unreachable | undefined {
  const schema = Object(event) as Schema;
  const path = paths.find((each) => missesAt(schema, each) !== undefined);
  return path === undefined ? undefined : { path, meant: meantBy(schema, path) };
}

/** Where a path ends to reach something: how many names did, and the names that there are instead. */
interface Miss {
  readonly reached: number;
  readonly names: readonly string[];
}

function missesAt(schema: Schema, path: string): Miss | undefined {
  let at = [schema];
  for (const [reached, pattern] of (secretPaths([path])[0] ?? []).entries()) {
    const fields = allFields(at);
    if (fields === "any") return undefined;
    at = fields.filter(([name]) => pattern.test(name)).map(([, each]) => each);
    if (at.length === 0) return { reached, names: fields.map(([name]) => name) };
  }
  return undefined;
}

/** Puts near names in place of wrong ones, else leaves one name out. */
function meantBy(schema: Schema, path: string): string | undefined {
  const names = path.split(".");
  for (
    let miss = missesAt(schema, names.join("."));
    miss;
    miss = missesAt(schema, names.join("."))
  ) {
    const name = names[miss.reached]?.replace(/\[[^\]]*\]$/, "") ?? "";
    const near = nearest(name, miss.names);
    if (near === undefined) return withoutOne(schema, path);
    names[miss.reached] = near;
  }
  return names.join(".");
}

/** Leaves out the name before the one that is missed, such as an index, or that name itself. */
function withoutOne(schema: Schema, path: string): string | undefined {
  const names = path.split(".");
  const { reached = 0, names: known = [] } = missesAt(schema, path) ?? {};
  const isLastOfSeveral = reached === names.length - 1 && known.length > 0;
  return (isLastOfSeveral ? [reached - 1] : [reached - 1, reached])
    .filter((index) => index >= 0 && names.length > 1)
    .map((index) => names.toSpliced(index, 1).join("."))
    .find((shorter) => missesAt(schema, shorter) === undefined);
}

function allFields(schemas: readonly Schema[]): Fields {
  const each = schemas.map(fieldsOf);
  return each.includes("any") ? "any" : each.flatMap((fields) => fields === "any" ? [] : fields);
}

/** Types of values that have no fields. */
const PLAIN: ReadonlySet<string> = new Set(
  "string number int boolean bigint date symbol enum literal template_literal null undefined void nan never"
    .split(" "),
);
/** Types that hold one of another type, which is read in its place. */
const WRAPPERS: ReadonlySet<string> = new Set(
  "optional nullable default prefault nonoptional readonly catch promise".split(" "),
);

function fieldsOf(schema: Schema): Fields {
  const def = schema._zod?.def;
  const { type = "" } = def ?? {};
  if (def === undefined) return "any";
  if (PLAIN.has(type)) return [];
  if (type === "object") return isClosed(def) ? Object.entries(def.shape ?? {}) : "any";
  const parts = partsOf(type, def);
  return parts.length === 0 ? "any" : allFields(parts);
}

function isClosed({ catchall }: Definition): boolean {
  return catchall === undefined || catchall._zod?.def?.type === "never";
}

/** The schemas whose fields count as those of a value. None where that is not known. */
function partsOf(type: string, def: Definition): Schema[] {
  const present = (schemas: readonly (Schema | null | undefined)[]) =>
    schemas.filter((each) => each !== undefined && each !== null);
  if (WRAPPERS.has(type)) return present([def.innerType]);
  if (type === "array") return present([def.element]);
  if (type === "tuple") return present([...def.items ?? [], def.rest]);
  if (type === "union") return present(def.options ?? []);
  if (type === "intersection") return present([def.left, def.right]);
  if (type !== "pipe") return [];
  return present(def.in?._zod?.def?.type === "transform" ? [def.out] : [def.in, def.out]);
}
