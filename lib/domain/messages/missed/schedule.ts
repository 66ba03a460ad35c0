/**
 * When a user is told of missed messages, and when it is tried again.
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
 * that wait already, so that a burst of messages does not postpone it.
 */
export function dueAt({ pending, now, batchingSeconds }: NewMissed): number {
  return pending ?? now + Math.max(0, batchingSeconds) * 1000;
}

/** A user whose mails could not be made. */
export interface FailedUser {
  /** How often in a row, this time included, in this run of the worker. */
  readonly failures: number;
  /** When the newest of the messages was sent, in ms since 1970. */
  readonly newest: number;
  /** ms since 1970. */
  readonly now: number;
}

const FIRST_MS = 60_000;
const LONGEST_MS = 60 * 60_000;
/** A user's mails are tried so often at least. */
const LEAST_FAILURES = 5;
/** The age of messages that nobody needs to be told of any more. */
const OLD_MS = 24 * 60 * 60_000;

/**
 * When a user's mails are tried again: after 1, 2, 4 … minutes, at most an hour.
 *
 * @returns ms since 1970; `undefined` to give up, after 5 failures at least and when all of the
 * messages are over a day old.
 */
export function triedAgainAt({ failures, newest, now }: FailedUser): number | undefined {
  if (failures >= LEAST_FAILURES && now - newest > OLD_MS) return undefined;
  return now + Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1));
}
