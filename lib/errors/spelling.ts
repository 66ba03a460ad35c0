/**
 * Suggestions for a mistyped name.
 *
 * @module
 */

/**
 * The candidate nearest to a mistyped name: the one with the fewest insertions, deletions,
 * replacements and swaps of neighbouring letters. Upper and lower case, `-` and `_` count as the
 * same.
 *
 * @param name The name as typed.
 * @param candidates The names that exist; of two equally near ones the first wins.
 * @param most How many differences it may have. @default {a third of its letters}
 * @returns `undefined` when the nearest has more.
 */
export function nearest(
  name: string,
  candidates: Iterable<string>,
  most: number = Infinity,
): string | undefined {
  const typed = folded(name);
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of candidates) {
    const allowed = Math.min(most, Math.max(typed.length, candidate.length) / 3);
    // Most names differ in length alone by more than that.
    if (Math.abs(typed.length - candidate.length) > allowed) continue;
    const distance = editDistance(typed, folded(candidate), allowed);
    if (distance <= allowed && distance < bestDistance) {
      [best, bestDistance] = [candidate, distance];
    }
  }
  return best;
}

/**
 * A question to add to a message about a mistyped name.
 *
 * @returns `; did you mean X?`, or `""` when nothing is near.
 */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const meant = nearest(name, candidates);
  return meant === undefined ? "" : `; did you mean ${meant}?`;
}

/**
 * A question to add to a message about a name that is cut short, as Python's argparse allows.
 *
 * @returns `; did you mean X?` with the names that go on with another word, else with those that go
 * on at all; `""` when none begins so.
 */
export function abbreviates(start: string, candidates: Iterable<string>): string {
  const longer = [...candidates].filter((name) => folded(name).startsWith(folded(start)));
  const byWord = longer.filter((name) => /^[-_]/.test(name.slice(start.length)));
  const meant = (byWord.length > 0 ? byWord : longer).join(" or ");
  return meant && `; did you mean ${meant}?`;
}

function folded(name: string): string {
  return name.toLowerCase().replaceAll("-", "_");
}

/**
 * Damerau's distance, without editing a part twice (optimal string alignment).
 *
 * @returns `Infinity` when it is over `most` from some letters on.
 */
function editDistance(one: string, other: string, most: number): number {
  const [a, b] = withoutEqualEnds(one, other);
  // One edit is one letter, or a swap of two.
  if (most < 2 && Math.max(a.length, b.length) > 2) return Infinity;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = at(last, column - 1) +
        (a[row - 1] === b[column - 1] ? 0 : 1);
      const edited = Math.min(at(last, column), at(current, column - 1)) + 1;
      const swapped = isSwap(a, b, row, column) ? at(beforeLast, column - 2) + 1 : Infinity;
      current.push(Math.min(replaced, edited, swapped));
    }
    // A row depends on the two before it alone.
    if (row > 1 && Math.min(...last, ...current) > most) return Infinity;
    [beforeLast, last] = [last, current];
  }
  return at(last, b.length);
}

/** What is left of both without the letters that they begin and end with alike. */
function withoutEqualEnds(a: string, b: string): [string, string] {
  const most = Math.min(a.length, b.length);
  let start = 0;
  while (start < most && a[start] === b[start]) start++;
  let end = 0;
  while (end < most - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  return [a.slice(start, a.length - end), b.slice(start, b.length - end)];
}

function isSwap(a: string, b: string, row: number, column: number): boolean {
  return row > 1 && column > 1 && a[row - 1] === b[column - 2] &&
    a[row - 2] === b[column - 1];
}

function at(distances: readonly number[], column: number): number {
  return distances[column] ?? Infinity;
}
