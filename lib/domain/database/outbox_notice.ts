/**
 * What there is to say of events that cannot be published, however often they are tried.
 *
 * @module
 */

/** A line for the log; the message names its properties in braces. */
export interface OutboxNotice {
  readonly message: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** How long the same reason is only counted, in ms. */
const HOUR_MS = 60 * 60 * 1000;
/** For how long a reason is known that does not come again, in ms. */
const QUIET_MS = 10 * 60 * 1000;

const NOT_PUBLISHED = "{count} of the events in the outbox could not be published, and are tried " +
  "again in 10 s: {reason}";
const STILL_NOT_PUBLISHED = "{count} of the events in the outbox could not be published for an " +
  "hour, at {times} more attempts, and are tried again: {reason}. If no attempt can help, " +
  "correct or delete the row in process_queue_outbox";

/** The line of a first attempt. @param count How many events could not be published. */
export function notPublished(count: number, reason: string): OutboxNotice {
  return { message: NOT_PUBLISHED, properties: { count, reason } };
}

/** Attempts that failed for one reason. Times are in ms since 1970. */
interface Seen {
  /** When there was a line. */
  readonly at: number;
  /** The last attempt. */
  last: number;
  /** The attempts since the line. */
  times: number;
}

/** Counts attempts, so that the same reason has a line at first, and then one an hour. */
export class OutboxNotices {
  readonly #seen = new Map<string, Seen>();

  /**
   * The line of an attempt; `undefined` where it is only counted. A reason that did not come for 10
   * minutes is a new one.
   *
   * @param count How many events could not be published.
   * @param now ms since 1970.
   */
  next(count: number, reason: string, now: number): OutboxNotice | undefined {
    for (const [known, { last }] of this.#seen) {
      if (now - last > QUIET_MS) this.#seen.delete(known);
    }
    const seen = this.#seen.get(reason);
    if (seen && now - seen.at < HOUR_MS) {
      seen.times++;
      seen.last = now;
      return undefined;
    }
    this.#seen.set(reason, { at: now, last: now, times: 0 });
    if (!seen) return notPublished(count, reason);
    const properties = { count, times: seen.times + 1, reason };
    return { message: STILL_NOT_PUBLISHED, properties };
  }
}
