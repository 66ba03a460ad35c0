/**
 * The jobs of a thread: those it has not answered, and what its shared memory says about them.
 *
 * @module
 */

import type { Job, Running } from "../executor/executor.ts";
import { OutstandingJobs } from "./outstanding.ts";
import type { JobState } from "./responsiveness.ts";
import type { SharedRuns } from "./shared_runs.ts";

/** Keeps a thread's jobs. What it had finished stays readable when the thread is dead. */
export class ThreadJobs<J extends Job> {
  /** In the order in which the thread got them. */
  readonly outstanding = new OutstandingJobs<J>();
  #shared: SharedRuns;
  #isFresh = true;

  /** @param shared The memory of a thread. */
  constructor(shared: SharedRuns) {
    this.#shared = shared;
  }

  /** There is a new thread, which has no jobs yet. @param shared Its memory. */
  replaceThread(shared: SharedRuns): void {
    this.#shared = shared;
    this.#isFresh = true;
  }

  /** Whether no job has ended in this thread, and so none has left anything behind in it. */
  get isFresh(): boolean {
    return this.#isFresh;
  }

  /** A job has ended in the thread. */
  ended(): void {
    this.#isFresh = false;
  }

  /**
   * How many jobs the thread has room for, beginning with the given one. One that must run alone
   * gets no company, and messages are few: there is no room before half of the jobs are answered.
   *
   * @param limit The most that it may hold.
   */
  roomFor(next: J, limit: number): number {
    const { size, first } = this.outstanding;
    if (next.alone) return size === 0 ? 1 : 0;
    const hasAlone = size === 1 && first?.alone === true;
    return hasAlone || size > limit / 2 ? 0 : limit - size;
  }

  /** What the thread does with its jobs. */
  get state(): JobState {
    if (this.outstanding.size === 0) return "idle";
    return this.running().length > 0 ? "running" : "waiting";
  }

  /** The jobs whose handler runs now, or ran when the thread died. */
  running(): Running<J>[] {
    return this.#shared.running().flatMap(({ seq, since }) => {
      const job = this.outstanding.get(seq);
      return job ? [{ job, since }] : [];
    });
  }

  /** Whether the job of a number runs now. */
  isRunning(seq: number): boolean {
    return this.#shared.isRunning(seq);
  }

  /** Whether the thread holds a job that came before a time and has not been started. */
  holdsOlder(receivedBefore: number): boolean {
    const oldest = this.outstanding.first;
    if (!oldest || oldest.receivedAt >= receivedBefore) return false;
    const running = new Set(this.running().map(({ job }) => job));
    return this.outstanding.values().some((job) => {
      return job.receivedAt < receivedBefore && !running.has(job);
    });
  }

  /** Takes what went well since the last call, in its order. */
  takeFinished(take: (seq: number, startedAt: number, runMs: number) => void): void {
    this.#shared.takeFinished(take);
  }

  /** A time, up to now, does not count against what runs. */
  postpone(ms: number, now: number): void {
    this.#shared.postpone(ms, now);
  }
}
