/**
 * Which events the end of a thread is blamed on, and what comes next: the two decisions of a
 * supervisor, as pure functions.
 *
 * @module
 */

import { type ErrorData, errorFrom } from "../../errors/error_data.ts";
import { WorkerDeclarationError } from "../host/discovery.ts";
import type { ThreadCause } from "../report.ts";
import type { Blame } from "../thread/blame.ts";
import type { HungEnd, ThreadEnd } from "../thread/thread_end.ts";

/** How the queue is when its thread ends. */
export interface Circumstances {
  /** The queue is being stopped. */
  readonly isStopping: boolean;
  /** The process has no other queue. */
  readonly isOnly: boolean;
  /** The queue was consumed before, or is. */
  readonly hasConsumed: boolean;
  /** The queue is parked, and this thread was to try again. */
  readonly isParked: boolean;
  /** One more failure is allowed. */
  readonly mayFail: boolean;
  /** An event is to blame for the end, or may be. */
  readonly isBlamed: boolean;
}

/** What comes after the end of a thread. */
export type Next =
  /** A new thread. */
  | "at once"
  /** A new thread after a wait, which is longer after each failure. */
  | "later"
  /** The queue is parked, and tried again after a while. */
  | "when parked"
  /** The error of the first start is thrown, which ends the process. */
  | "throw"
  /** No thread. */
  | "never";

/**
 * Which events the end of a thread is blamed on.
 *
 * @param isStopping The queue is being stopped: what a thread's death interrupts is released.
 * @returns `undefined` for an end that concerns no event.
 */
export function blameOf(end: ThreadEnd, isStopping: boolean): Blame | undefined {
  switch (end.kind) {
    case "died":
      return { ...nobody(end.error, end.reason), suspects: isStopping ? [] : "running" };
    case "hung":
      return blameOfHang(end);
    case "restarted":
    case "unhandled error":
      // Otherwise an event that throws so and runs for long would do so for ever.
      return { ...nobody(end.error), suspects: end.stillRunning };
    case "hung loop":
      // An event that blocks its thread holds up the pass, and would do so for ever.
      return {
        ...nobody(end.error, "timeout"),
        suspects: end.isBlocked ? "running" : [],
      };
    case "not started":
    case "unresponsive":
    case "refused":
      return nobody(end.error);
    default:
      return undefined;
  }
}

function nobody(error: ErrorData, reason: Blame["reason"] = "crashed"): Blame {
  return { reason, error, blamed: [], suspects: [] };
}

/**
 * One of several is not sure to be to blame where a batch hangs, or where one blocks them all, which
 * a loop may do, too. Where a job runs alone in a new thread, no loop runs beside it.
 */
function blameOfHang({ error, jobs, running, isBlocked, isBatch, loop }: HungEnd): Blame {
  const blamed = isBlocked
    ? running.length === 1 && loop === undefined ? running : []
    : isBatch && jobs.length > 1
    ? []
    : jobs;
  return { reason: "timeout", error, blamed, suspects: blamed.length === 0 ? "running" : [] };
}

/** What comes after the end of a thread. */
export function nextAfter(end: ThreadEnd, circumstances: Circumstances): Next {
  if (circumstances.isStopping) return "never";
  switch (end.kind) {
    case "stopped":
    case "inactive":
      return "never";
    case "resized":
    case "restarted":
    case "hung":
    case "hung loop":
      return "at once";
    case "refused":
      return circumstances.isOnly ? "throw" : "when parked";
    case "not started":
      return end.thrown !== undefined && !circumstances.hasConsumed
        ? "throw"
        : nextAfterFailure(circumstances);
    default:
      return circumstances.isBlamed && end.kind === "died"
        ? "at once"
        : nextAfterFailure(circumstances);
  }
}

function nextAfterFailure({ isOnly, hasConsumed, isParked, mayFail }: Circumstances): Next {
  if (isOnly && !hasConsumed) return "throw";
  return mayFail && !isParked ? "later" : "when parked";
}

/** The cause of the thread that comes after an end. */
export function causeOf(end: ThreadEnd): ThreadCause {
  switch (end.kind) {
    case "died":
      return end.reason === "crashed" ? "crashed" : "out_of_memory";
    case "hung loop":
      return "hung";
    case "not started":
      return "not_started";
    case "unhandled error":
      return "unhandled_error";
    case "stopped":
    case "inactive":
      return "start";
    default:
      return end.kind;
  }
}

/** The error that is thrown: the process has no other queue, or a setting is missing. */
export function thrownBy(end: ThreadEnd): unknown {
  if ("thrown" in end && end.thrown !== undefined) return end.thrown;
  if (!("error" in end)) return undefined;
  const { name, message, stack } = end.error;
  return name === "WorkerDeclarationError"
    ? Object.assign(new WorkerDeclarationError(message), { stack })
    : errorFrom(end.error);
}
