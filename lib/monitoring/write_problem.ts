/**
 * What to do about a file that cannot be written.
 *
 * @module
 */

import { isDiskFull } from "../errors/disk_full.ts";

/** The disk takes so long that it may never answer. */
export class SlowDiskError extends Error {
  /** @inheritdoc */
  override name = "SlowDiskError";
}

/** Begins a sentence that says what to do about the error of a write. */
export function writeAdvice(error: unknown): string {
  if (isDiskFull(error)) return "Make room on the disk of that folder";
  return error instanceof SlowDiskError ? "Check that disk" : "Let this user write to that folder";
}
