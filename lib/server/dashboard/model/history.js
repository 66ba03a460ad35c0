// @ts-check
/**
 * Lines of 30 minutes: sparklines, charts and their words.
 *
 * @module
 */

/** @typedef {readonly (number | null)[]} Points Oldest first; `null`: not known. */

/** The most points of a history: 30 minutes, one each 10 seconds. */
const MOST_POINTS = 180;

/**
 * The points of a line, from 0 at the bottom to its peak at the top. Gaps divide it.
 *
 * @param {Points} points
 * @param {{ width: number, height: number, peak?: number, pad?: number }} box
 * @returns {string[]} One list of coordinates for each piece without a gap.
 */
export function linesOf(points, { width, height, peak = peakOf(points) ?? 0, pad = 1 }) {
  const step = points.length > 1 ? width / (points.length - 1) : 0;
  const room = height - 2 * pad;
  /** @type {string[][]} */
  const lines = [[]];
  points.forEach((value, index) => {
    if (value === null) return void lines.push([]);
    const y = height - pad - (peak > 0 ? (value / peak) * room : 0);
    lines.at(-1)?.push(`${round(index * step)},${round(y)}`);
  });
  return lines.filter((line) => line.length > 0).map((line) => line.join(" "));
}

/** @param {number} number */
function round(number) {
  return Math.round(number * 10) / 10;
}

/**
 * The largest value; `null` where none is known.
 *
 * @param {Points} points
 * @returns {number | null}
 */
export function peakOf(points) {
  const known = points.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}

/**
 * The last known value.
 *
 * @param {Points} points
 * @returns {number | null}
 */
export function lastOf(points) {
  return points.findLast((value) => value !== null) ?? null;
}

/**
 * The points in a frame of 30 minutes: what came before the first is not known.
 *
 * @param {Points} points
 * @returns {Points}
 */
export function framed(points) {
  const missing = MOST_POINTS - points.length;
  return missing > 0 ? [...Array(missing).fill(null), ...points] : points;
}

/**
 * Fewer points: the mean of each piece.
 *
 * @param {Points} points
 * @param {number} most
 * @returns {(number | null)[]}
 */
export function thin(points, most) {
  if (points.length <= most) return [...points];
  return Array.from({ length: most }, (_, index) => {
    const from = Math.floor((index * points.length) / most);
    const piece = points.slice(from, Math.floor(((index + 1) * points.length) / most));
    const known = piece.filter((value) => value !== null);
    return known.length === 0 ? null : known.reduce((a, b) => a + b, 0) / known.length;
  });
}

/**
 * What a line says: `last 3.1, peak 41.0 a second`.
 *
 * @param {Points} points
 * @param {(value: number | null) => string} show
 * @param {string} unit
 * @returns {string}
 */
export function wordsOf(points, show, unit) {
  const peak = peakOf(points);
  if (peak === null) return "not known";
  if (peak === 0) return "none in 30 minutes";
  return `last ${show(lastOf(points))}, peak ${show(peak)}${unit && ` ${unit}`}`;
}

/** @typedef {Record<string, (number | null)[]> & { ends_at?: undefined }} Columns */
/** The columns of a history and of a row of the view. */
const COLUMNS = ["ready", "failed", "rate", "wait_p50", "wait_p99", "run_p50", "run_p99"];

/**
 * A history with the numbers of a look added, where the last point is old enough.
 *
 * @param {{ ends_at: string } & Record<string, any>} history
 * @param {Record<string, any>} row
 * @param {string | null} at When the broker was looked at: ISO 8601.
 * @param {number} everySeconds The time between two points.
 * @returns {{ ends_at: string } & Record<string, any>}
 */
export function append(history, row, at, everySeconds) {
  const passed = at === null ? 0 : Date.parse(at) - Date.parse(history.ends_at);
  if (at === null || passed < everySeconds * 1000) return history;
  const columns = COLUMNS.map((name) => [
    name,
    [...history[name] ?? [], row[name] ?? null].slice(-MOST_POINTS),
  ]);
  return { ...history, ...Object.fromEntries(columns), ends_at: at };
}

/** A history that begins now. @type {{ ends_at: string } & Record<string, any>} */
export const NO_HISTORY = {
  ends_at: "1970-01-01T00:00:00Z",
  ...Object.fromEntries(COLUMNS.map((name) => [name, []])),
};

/**
 * One line for several: their sums, aligned at the end. Where one is not known, the others count.
 *
 * @param {readonly Points[]} lines
 * @returns {(number | null)[]}
 */
export function sumOf(lines) {
  const length = Math.max(0, ...lines.map((line) => line.length));
  return Array.from({ length }, (_, index) => {
    const known = lines.map((line) => line[line.length - length + index] ?? null)
      .filter((value) => value !== null);
    return known.length === 0 ? null : known.reduce((a, b) => a + b, 0);
  });
}
