/**
 * What becomes of an event: one pure function from what its run came to, to the one thing the
 * broker must do.
 *
 * @module
 */

/** An error as plain data, so that it can cross threads and processes. Bounded and redacted. */
export interface ErrorData {
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
  readonly code?: string | undefined;
  /** What the handler said of its event by `ctx.report`. */
  readonly tags?: Readonly<Record<string, string>>;
  readonly breadcrumbs?: readonly string[];
}

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
  | "out of memory";

/** What a run came to. */
export type Outcome =
  | { readonly kind: "done" }
  /** The handler threw `Discard`. */
  | { readonly kind: "discarded"; readonly error: ErrorData }
  /**
   * Not run, or not to its end, through no fault of the event. Its handler may go on: what cannot
   * be ended before the process does.
   */
  | { readonly kind: "released"; readonly goesOn?: true }
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
    /** It was not run: it only waits on for the time it was given. */
    readonly waiting?: true;
  }
  | {
    readonly kind: "fail";
    readonly reason: FailureReason;
    readonly attempts: number;
    readonly error: ErrorData;
  };

/** What {@linkcode settle} has to know beside the outcome. */
export interface SettlePolicy {
  /** Seconds before each further attempt. */
  readonly retries: readonly number[];
  /** How many times this event ended its thread or process before. */
  readonly crashes: number;
}

/** An event that ended its thread or process this many times is given up, whatever `retries` says. */
export const MAX_CRASHES = 3;

/** Seconds before the next run where `RetryLater` names none and the schedule has none left. */
const DEFAULT_RETRY_LATER_SECONDS = 60;

const DONE: Settlement = { kind: "done" };
const RELEASE: Settlement = { kind: "release" };

type Failing = Extract<Outcome, { kind: "error" | "crashed" }>;

/** The settlement of an outcome. Pure: the same arguments, the same answer. */
export function settle(outcome: Outcome, policy: SettlePolicy): Settlement {
  switch (outcome.kind) {
    case "done":
    case "discarded":
      return DONE;
    case "released":
      return RELEASE;
    case "failed":
      return {
        kind: "fail",
        reason: outcome.reason,
        attempts: outcome.attempt,
        error: outcome.error,
      };
    case "retry-later":
      return retryLater(outcome, policy);
    case "error":
      return retryOrFail(outcome, policy, policy.crashes);
    case "crashed":
      return retryOrFail(outcome, policy, policy.crashes + 1);
  }
}

function retryOrFail(
  outcome: Failing,
  policy: SettlePolicy,
  crashes: number,
): Settlement {
  const { attempt, reason, error } = outcome;
  const delay = policy.retries[attempt - 1];
  if (delay === undefined || crashes >= MAX_CRASHES) {
    return { kind: "fail", reason, attempts: attempt, error };
  }
  return { kind: "retry", delay, attempts: attempt, crashes, reason, error };
}

/** Workers say any number they like. */
function isDelay(after: number | undefined): after is number {
  return typeof after === "number" && Number.isFinite(after) && after >= 0;
}

function retryLater(
  outcome: Extract<Outcome, { kind: "retry-later" }>,
  policy: SettlePolicy,
): Settlement {
  const { attempt, error } = outcome;
  const scheduled = policy.retries[attempt - 1];
  if (outcome.counts && scheduled === undefined) {
    return { kind: "fail", reason: "error", attempts: attempt, error };
  }
  return {
    kind: "retry",
    delay: isDelay(outcome.after) ? outcome.after : scheduled ?? DEFAULT_RETRY_LATER_SECONDS,
    attempts: outcome.counts ? attempt : attempt - 1,
    crashes: policy.crashes,
    reason: "retry-later",
    error,
  };
}
