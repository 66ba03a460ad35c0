// @ts-check
/**
 * Bodies of events in few words.
 *
 * @module
 */

/** The most characters of what differs. */
const MOST = 160;

/**
 * The starts of some bodies, without what is the same in all of them. Bodies that are no JSON
 * objects, and a body alone, are as they are.
 *
 * @param {readonly string[]} bodies
 * @returns {string[]}
 */
export function differences(bodies) {
  const fields = bodies.map(fieldsOf);
  const objects = fields.filter((one) => one !== null);
  if (objects.length < 2) return bodies.map((body) => cut(body));
  const names = [...new Set(objects.flatMap((object) => [...object.keys()]))];
  const differing = names.filter((name) => {
    return new Set(objects.map((object) => object.get(name))).size > 1;
  });
  return bodies.map((body, index) => {
    const object = fields[index];
    return object ? said(object, differing) || "the same as the others" : cut(body);
  });
}

/** @type {(object: Map<string, string>, names: readonly string[]) => string} */
function said(object, names) {
  return cut(
    names.filter((name) => object.has(name))
      .map((name) => `${name} ${object.get(name)}`).join(", "),
  );
}

/** @param {string} text */
function cut(text) {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > MOST ? `${line.slice(0, MOST)}…` : line;
}

/**
 * The fields of a JSON object with their values as text; of one that was cut, those before the cut.
 *
 * @param {string} body
 * @returns {Map<string, string> | null}
 */
function fieldsOf(body) {
  if (!body.trimStart().startsWith("{")) return null;
  const object = parsed(body);
  if (object) return new Map(Object.entries(object).map(([name, value]) => [name, short(value)]));
  const found = [...body.matchAll(/"(\w+)":\s*("(?:[^"\\]|\\.)*"|-?[\d.]+|true|false|null)/g)];
  return found.length === 0
    ? null
    : new Map(found.map(([, name = "", value = ""]) => [name, value]));
}

/** @param {string} body @returns {object | null} */
function parsed(body) {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

/** @param {unknown} value */
function short(value) {
  const text = JSON.stringify(value) ?? "";
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** @typedef {{ path: string, depth: number, name: string, pad: number, text: string | null, size: string | null }} Line */

/**
 * The lines of a JSON value as a tree. Objects and lists have a size, and lines below them where
 * they are open.
 *
 * @param {unknown} value
 * @param {(path: string, depth: number) => boolean} isOpen
 * @returns {Line[]}
 */
export function treeOf(value, isOpen) {
  return linesBelow(value, "", 0, isOpen);
}

/** @type {(value: unknown, path: string, depth: number, isOpen: (path: string, depth: number) => boolean) => Line[]} */
function linesBelow(value, path, depth, isOpen) {
  if (value === null || typeof value !== "object" || value instanceof Exact) {
    return depth > 0 ? [] : [{ path, depth, name: "", pad: 0, text: written(value), size: null }];
  }
  const width = Math.min(24, Math.max(0, ...Object.keys(value).map((name) => name.length)));
  return Object.entries(value).flatMap(([name, inner]) => {
    const here = `${path}/${name}`;
    const isBranch = inner !== null && typeof inner === "object" && !(inner instanceof Exact);
    const line = {
      path: here,
      depth,
      name,
      pad: Math.max(0, width - name.length),
      text: isBranch ? null : written(inner),
      size: isBranch ? sizeOf(inner) : null,
    };
    const isShown = isBranch && isOpen(here, depth);
    return [line, ...(isShown ? linesBelow(inner, here, depth + 1, isOpen) : [])];
  });
}

/** @param {unknown} value */
function written(value) {
  return value instanceof Exact ? value.source : JSON.stringify(value);
}

/** @param {object} value */
function sizeOf(value) {
  const count = Object.keys(value).length;
  const noun = Array.isArray(value) ? "item" : "field";
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/**
 * Why a text is no JSON; `null` where it is.
 *
 * @param {string} text
 * @returns {string | null}
 */
export function jsonProblem(text) {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    return `This is no JSON: ${error instanceof Error ? error.message : error}`;
  }
}

/** A string, what stands between values, or a number or word. */
const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/**
 * A JSON text with a line for each value. Values stay as they are written: `JSON.parse` would change
 * large numbers, and fields that are there twice. A text that is no JSON stays as it is.
 *
 * @param {string} text
 * @returns {string}
 */
export function indented(text) {
  if (jsonProblem(text) !== null) return text;
  const tokens = text.match(TOKENS) ?? [];
  let depth = 0;
  return tokens.map((token, index) => {
    const isOpening = token === "{" || token === "[";
    const isEmpty = (/** @type {string} */ first, /** @type {string} */ second) =>
      "{[".includes(first) && "}]".includes(second);
    if (isOpening) depth++;
    if (token === "}" || token === "]") depth--;
    const next = tokens[index + 1] ?? "";
    const breaks = token === "," || (isOpening && !isEmpty(token, next)) ||
      (["}", "]"].includes(next) && !isEmpty(token, next));
    const ends = ["}", "]"].includes(next);
    const line = `\n${"  ".repeat(ends ? depth - 1 : depth)}`;
    return `${token}${token === ":" ? " " : ""}${breaks ? line : ""}`;
  }).join("");
}

/**
 * A JSON value for a tree: whole numbers that JavaScript would change are texts of their digits.
 *
 * @param {string} text
 * @returns {unknown}
 */
export function valueOf(text) {
  return JSON.parse(text, /** @type {any} */ (exact));
}

/** @type {(name: string, value: unknown, context?: { source?: string }) => unknown} */
function exact(_name, value, context) {
  const source = context?.source;
  const isChanged = typeof value === "number" && source !== undefined && /^-?\d+$/.test(source) &&
    String(value) !== source;
  return isChanged ? new Exact(source) : value;
}

/** A number as it is written. */
class Exact {
  /** @param {string} source */
  constructor(source) {
    this.source = source;
  }
}
