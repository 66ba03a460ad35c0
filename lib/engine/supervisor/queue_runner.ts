/**
 * The contract of whatever runs a queue, with its worker in a thread or in the main thread.
 *
 * @module
 */

import type { Totals } from "../consumer/consumer.ts";
import type { Running, WorkerDescription } from "../executor/executor.ts";
import type { LoopFigures } from "./loop_watch.ts";
import { notice, type NoticeReport } from "../report.ts";

/** Why a worker does not consume any more. */
export type WorkerEnd =
  /** Its `stop` was called. */
  | "stopped"
  /** It took as many events as it was to take. */
  | "max-events"
  /** A handler hangs that ends only with the process. */
  | "hung"
  /** `--all` does not run it: it is a test queue, or this configuration does not enable it. */
  | "inactive";

/** How long a handler may run, in ms, its grace included; `undefined` for no limit. */
export type RunLimit = number | undefined;

/** The threads of a worker, in figures. */
export interface ThreadFigures {
  /** MB of heap that the worker uses; `undefined` while it has no thread. */
  readonly heapMb: number | undefined;
  /** The most that the heap may hold, in MiB; `undefined` before the first thread. */
  readonly heapLimitMb: number | undefined;
  /** Threads that could not be ended. */
  readonly zombies: number;
}

/** The events of a queue, in figures. */
export interface QueueFigures {
  /** How long its handler may run. */
  readonly limit: RunLimit;
  /** How many deliveries may be unsettled at once; `undefined` while the worker is not known. */
  readonly prefetch: number | undefined;
  /** How many events came to which end so far. */
  readonly totals: Readonly<Totals>;
  /** How many deliveries are not settled yet. */
  readonly inFlight: number;
  /** How many of them could be neither retried nor dead-lettered for 10 s. */
  readonly unstored: number;
  /** Whether the broker delivers its events, or was asked to, now or before. */
  readonly wasConsumed: boolean;
  /** Whether nothing is taken from the queue until it is tried again. */
  readonly isParked: boolean;
  /** What all events of the queue need and is away; `undefined` where they are taken as usual. */
  readonly waitingFor: string | undefined;
  /** Whether a handler goes on that ends only with the process. */
  readonly isLeft: boolean;
  /** The events whose handler runs now. */
  running(): readonly Running[];
}

/** The figures of a queue whose worker is not known yet. */
export const NOT_STARTED: QueueFigures = {
  limit: undefined,
  prefetch: undefined,
  totals: { processed: 0, retried: 0, failed: 0 },
  inFlight: 0,
  unstored: 0,
  wasConsumed: false,
  isParked: false,
  waitingFor: undefined,
  isLeft: false,
  running: () => [],
};

/** Runs one queue. */
export interface Runner {
  /** The queue that is consumed; with shards, the shard. */
  readonly queue: string;
  readonly figures: QueueFigures;
  /** The state of the queue, where a thread runs it. */
  readonly state?: string;
  /** The worker's loops, each as it is now. */
  readonly loops: { readonly figures: readonly LoopFigures[] };
  /** The worker's threads, where it has any. */
  readonly threads?: ThreadFigures;
  /** Opens what the worker needs, unless its thread does so whenever one starts. */
  setup(): Promise<void>;
  /** Consumes until it is stopped or ends by itself. */
  start(): Promise<WorkerEnd>;
  /** Takes no more events; what was taken goes on. */
  pause(): Promise<void>;
  /** Takes events again. */
  resume(): Promise<void>;
  /** Releases what was taken and has not been started. */
  recall(): void;
  /**
   * Ends the thread and starts another one at once, also while the queue is parked. What runs has
   * 5 s to end. Left out where the worker has no thread of its own.
   *
   * @param by Who asked for it.
   */
  restart?(by: string): Promise<void>;
  /**
   * Finishes what runs, releases the rest, and closes what was opened.
   *
   * @param graceMs How long what runs may go on before it is aborted.
   */
  stop(graceMs: number): Promise<void>;
}

/** The limit of a worker. */
export function runLimit(
  { maxConsumeSeconds }: WorkerDescription,
  graceSeconds: number,
): RunLimit {
  return maxConsumeSeconds === null ? undefined : (maxConsumeSeconds + graceSeconds) * 1000;
}

/** How long a stop waits for what a worker opened to close, in ms. */
export const CLOSE_MS = 5000;

/** The notice that a worker did not close its resources within {@linkcode CLOSE_MS}. */
export function notClosed(queue: string): NoticeReport {
  return notice(
    "warning",
    queue,
    "The worker of {queue} did not close what it opened within {seconds} s",
    { properties: { seconds: CLOSE_MS / 1000 } },
  );
}
