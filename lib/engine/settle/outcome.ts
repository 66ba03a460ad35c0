/**
 * The outcome of a run, and the settlement that a broker carries out for its event.
 *
 * @module
 */

import type { ErrorData } from "../../errors/error_data.ts";

/** Why an event was given up, as the header `x-pq-reason` says it. */
export type FailureReason =
  /** Its handler threw, on the last attempt. */
  | "error"
  /** Its handler threw `Fail`. */
  | "fail"
  /** Its body, properties or headers are not what the worker takes. */
  | "invalid"
  /** It ran longer than `maxConsumeSeconds`, on the last attempt. */
  | "timeout"
  /** It ended its thread or process. */
  | "crashed"
  /** It used up the heap of its thread. */
  | "out of memory"
  /** It has waited for longer than its worker's `patienceSeconds`. */
  | "waited too long";

/** What a run came to. */
export type Outcome =
  | { readonly kind: "done" }
  /** The handler threw `Discard`. */
  | { readonly kind: "discarded"; readonly error: ErrorData }
  /**
   * Not run, or not to its end, through no fault of the event. Where `goesOn`, its handler cannot be
   * ended before the process.
   */
  | { readonly kind: "released"; readonly goesOn?: true }
  /** The handler threw `PauseQueue`: the event goes back, and its queue waits. */
  | {
    readonly kind: "paused";
    readonly attempt: number;
    /** What is away. */
    readonly reason: string;
    /** Seconds of the first pause: over 0. */
    readonly seconds: number;
    /** The message of its cause; `""` where it has none. */
    readonly why: string;
    readonly error: ErrorData;
  }
  /** The handler threw `RetryLater`. */
  | {
    readonly kind: "retry-later";
    readonly attempt: number;
    readonly after: number | undefined;
    readonly counts: boolean;
    readonly error: ErrorData;
  }
  /** The handler threw, or returned too late. */
  | {
    readonly kind: "error";
    readonly reason: "error" | "timeout";
    readonly attempt: number;
    readonly error: ErrorData;
  }
  /** The handler threw `Fail`, or the event is not valid. */
  | {
    readonly kind: "failed";
    readonly reason: "fail" | "invalid";
    readonly attempt: number;
    readonly error: ErrorData;
  }
  /** It ended, or had to be stopped with, its thread or process. */
  | {
    readonly kind: "crashed";
    readonly reason: "timeout" | "crashed" | "out of memory";
    readonly attempt: number;
    readonly error: ErrorData;
  };

/** The one thing the broker does with a delivery. */
export type Settlement =
  | { readonly kind: "done" }
  /** Back to the queue at once, not counted. */
  | { readonly kind: "release" }
  /** Replaced by a copy at the end of its queue, not counted. */
  | { readonly kind: "republish" }
  | {
    readonly kind: "retry";
    /** Seconds to wait; the broker may make it up to a tenth shorter, so that failures spread out. */
    readonly delay: number;
    /** Attempts used up so far. */
    readonly attempts: number;
    /** How many times it ended its thread or process so far. */
    readonly crashes: number;
    readonly reason: FailureReason | "retry-later";
    readonly error: ErrorData;
    /** It was not run: it waits on for the time that it was given. */
    readonly waiting?: true;
  }
  | {
    readonly kind: "fail";
    readonly reason: FailureReason;
    readonly attempts: number;
    readonly error: ErrorData;
  };

/** The outcome of a handler that returned, and its settlement. */
export const DONE = { kind: "done" } as const satisfies Outcome & Settlement;

/** The outcome of a job that was not run. */
export const RELEASED: Outcome = { kind: "released" };

/** The outcome of a job whose handler cannot be ended before the process is. */
export const GIVEN_UP: Outcome = { kind: "released", goesOn: true };

/** Back to the queue at once, not counted. */
export const RELEASE: Settlement = { kind: "release" };

/** Replaced by a copy at the end of its queue, not counted. */
export const REPUBLISH: Settlement = { kind: "republish" };
