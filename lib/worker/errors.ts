/**
 * The errors by which a handler decides what becomes of its event.
 *
 * @module
 */

import { unknownOption } from "../errors/options.ts";

const RETRY_OPTIONS: ReadonlySet<string> = new Set(["after", "counts", "message", "cause"]);
const PAUSE_OPTIONS: ReadonlySet<string> = new Set(["reason", "seconds", "cause"]);

/** Thrown by a handler: run the event again later. Not logged as an error. */
export class RetryLater extends Error {
  override readonly name = "RetryLater";
  /** Seconds to wait; `undefined` means the worker's own schedule. */
  readonly after: number | undefined;
  /** Whether this run counts as an attempt. */
  readonly counts: boolean;
  /**
   * @param options `after`: seconds to wait, by default the next of the worker's `retries`;
   * `counts`: whether this run uses up one of them, by default true. With `counts: false`
   * the event waits as often as it must (say, while a database is away).
   * @throws {TypeError} When it has no such option.
   */
  constructor(
    options: {
      after?: number;
      counts?: boolean;
      message?: string;
      cause?: unknown;
    } = {},
  ) {
    checkOptions("RetryLater", options, RETRY_OPTIONS);
    super(options.message ?? "Retry later", { cause: options.cause });
    this.after = options.after;
    this.counts = options.counts ?? true;
  }
}

/**
 * Thrown by a handler: what all events of the queue need is away, such as the mail server. The event
 * goes back to its place in the queue and nothing is counted; what waits behind it is released, what
 * runs beside it ends as usual. This process takes no events of the queue (with shards, the shard)
 * for `seconds`. Then it takes one: where that throws PauseQueue again, the pause doubles, up to
 * 300 s; any other end of it opens the queue again. Several events that were taken together and
 * throw it make one pause.
 *
 * The queue is shown as `waiting for <reason>`, with one warning at the beginning. No event is given
 * up, however long that lasts: a pause sets no first failure, so `patienceSeconds` does not begin.
 *
 * @example
 * ```ts ignore
 * throw new PauseQueue({ reason: "SMTP", seconds: 10, cause: error });
 * ```
 */
export class PauseQueue extends Error {
  override readonly name = "PauseQueue";
  /** What is away: `SMTP`. */
  readonly reason: string;
  /** Seconds of the first pause; over 0, and at most 300 count. */
  readonly seconds: number;
  /**
   * @param options `reason`: what is away, in a few words and without secrets, for log and status;
   * `seconds`: how long to wait before the first try, by default 5; `cause`: what was thrown, whose
   * message is logged.
   * @throws {TypeError} When it has no such option, or there is no reason.
   */
  constructor(options: { reason: string; seconds?: number; cause?: unknown }) {
    checkOptions("PauseQueue", options, PAUSE_OPTIONS);
    if (typeof options.reason !== "string") {
      throw new TypeError('PauseQueue has no reason: add one, such as `reason: "SMTP"`');
    }
    super(`Waiting for ${options.reason}`, { cause: options.cause });
    this.reason = options.reason;
    this.seconds = options.seconds ?? 5;
  }
}

/** Thrown by a handler: there is nothing to do for this event; it is done, silently. */
export class Discard extends Error {
  override readonly name = "Discard";
}

/** Thrown by a handler: running the event again cannot help; dead-letter it now. */
export class Fail extends Error {
  override readonly name = "Fail";
}

/** Thrown by `consumeBatch`: what became of each event. */
export class BatchError extends Error {
  override readonly name = "BatchError";
  /** One for each event of the batch, in their order: `undefined` for done, else what it threw. */
  readonly outcomes: readonly unknown[];
  /** @param outcomes One for each event, in their order: `undefined` for done, else an error. */
  constructor(outcomes: readonly unknown[]) {
    const failed = outcomes.filter((outcome) => outcome !== undefined).length;
    super(`${failed} of ${outcomes.length} events of the batch failed`);
    this.outcomes = outcomes;
  }
}

/** @throws {TypeError} When they are no options, or have a name that is not known. */
function checkOptions(name: string, options: object, known: ReadonlySet<string>): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `${name} takes an object with options: write new ${name}({ ${[...known][0]}: … })`,
    );
  }
  const problem = unknownOption(options, known);
  if (problem !== undefined) throw new TypeError(`${name} ${problem}`);
}
