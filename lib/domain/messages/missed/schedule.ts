/**
 * When a mail about missed messages is due, and when it is tried again.
 *
 * @module
 */

/** What decides when a new row is due. */
export interface NewMissed {
  /** When a row of the user that waits already is due, in ms since 1970. */
  readonly pending: number | undefined;
  /** ms since 1970. */
  readonly now: number;
  /** The user's `email_notifications_batching_period_seconds`. */
  readonly batchingSeconds: number;
}

/**
 * When the mail about a message is due, in ms since 1970: after the user's period, or with the rows
 * that wait already, so that a burst of messages does not postpone it. Rows that wait for longer, as
 * their mail could not be made, do not postpone it either.
 */
export function dueAt({ pending, now, batchingSeconds }: NewMissed): number {
  return Math.min(pending ?? Infinity, now + Math.max(0, batchingSeconds) * 1000);
}

const FIRST_MS = 60_000;
const LONGEST_MS = 60 * 60_000;
/** A mail is tried so often at least. */
const LEAST_FAILURES = 5;
/** The age from which a message needs no mail any more. */
const OLD_MS = 24 * 60 * 60_000;

/**
 * How long to wait, in ms, before a mail is tried again: 1, 2, 4 … minutes, at most an hour.
 *
 * @param failures How often it could not be made, in this run of the worker.
 */
export function waitAfter(failures: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1));
}

/**
 * Whether a message is given up whose mail could not be made: after 5 failures, when it is over a day
 * old.
 *
 * @param failures As for {@linkcode waitAfter}.
 * @param age ms since it was sent.
 */
export function isGivenUp(failures: number, age: number): boolean {
  return failures >= LEAST_FAILURES && age > OLD_MS;
}
