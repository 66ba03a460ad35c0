/**
 * The results of a run, as plain data for tests.
 *
 * @module
 */

import type { LogLevel } from "../config/log_choices.ts";
import type { ErrorData } from "../errors/error_data.ts";
import type { FailureReason, Outcome, Settlement } from "../engine/settle/outcome.ts";

/** The outcome of an event. */
export type OutcomeName =
  /** Its handler returned. */
  | "done"
  /** Its handler threw `Discard`. */
  | "discarded"
  /** It runs again after `delay` seconds. */
  | "retried"
  /** It is a dead letter, in `<queue>.failed`. */
  | "failed"
  /** It was released to its queue, as its worker stopped or its queue waits; that is no attempt. */
  | "released"
  /** Its handler threw `PauseQueue`: it was released, and its queue waits; that is no attempt. */
  | "paused";

/** An error, bounded and redacted as it is in logs and dead letters. */
export type ErrorInfo = Omit<ErrorData, "tags" | "breadcrumbs">;

/** The end of one run of an event. */
export interface EventOutcome {
  /** The outcome of the event. */
  readonly outcome: OutcomeName;
  /** Which attempt this run was, from 1. */
  readonly attempt: number;
  /** Why it was retried (`retry-later` for `RetryLater`) or failed (`invalid`: not the schema's). */
  readonly reason?: FailureReason | "retry-later";
  /**
   * Of one that is retried: seconds until then, before brokers round them up to their ladder. Of one
   * that is paused: seconds of the pause, if it is the first.
   */
  readonly delay?: number;
  /** Of one that is retried: whether this run used up one of its attempts. */
  readonly counted?: boolean;
  /** The error that was thrown, unless the event is done or released. */
  readonly error?: ErrorInfo;
  /** The tags of `ctx.report`, of all calls together. */
  readonly tags: Readonly<Record<string, string>>;
  /** The breadcrumbs of `ctx.report`, in order. */
  readonly breadcrumbs: readonly string[];
}

/** An event that the worker published by `ctx.publish`. */
export interface PublishedEvent {
  /** The queue, as the worker called it. */
  readonly queue: string;
  /** The event after its way through JSON. */
  readonly event: unknown;
  /** The id that the worker gave it, if it gave one. */
  readonly id?: string;
}

/** A line that the worker logged by `ctx.log`, of any level. */
export interface LoggedLine {
  /** `ctx.log.warn` writes `warning`. */
  readonly level: LogLevel;
  /** As it is written: each `{name}` replaced by its property, secrets by `***`. */
  readonly message: string;
  /** The properties as plain data, secrets replaced by `***`. */
  readonly properties: Readonly<Record<string, unknown>>;
}

/** What a worker did beside its outcomes. */
export interface Recorded {
  /** The events that the worker published, in order. */
  readonly published: readonly PublishedEvent[];
  /** The lines that the worker logged, in order, also in `setup`. */
  readonly logs: readonly LoggedLine[];
}

/** The reports of a handler. */
export type Reported = Pick<EventOutcome, "tags" | "breadcrumbs">;

const NAMES = {
  done: "done",
  release: "released",
  republish: "released",
  retry: "retried",
  fail: "failed",
} as const;

/**
 * The end of a run, from its outcome and settlement.
 *
 * @param attempt The attempt, where the outcome has none.
 */
export function eventOutcome(
  outcome: Outcome,
  settlement: Settlement,
  attempt: number,
  reported: Reported,
): EventOutcome {
  const error = "error" in outcome ? errorInfo(outcome.error) : undefined;
  return {
    outcome: nameOf(outcome) ?? NAMES[settlement.kind],
    attempt: "attempt" in outcome ? outcome.attempt : attempt,
    ...whyAndWhen(settlement, outcome),
    ...(error && { error }),
    ...reported,
  };
}

/** The name of an outcome that its settlement does not tell. */
function nameOf({ kind }: Outcome): OutcomeName | undefined {
  return kind === "discarded" || kind === "paused" ? kind : undefined;
}

function whyAndWhen(
  settlement: Settlement,
  outcome: Outcome,
): Pick<EventOutcome, "reason" | "delay" | "counted"> {
  if (settlement.kind === "fail") return { reason: settlement.reason };
  if (outcome.kind === "paused") return { delay: outcome.seconds };
  if (settlement.kind !== "retry") return {};
  const { reason, delay } = settlement;
  return { reason, delay, counted: outcome.kind !== "retry-later" || outcome.counts };
}

function errorInfo({ tags: _, breadcrumbs: __, ...error }: ErrorData): ErrorInfo {
  return error;
}
