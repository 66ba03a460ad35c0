/**
 * How a thread ends, and why it has to be ended: every reason in one place.
 *
 * @module
 */

import type { ErrorData } from "../../errors/error_data.ts";
import type { Job, Running, WorkerDescription } from "../executor/executor.ts";

/** Why the life of a thread is over. */
export type ThreadEnd =
  /** It ended by itself. */
  | {
    readonly kind: "died";
    readonly reason: "crashed" | "out of memory";
    readonly error: ErrorData;
  }
  /** The worker could not be loaded or set up, or not in time. */
  | {
    readonly kind: "not started";
    readonly error: ErrorData;
    /** The error, where it ends the process: the worker lacks a setting. */
    readonly thrown?: unknown;
  }
  /** It was stopped. */
  | { readonly kind: "stopped" }
  | HungEnd
  | HungLoopEnd
  | UnresponsiveEnd
  /** Something threw outside of any event while events were consumed. */
  | {
    readonly kind: "unhandled error";
    readonly error: ErrorData;
    /** What ran beside it and did not end in time. */
    readonly stillRunning: readonly Job[];
  }
  /** An operator asked for a new one. */
  | {
    readonly kind: "restarted";
    /** Who asked. */
    readonly by: string;
    readonly error: ErrorData;
    /** What ran in it and did not end in time. */
    readonly stillRunning: readonly Job[];
  }
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
  /** A loop whose pass ran beside them, so that it may be what blocks the event loop. */
  readonly loop?: string | undefined;
}

/** A pass of a loop did not end when it was aborted. */
export interface HungLoopEnd {
  readonly kind: "hung loop";
  readonly error: ErrorData;
  readonly loop: string;
  /** The limit of a pass. */
  readonly seconds: number;
  /** Whether the event loop was blocked, so that an event may be what kept the pass from its end. */
  readonly isBlocked: boolean;
}

/** It neither ran an event nor responded: something that a handler left behind keeps it from that. */
export interface UnresponsiveEnd {
  readonly kind: "unresponsive";
  readonly seconds: number;
  readonly error: ErrorData;
  /** A loop whose pass ran, so that it may be what blocks the event loop. */
  readonly loop?: string | undefined;
}

/** What is seen of a thread from outside. */
export interface Signs {
  readonly description: WorkerDescription;
  /** Seconds from the abort of a handler until it hangs. */
  readonly abortGraceSeconds: number;
  readonly running: readonly Running[];
  /** Whether its event loop may be blocked. */
  readonly isLate: boolean;
  /** For how long it has neither run a job nor responded, in ms. */
  readonly unresponsiveMs: number;
  /** Whether it is being stopped, so that it need not respond. */
  readonly isStopping: boolean;
}

/** The least grace where several jobs run at once, in ms: a thread that is blocked is late by then. */
const LEAST_GRACE_MS = 1000;
/** How long a thread may not respond, in ms. */
const UNRESPONSIVE_MS = 5000;
/** How long the event loop may be blocked where events may run without a limit, in ms. */
const UNLIMITED_MS = 30_000;

/** Why a thread has to be ended, if it has to be. @param now `performance.now()` */
export function reasonToEnd(signs: Signs, now: number): HungEnd | UnresponsiveEnd | undefined {
  const { running, isStopping } = signs;
  const limitMs = hangsAfterMs(signs);
  const hung = running.filter(({ since }) => now - since >= limitMs);
  if (hung.length > 0) return hungEnd(signs, hung.map(({ job }) => job));
  return isStopping || signs.unresponsiveMs <= allowedMs(signs)
    ? undefined
    : unresponsiveEnd(signs);
}

/** Long enough to see that one of several blocks the others, which then are not to blame. */
function hangsAfterMs({ description, abortGraceSeconds }: Signs): number {
  const { maxConsumeSeconds, concurrency } = description;
  const leastMs = concurrency > 1 ? LEAST_GRACE_MS : 0;
  return (maxConsumeSeconds ?? Infinity) * 1000 + Math.max(abortGraceSeconds * 1000, leastMs);
}

/**
 * How long it may not respond, in ms. A thread whose event loop is blocked may be so for as long as
 * an event may run; one whose event loop turns has to answer, or to gather a batch.
 */
function allowedMs({ description, abortGraceSeconds, isLate }: Signs): number {
  const { maxConsumeSeconds, batch } = description;
  if (!isLate) return UNRESPONSIVE_MS + (batch?.seconds ?? 0) * 1000;
  if (maxConsumeSeconds === null) return UNLIMITED_MS;
  return Math.max((maxConsumeSeconds + abortGraceSeconds) * 1000, UNRESPONSIVE_MS);
}

function hungEnd({ description, running, isLate }: Signs, jobs: readonly Job[]): HungEnd {
  const { queue, batch } = description;
  const seconds = description.maxConsumeSeconds ?? 0;
  const message = `Timed out in ${queue} after ${seconds} seconds processing 1 events`;
  return {
    kind: "hung",
    error: { name: "WorkerTimeoutError", message },
    seconds,
    jobs,
    running: running.map(({ job }) => job),
    isBlocked: isLate,
    isBatch: batch !== undefined,
  };
}

/** The end of a thread for a loop. */
export function hungLoopEnd(
  queue: string,
  hung: Pick<HungLoopEnd, "loop" | "seconds" | "isBlocked">,
): HungLoopEnd {
  const message = `A pass of the loop ${hung.loop} of ${queue} did not end within ` +
    `${hung.seconds} s`;
  return { kind: "hung loop", error: { name: "LoopTimeoutError", message }, ...hung };
}

function unresponsiveEnd({ unresponsiveMs }: Signs): UnresponsiveEnd {
  const seconds = Math.round(unresponsiveMs / 1000);
  const message = `The thread did not respond for ${seconds} s`;
  return { kind: "unresponsive", seconds, error: { name: "ThreadUnresponsive", message } };
}

/** The code of the error with which the runtime ends a thread whose heap is full. */
export const OUT_OF_MEMORY = "ERR_WORKER_OUT_OF_MEMORY";

/** The error of a thread that ended by itself. */
export function exited(code: number): Error {
  return new Error(`The worker's thread ended by itself, with exit code ${code}`);
}

/** The end of a thread that died of an error. @param maxHeapMb The limit of its heap. */
export function deathBy(error: ErrorData, maxHeapMb: number): ThreadEnd {
  if (error.code !== OUT_OF_MEMORY) {
    const ended = { ...error, name: "ThreadEnded", stack: undefined };
    return { kind: "died", reason: "crashed", error: ended };
  }
  const message = `The worker's thread used more than its ${maxHeapMb} MB of heap: ` +
    `let it hold less at once, or raise maxHeapMb`;
  return { kind: "died", reason: "out of memory", error: { name: "OutOfMemory", message } };
}
