// @ts-check
/**
 * Shares, ages, sizes and memory, which the first screen does not show.
 *
 * @module
 */

import { count, duration, moment, plural } from "./format.js";

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

/**
 * A share in whole percents; `<1 %` is more than none, and 100 % is all.
 *
 * @param {number} part
 * @param {number} whole
 * @returns {string}
 */
export function share(part, whole) {
  if (whole <= 0) return "?";
  const percent = (100 * part) / whole;
  if (percent > 0 && percent < 1) return `<1\u00a0%`;
  return `${part < whole ? Math.min(99, Math.round(percent)) : 100}\u00a0%`;
}

/**
 * How long ago a moment is: `3s ago`; under a minute in whole seconds.
 *
 * @param {string | number | null | undefined} at
 * @param {number} now
 * @returns {string}
 */
export function ago(at, now) {
  const ms = moment(at);
  if (ms === null) return "?";
  const seconds = Math.max(0, (now - ms) / 1000);
  return `${seconds < 59.5 ? `${Math.round(seconds)}s` : duration(seconds)} ago`;
}
