/**
 * One pure function turns the outcome of a run into a settlement: the one thing that the broker does
 * with the event.
 *
 * @module
 */

import { DONE, type Outcome, RELEASE, type Settlement } from "./outcome.ts";

/** What {@linkcode settle} has to know beside the outcome. */
export interface SettlePolicy {
  /** Seconds before each further attempt. */
  readonly retries: readonly number[];
  /** How many times this event ended its thread or process before. */
  readonly crashes: number;
  /** Seconds that an event may wait uncounted, from its first failure. @default {null} for ever */
  readonly patienceSeconds?: number | null;
  /** How long ago the event first failed, in ms. @default {0} */
  readonly failingMs?: number;
}

/** An event that ended its thread or process this many times is given up, whatever `retries` says. */
export const MAX_CRASHES = 3;

/** Seconds before the next run where `RetryLater` names none and the schedule has none left. */
const DEFAULT_RETRY_LATER_SECONDS = 60;

type Failing = Extract<Outcome, { kind: "error" | "crashed" }>;

/** The settlement of an outcome. Pure: the same arguments, the same answer. */
export function settle(outcome: Outcome, policy: SettlePolicy): Settlement {
  switch (outcome.kind) {
    case "done":
    case "discarded":
      return DONE;
    case "released":
    case "paused":
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

/** Whether a worker's number is a delay: it may be any. */
function isDelay(after: number | undefined): after is number {
  return typeof after === "number" && Number.isFinite(after) && after >= 0;
}

function retryLater(
  outcome: Extract<Outcome, { kind: "retry-later" }>,
  policy: SettlePolicy,
): Settlement {
  const { attempt, error } = outcome;
  if (!outcome.counts && isOutOfPatience(policy)) return waitedTooLong(outcome, policy);
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

function isOutOfPatience({ patienceSeconds = null, failingMs = 0 }: SettlePolicy): boolean {
  return patienceSeconds !== null && failingMs >= patienceSeconds * 1000;
}

function waitedTooLong(
  { attempt, error }: Extract<Outcome, { kind: "retry-later" }>,
  { failingMs = 0 }: SettlePolicy,
): Settlement {
  const message = `${error.message} (given up after ${durationText(failingMs / 1000)} of waiting)`;
  const last = { ...error, message };
  return { kind: "fail", reason: "waited too long", attempts: attempt, error: last };
}

/** A time in the largest unit that it has one of: `24 h`, `5 min`, `20 s`. */
function durationText(seconds: number): string {
  if (seconds >= 3600) return `${Math.floor(seconds / 3600)} h`;
  return seconds >= 60 ? `${Math.floor(seconds / 60)} min` : `${Math.round(seconds)} s`;
}
