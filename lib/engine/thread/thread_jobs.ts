/**
 * The jobs of a thread: those it has not answered, and what its shared memory says about them.
 *
 * @module
 */

import type { Job, Running, WorkerDescription } from "../executor/executor.ts";
import { OutstandingJobs } from "./outstanding.ts";
import type { JobState } from "./responsiveness.ts";
import { SharedRuns } from "./shared_runs.ts";

/** Jobs a thread may hold where they run one after another. */
const OUTSTANDING = 200;
/** How many times what runs at once a thread may hold elsewhere: all of it is suspect in a crash. */
const AHEAD = 4;

/** Keeps a thread's jobs. What it had finished stays readable when the thread is dead. */
export class ThreadJobs<J extends Job> {
  /** In the order in which the thread got them. */
  readonly outstanding = new OutstandingJobs<J>();
  /** What the thread writes about them. */
  readonly shared: SharedRuns;
  /** Whether no job has ended in the thread, and so none has left anything behind in it. */
  isFresh = true;
  readonly #limit: number;

  /** @param description The numbers of the worker in a new thread. */
  constructor({ concurrency, batch }: WorkerDescription) {
    const size = batch?.size ?? 1;
    this.#limit = concurrency > 1 ? AHEAD * concurrency : Math.max(OUTSTANDING, 2 * size);
    const running = Math.max(concurrency, size) + 1;
    this.shared = SharedRuns.ofSize({ running, outstanding: this.#limit });
  }

  /**
   * How many jobs the thread has room for, beginning with the given one. One that must run alone
   * gets no company, and messages are few: there is no room before half of the jobs are answered.
   */
  roomFor(next: J): number {
    const { size, first } = this.outstanding;
    if (next.alone) return size === 0 ? 1 : 0;
    const hasAlone = size === 1 && first?.alone === true;
    return hasAlone || size > this.#limit / 2 ? 0 : this.#limit - size;
  }

  /** What the thread does with its jobs. */
  get state(): JobState {
    if (this.outstanding.size === 0) return "idle";
    return this.running().length > 0 ? "running" : "waiting";
  }

  /** The jobs whose handler runs now, or ran when the thread died. */
  running(): Running<J>[] {
    return this.shared.running().flatMap(({ seq, since }) => {
      const job = this.outstanding.get(seq);
      return job ? [{ job, since }] : [];
    });
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
}
