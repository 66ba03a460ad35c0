/**
 * How a thread ends, which events that is blamed on, and what comes next: the two decisions of a
 * supervisor, as pure functions.
 *
 * @module
 */

import { type ErrorData, errorFrom } from "../../errors/error_data.ts";
import { WorkerDeclarationError } from "../host/discovery.ts";
import type { Job } from "../executor/executor.ts";
import type { Blame } from "../thread/blame.ts";
import type { WorkerThreadEnd } from "../thread/worker_thread.ts";

/** Why the life of a thread is over. */
export type ThreadEnd =
  | WorkerThreadEnd
  | HungEnd
  /** Something threw outside of any event while events were consumed. */
  | {
    readonly kind: "unhandled error";
    readonly error: ErrorData;
    /** What ran beside it and did not end in time. */
    readonly stillRunning: readonly Job[];
  }
  /** It neither ran an event nor responded. */
  | { readonly kind: "unresponsive"; readonly seconds: number; readonly error: ErrorData }
  /** The broker does not let the queue be consumed. */
  | { readonly kind: "refused"; readonly error: ErrorData; readonly thrown: unknown }
  /** Its worker wants a heap of another size. */
  | { readonly kind: "resized"; readonly maxHeapMb: number }
  /** `--all` does not run its queue. */
  | { readonly kind: "inactive" };

/** A handler did not return when it was aborted. */
export interface HungEnd {
  readonly kind: "hung";
  readonly error: ErrorData;
  /** The limit of its worker. */
  readonly seconds: number;
  /** The jobs that ran for longer than their limit and its grace. */
  readonly jobs: readonly Job[];
  /** All jobs that ran. */
  readonly running: readonly Job[];
  /** Whether the event loop was blocked, so that others may only seem to have run too long. */
  readonly isBlocked: boolean;
  /** Whether they ran together in a batch. */
  readonly isBatch: boolean;
}

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
  /** The error of the first start is thrown. */
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
    case "unhandled error":
      // Otherwise an event that throws so and runs for long would do so for ever.
      return { ...nobody(end.error), suspects: end.stillRunning };
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

/** One of several is not sure to be to blame where a batch hangs, or where one blocks them all. */
function blameOfHang({ error, jobs, running, isBlocked, isBatch }: HungEnd): Blame {
  const blamed = isBlocked
    ? running.length === 1 ? running : []
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
    case "hung":
      return "at once";
    case "refused":
      return circumstances.isOnly ? "throw" : "when parked";
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

/** The error that is thrown where the process has no other queue. */
export function thrownBy(end: ThreadEnd): unknown {
  if (end.kind === "refused") return end.thrown;
  if (!("error" in end)) return undefined;
  const { name, message } = end.error;
  return name === "WorkerDeclarationError"
    ? new WorkerDeclarationError(message)
    : errorFrom(end.error);
}
