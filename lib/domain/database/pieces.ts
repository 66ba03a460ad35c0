/**
 * Lists that are too long for one statement.
 *
 * @module
 */

/** The list in its order, in pieces of at most `most`. None where it is empty. */
export function pieces<One>(all: readonly One[], most: number): (readonly One[])[] {
  const count = Math.ceil(all.length / most);
  return Array.from({ length: count }, (_, at) => all.slice(at * most, (at + 1) * most));
}
