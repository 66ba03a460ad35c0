// @ts-check
/**
 * Sizes and memory as the pages show them.
 *
 * @module
 */

import { count, plural } from "./format.js";

/** @typedef {number | null | undefined} Unsure */

/**
 * Memory: `212 MB`, or `61 of 256 MB`.
 *
 * @param {Unsure} bytes
 * @param {Unsure} [limit]
 * @returns {string}
 */
export function megabytes(bytes, limit) {
  if (bytes === null || bytes === undefined) return "?";
  const used = count(bytes / 1e6);
  return limit === null || limit === undefined
    ? `${used}\u00a0MB`
    : `${used} of ${count(limit / 1e6)}\u00a0MB`;
}

/**
 * A size in its best unit: `1,212 bytes`, `12 kB`, `1.4 MB`.
 *
 * @param {Unsure} bytes
 * @returns {string}
 */
export function size(bytes) {
  if (bytes === null || bytes === undefined) return "?";
  if (bytes < 10_000) return plural(bytes, "byte");
  return bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
