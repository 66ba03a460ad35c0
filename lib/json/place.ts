/**
 * Places in a JSON value, as messages name them.
 *
 * @module
 */

/** The name of a place: `$.items[3].price`, and `$` for the whole value. */
export function placeName(path: readonly PropertyKey[]): string {
  return `$${path.map(step).join("")}`;
}

/** The value at a place; `undefined` where there is none. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<PropertyKey, unknown>)[key];
  }
  return at;
}

/** The path to the first value, in the order of the text, that is looked for. */
export function findPath(
  value: unknown,
  isWanted: (value: unknown) => boolean,
): PropertyKey[] | undefined {
  const waiting: { readonly value: unknown; readonly path: readonly PropertyKey[] }[] = [
    { value, path: [] },
  ];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { value, path } = next;
    if (isWanted(value)) return [...path];
    if (typeof value !== "object" || value === null) continue;
    const isList = Array.isArray(value);
    const entries = Object.entries(value).reverse();
    for (const [key, each] of entries) {
      waiting.push({ value: each, path: [...path, isList ? Number(key) : key] });
    }
  }
  return undefined;
}

function step(key: PropertyKey): string {
  if (typeof key === "number") return `[${key}]`;
  const name = String(key);
  return /^[\w$]+$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}
