/**
 * Which dead letters a command means.
 *
 * @module
 */

/** What must hold of a dead letter; of several words of one kind, one must. */
export interface FailedFilter {
  /** Handles, beginnings of handles, or ids. */
  readonly ids: readonly string[];
  /** Fingerprints. */
  readonly groups: readonly string[];
  readonly reasons: readonly string[];
  /** A part of the error's name or message, in any case. */
  readonly error?: string | undefined;
  /** A part of the body, as it is. */
  readonly text?: string | undefined;
  /** It failed at least so many seconds ago. */
  readonly olderThan?: number | undefined;
  /** It failed at most so many seconds ago. */
  readonly newerThan?: number | undefined;
  /** It was put back at most so often. */
  readonly retried?: number | undefined;
}

/** All dead letters. */
export const NO_FILTER: FailedFilter = { ids: [], groups: [], reasons: [] };
