/**
 * JSON values by their types and lengths alone.
 *
 * @module
 */

/** The most elements of a list that are shown. */
const MOST_ELEMENTS = 10;
/** The deepest level that is shown. */
const MOST_DEPTH = 6;
const FIELD = /^[A-Za-z_][\w-]{0,63}$/;

/** Whether a name is one of a field. Others may be values, such as addresses. */
export function isFieldName(name: string): boolean {
  return FIELD.test(name);
}

/**
 * A value by its types and lengths, in code points: `{"to_emails": [string of 17], "id": number}`.
 * Names of fields are shown, unless they may be values themselves. Lists show their first 10 elements,
 * and the deepest level is the sixth.
 */
export function shapeOf(value: unknown): string {
  return shapeAt(value, 0);
}

function shapeAt(value: unknown, depth: number): string {
  if (value === null) return "null";
  if (typeof value === "string") return `string of ${[...value].length}`;
  if (typeof value !== "object") return typeof value === "bigint" ? "number" : typeof value;
  if (Array.isArray(value)) return listShape(value, depth);
  if (depth === MOST_DEPTH) return "object";
  const fields = Object.entries(value).map(([name, each]) =>
    `${isFieldName(name) ? JSON.stringify(name) : shapeAt(name, depth)}: ${
      shapeAt(each, depth + 1)
    }`
  );
  return `{${fields.join(", ")}}`;
}

function listShape(list: readonly unknown[], depth: number): string {
  if (depth === MOST_DEPTH) return `list of ${list.length}`;
  const shown = list.slice(0, MOST_ELEMENTS).map((each) => shapeAt(each, depth + 1));
  const more = list.length - MOST_ELEMENTS;
  return `[${[...shown, ...(more > 0 ? [`${more} more`] : [])].join(", ")}]`;
}
