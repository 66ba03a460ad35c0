/**
 * One call of a handler: its jobs, its clock, its context, and what an error it throws means.
 *
 * @module
 */

import { type ErrorData, errorData } from "../../errors/error_data.ts";
import { type Hide, HIDE_NOTHING } from "../../errors/hide.ts";
import { redactText } from "../../errors/redact.ts";
import { DONE, type Outcome } from "../settle/outcome.ts";
import { Discard, Fail, PauseQueue, RetryLater } from "../../worker.ts";
import type { RunContext } from "./context.ts";
import type { Job } from "./executor.ts";
import { InvalidEvent } from "../settle/invalid_event.ts";

/** The reason with which a signal is aborted at the worker's limit; Zulip's text. */
export class WorkerTimeoutError extends Error {
  override readonly name = "WorkerTimeoutError";
  /** @param seconds The limit. @param count How many events the handler was given. */
  constructor(queue: string, seconds: number, count: number) {
    super(`Timed out in ${queue} after ${seconds} seconds processing ${count} events`);
  }
}

/** The reason with which a signal is aborted when a stop can wait no longer. */
export class StoppingError extends Error {
  override readonly name = "StoppingError";
  constructor() {
    super("The worker stops: the event goes back to its queue and runs again");
  }
}

/** A job that fits its worker, with its event and attempt. */
export interface Ready<J extends Job = Job> {
  readonly job: J;
  readonly event: unknown;
  readonly attempt: number;
}

/** A handler that has been called and has not returned. */
export class Run<J extends Job = Job> {
  readonly items: readonly Ready<J>[];
  readonly context: RunContext;
  /** `performance.now()` at its start. */
  readonly since: number;
  /** The clock that all handlers share, in ms, at its start. */
  readonly sharedSince: number;
  /** Replaces the secrets of its events. */
  readonly hide: Hide;
  /** For how many ms of its time the process was stopped. */
  stoppedMs = 0;
  /** Why its signal was aborted, if it was. */
  abortedBy: WorkerTimeoutError | StoppingError | undefined;
  /** Whether its jobs have their outcome, so that what it still does no longer matters. */
  abandoned = false;
  /** Whether it was reported as hung; it has its outcome when it returns, or at a stop. */
  hung = false;

  constructor(
    items: readonly Ready<J>[],
    context: RunContext,
    since: number,
    sharedSince: number,
    hide: Hide = HIDE_NOTHING,
  ) {
    this.items = items;
    this.context = context;
    this.since = since;
    this.sharedSince = sharedSince;
    this.hide = hide;
  }

  /** Aborts its signal, once. */
  abort(reason: WorkerTimeoutError | StoppingError): void {
    if (this.abortedBy) return;
    this.abortedBy = reason;
    this.context.abort(reason);
  }

  /** Whether the worker stops and could not wait for it any longer. */
  get isGivenUp(): boolean {
    return this.abortedBy instanceof StoppingError;
  }

  /**
   * Whether its handler may have left its work undone when it returned: it was aborted, and had
   * asked for its signal.
   */
  get isCutShort(): boolean {
    return this.abortedBy !== undefined && this.context.isSignalUsed;
  }

  /** What it means for a job of this run that the handler returned; the event may run again. */
  outcomeOfReturn(attempt: number): Outcome {
    return this.isCutShort ? this.outcomeOf(undefined, attempt) : DONE;
  }

  /** What it means for a job of this run that the handler threw. */
  outcomeOf(thrown: unknown, attempt: number): Outcome {
    if (this.isGivenUp) return { kind: "released" };
    if (this.abortedBy) {
      const error = this.#withReported(errorData(this.abortedBy));
      return { kind: "error", reason: "timeout", attempt, error };
    }
    const outcome = outcomeOfThrown(thrown, attempt, this.hide);
    return "error" in outcome ? { ...outcome, error: this.#withReported(outcome.error) } : outcome;
  }

  #withReported(error: ErrorData): ErrorData {
    const { reported } = this.context;
    return reported === undefined ? error : { ...error, ...reported };
  }
}

/**
 * What becomes of an event whose handler, or schema, threw.
 *
 * @param hide Replaces the secrets of the event.
 */
export function outcomeOfThrown(
  thrown: unknown,
  attempt: number,
  hide: Hide = HIDE_NOTHING,
): Outcome {
  const error = errorData(thrown, hide);
  if (isA(thrown, Discard)) return { kind: "discarded", error };
  if (isA(thrown, RetryLater)) {
    const { after, counts } = thrown;
    // It is sent from thread to thread, and a worker may have put anything there.
    return {
      kind: "retry-later",
      attempt,
      after: typeof after === "number" ? after : undefined,
      counts: counts === true,
      error,
    };
  }
  if (isA(thrown, PauseQueue)) return { ...pauseOf(thrown, hide), attempt, error };
  if (isA(thrown, Fail)) return { kind: "failed", reason: "fail", attempt, error };
  if (isA(thrown, InvalidEvent)) {
    return { kind: "failed", reason: "invalid", attempt, error: { ...error, stack: undefined } };
  }
  return { kind: "error", reason: "error", attempt, error };
}

/** Seconds of a pause for which the worker gives no possible number. */
const DEFAULT_PAUSE_SECONDS = 5;
/** The most characters of what a queue waits for. */
const MAX_REASON = 200;

/** What is sent from thread to thread of a pause. A worker may have put anything there. */
function pauseOf(
  { reason, seconds, cause }: PauseQueue,
  hide: Hide,
): Pick<Extract<Outcome, { kind: "paused" }>, "kind" | "reason" | "seconds" | "why"> {
  const isTime = typeof seconds === "number" && Number.isFinite(seconds) && seconds > 0;
  return {
    kind: "paused",
    reason: reasonText(reason, hide),
    seconds: isTime ? seconds : DEFAULT_PAUSE_SECONDS,
    why: cause === undefined || cause === null ? "" : errorData(cause, hide).message,
  };
}

/** One line of at most 200 characters. */
function reasonText(reason: unknown, hide: Hide): string {
  const text = typeof reason === "string" ? hide(reason).slice(0, 4 * MAX_REASON).trim() : "";
  if (text === "") return "what it needs";
  return [...redactText(text.replaceAll(/\s+/g, " "))].slice(0, MAX_REASON).join("");
}

/** The errors that decide what becomes of the event. */
const STEERING: readonly (new (...args: never[]) => Error)[] = [
  Discard,
  RetryLater,
  PauseQueue,
  Fail,
];

/** Whether a thrown error is one that decides what becomes of the event. */
export function steers(thrown: unknown): boolean {
  return STEERING.some((type) => isA(thrown, type));
}

/** Whether what was thrown is of a type. Some proxies throw when asked. */
export function isA<T>(thrown: unknown, type: new (...args: never[]) => T): thrown is T {
  try {
    return thrown instanceof type;
  } catch {
    return false;
  }
}
