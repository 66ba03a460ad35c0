/**
 * Names in the file system that stand for others, as `encodeURIComponent` writes them.
 *
 * @module
 */

/** The name that was encoded; `undefined` for one that is not encoded so. */
export function decoded(name: string): string | undefined {
  try {
    return decodeURIComponent(name);
  } catch {
    return undefined;
  }
}
