/**
 * Arrays as PostgreSQL reads them in a parameter. The driver would write them as well, at several
 * times the cost.
 *
 * @module
 */

/** What is escaped within quotes. */
const SPECIAL = /["\\]/;

/**
 * The text of a one-dimensional array: `{1,2.5,NULL}`, `{"a","b \" c"}`.
 *
 * @param values Finite numbers, texts without NUL, or `null`.
 */
export function arrayLiteral(values: readonly (string | number | null)[]): string {
  return `{${values.map(element).join(",")}}`;
}

function element(value: string | number | null): string | number {
  if (value === null) return "NULL";
  if (typeof value === "number") return value;
  return `"${SPECIAL.test(value) ? value.replaceAll(/["\\]/g, "\\$&") : value}"`;
}
