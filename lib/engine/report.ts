/**
 * What the engine says about itself: plain data that logs, statistics and the rest are made from.
 *
 * @module
 */

import type { ErrorData } from "../errors/error_data.ts";
import type { FailureReason } from "./settle/outcome.ts";

/** An event has been settled: done, retried, released or dead-lettered. */
export interface SettledReport {
  readonly kind: "settled";
  readonly queue: string;
  /** The event's `message_id`; where its publisher set none, one that the consumer made. */
  readonly id: string;
  readonly outcome:
    | "processed"
    | "discarded"
    | "retried"
    | "failed"
    | "released";
  readonly attempt: number;
  /** ms from publishing (where known, else from receiving) to the start of its run. */
  readonly waitMs: number;
  /** Its publisher set no time, so that `waitMs` counts from receiving. */
  readonly hasNoTime?: true;
  /** ms its handler ran, in a batch divided by the batch's size. */
  readonly runMs: number;
  /** Its part of that, in ms: the time is divided among all events that ran beside each other. */
  readonly shareMs: number;
  /** Bytes of the body. */
  readonly bytes?: number;
  /** How many deliveries of this queue are still unsettled. */
  readonly inFlight: number;
  /** For `retried` and `failed`. */
  readonly reason?: FailureReason | "retry-later";
  /** For `retried` and `failed`, and for `discarded`. */
  readonly error?: ErrorData;
  /** For `retried`: seconds until the next run, at the least. */
  readonly delay?: number;
  /** The body, for `retried` and `failed`: only for dead-letter files and debug lines. */
  readonly body?: string | Uint8Array;
}

/** The queue had nothing to do and is about to start an event. */
export interface WokeReport {
  readonly kind: "woke";
  readonly queue: string;
}

/** Why a thread was started: the first one, or what ended the thread before. */
export type ThreadCause =
  | "start"
  | "crashed"
  | "out_of_memory"
  | "hung"
  | "unresponsive"
  | "unhandled_error"
  | "not_started"
  | "refused"
  | "resized"
  | "restarted";

/** A thread of the queue was started. */
export interface ThreadReport {
  readonly kind: "thread";
  readonly queue: string;
  readonly cause: ThreadCause;
}

/** The worker of the queue published an event, or the broker did not confirm it. */
export interface PublishedReport {
  readonly kind: "published";
  /** The queue whose worker published. */
  readonly queue: string;
  readonly isConfirmed: boolean;
}

/** Something worth a log line. */
export interface NoticeReport {
  readonly kind: "notice";
  readonly level: "debug" | "info" | "warning" | "error";
  /** The queue it is about, if it is about one. */
  readonly queue?: string;
  /** A sentence; `{name}` stands for a property. */
  readonly message: string;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly error?: ErrorData;
  /** The message says all of the error: its stack is for the level debug. @default {false} */
  readonly isErrorInMessage?: boolean;
  /** Groups what belongs together, as Sentry's fingerprint does. */
  readonly fingerprint?: readonly string[];
}

/** Anything the engine says. */
export type Report = SettledReport | WokeReport | ThreadReport | PublishedReport | NoticeReport;

/** Takes reports; never throws, never waits. */
export type Reporter = (report: Report) => void;

/** The notice of an error outside of any event, in Zulip's words; of a promise, with a hint. */
export function uncaughtNotice(queue: string | undefined, error: ErrorData): NoticeReport {
  const { events = [] } = error;
  if (events.length === 0) {
    return notice("error", queue, "Unhandled exception from queue: {queue}", { error });
  }
  const message = "Unhandled exception from queue: {queue}. A promise in the handler of {events} " +
    "was rejected and not awaited: add `await`, or catch its error";
  return notice("error", queue, message, { error, properties: { events: events.join(", ") } });
}

/**
 * Makes a notice.
 *
 * @param queue The queue it is about, if it is about one.
 * @param message A sentence; `{name}` stands for a property, `{queue}` for the queue.
 */
export function notice(
  level: NoticeReport["level"],
  queue: string | undefined,
  message: string,
  more: Omit<NoticeReport, "kind" | "level" | "queue" | "message"> = {},
): NoticeReport {
  return { kind: "notice", level, ...(queue === undefined ? {} : { queue }), message, ...more };
}
