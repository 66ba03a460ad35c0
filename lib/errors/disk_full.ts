/**
 * Errors that mean that a disk has no room.
 *
 * @module
 */

/** No space, no inodes, or a quota that is used up. */
const CODES: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT"]);

/** Whether the error of a file operation says that the disk, or the user's share of it, is full. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && CODES.has((error as { readonly code?: unknown }).code);
}
