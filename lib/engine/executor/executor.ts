/**
 * The contract between the consumer and whatever runs a worker's code: in the main thread, in a
 * thread, in a process. Everything that crosses it is plain data.
 *
 * @module
 */

import type { Outcome } from "../settle/outcome.ts";

/** One event on its way to a worker. */
export interface Job {
  /** The event's `message_id`; where its publisher set none, one that the consumer made. */
  readonly id: string;
  /** The body: text that has not been parsed yet. */
  readonly body: string;
  /** 1 for the first run, as the headers say; the body's `failed_tries` may raise it. */
  readonly attempt: number;
  /** ms since 1970; 0 when the publisher did not say. */
  readonly publishedAt: number;
  /** When an operator put it back, in ms since 1970; 0 when none did. */
  readonly retriedAt: number;
  /** `performance.now()` when it came. */
  readonly receivedAt: number;
  /**
   * Whether it must run with nothing beside it, as it may have ended a thread or process before. The
   * executor sets it for jobs that may have ended its thread.
   */
  alone: boolean;
}

/** A job whose handler has been called and has not returned. */
export interface Running<J extends Job = Job> {
  readonly job: J;
  /** `performance.now()` at its start; later by the time for which the process was stopped. */
  readonly since: number;
}

/** How a worker wants to be run: its own numbers, or an operator's in their place. */
export interface WorkerDescription {
  readonly queue: string;
  readonly isTestQueue: boolean;
  /** Unsettled deliveries at once. */
  readonly prefetch: number;
  /** Events running at once. */
  readonly concurrency: number;
  readonly batch: { readonly size: number; readonly seconds: number } | undefined;
  /** Seconds that a call of the handler may take; `null` for no limit. */
  readonly maxConsumeSeconds: number | null;
  readonly maxHeapMb: number;
  /** Seconds before each further attempt. */
  readonly retries: readonly number[];
  /** Paths within an event whose values are never shown. */
  readonly secrets: readonly string[];
  /** The settings without which it cannot run. */
  readonly requires: readonly string[];
  /** Whether it must not run on the database of a Zulip server. */
  readonly ownDatabaseOnly: boolean;
  /** Seconds that an event may wait uncounted, from its first failure; `null` for ever. */
  readonly patienceSeconds: number | null;
}

/** When a job's handler ran, and for how long. */
export interface RunTime {
  /** `performance.now()` when its handler was called, or would have been. */
  readonly startedAt: number;
  /** How long its handler ran, in ms, in a batch divided by the batch's size. */
  readonly runMs: number;
  /** Its part of that: the time is divided among all jobs that ran beside each other. */
  readonly shareMs: number;
}

/** The time of a job whose handler was not called. @param at `performance.now()` */
export function notRun(at: number): RunTime {
  return { startedAt: at, runMs: 0, shareMs: 0 };
}

/** Hears of an executor's jobs; none of these may throw. */
export interface ExecutorListener<J extends Job = Job> {
  /** These jobs are about to run, one after another or together; all others are not running. */
  onStart(jobs: readonly J[]): void;
  /** A job has come to its end. Called exactly once for each job. */
  onOutcome(job: J, outcome: Outcome, time: RunTime): void;
}

/**
 * Hears that the handler of these jobs was aborted and has not returned.
 *
 * @param seconds Its limit, after which it was aborted.
 */
export type OnHung<J extends Job = Job> = (jobs: readonly J[], seconds: number) => void;

/**
 * Runs the events of one queue.
 *
 * @typeParam J What its listener gets back: the very jobs that it was given.
 */
export interface Executor<J extends Job = Job> {
  /** How the worker wants to be run. */
  readonly description: WorkerDescription;
  /** Takes jobs; they run in this order as far as the worker's concurrency and keys allow. */
  run(jobs: readonly J[]): void;
  /**
   * Ends as `released` the jobs that came before a time and have not been started, and with them
   * those that must not run before them.
   */
  recall(receivedBefore: number): void;
  /** The jobs whose handler runs now. */
  running(): readonly Running<J>[];
  /**
   * Looks for handlers past their limit; must be called a few times a second.
   *
   * @param now `performance.now()`
   * @param lateMs For how many ms the process was stopped before, which count against no handler.
   * @default {0}
   */
  sweep(now: number, lateMs?: number): void;
  /**
   * Releases what has not been started, waits for what runs, aborts it after the grace and at last
   * ends it as `released`. A handler that cannot be ended goes on, and stays among those that run.
   *
   * @param graceMs How long to wait before the abort, in ms.
   */
  stop(graceMs: number): Promise<void>;
}
