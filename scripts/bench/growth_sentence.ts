/**
 * Says where a figure grows faster than it should. Everything here is pure.
 *
 * @module
 */

/** A figure at one size. */
export interface Point {
  readonly size: number;
  readonly figure: number;
}

/** How a figure may grow with the size: not at all, or by the same for each. */
export type Growth = "constant" | "linear";

/** What a figure may vary by without having grown. */
const MARGIN = 1.5;

/**
 * A sentence about the first step at which a figure grows faster than allowed, by more than half.
 *
 * @param points In the order of their sizes.
 * @returns `undefined` when it does not.
 */
export function growthSentence(
  { unit, what }: { readonly unit: string; readonly what: string },
  points: readonly Point[],
  allowed: Growth,
): string | undefined {
  const first = points[0];
  for (const [index, point] of points.entries()) {
    const before = points[index - 1];
    if (!first || !before) continue;
    const most = MARGIN *
      (allowed === "constant" ? first.figure : expected(points[index - 2], before, point));
    if (point.figure <= most) continue;
    const times = (point.figure / before.figure).toFixed(1);
    return `NOT ${allowed}: at ${unit} ${point.size} it is ${round(point.figure)} ${what}, ` +
      `${times} times as much as at ${before.size} (${round(before.figure)}).`;
  }
  return undefined;
}

/** The line through the two points before it goes on; two points alone are on a line through 0. */
function expected(earlier: Point | undefined, before: Point, { size }: Point): number {
  if (!earlier) return before.figure * size / before.size;
  const each = Math.max(0, (before.figure - earlier.figure) / (before.size - earlier.size));
  return before.figure + each * (size - before.size);
}

function round(figure: number): string {
  return figure.toFixed(figure < 100 ? 1 : 0);
}
