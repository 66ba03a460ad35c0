/**
 * The jobs that wait for room in a thread.
 *
 * @module
 */

import type { Job } from "../executor/executor.ts";
import { Fifo } from "../executor/fifo.ts";

/** Keeps jobs in the order in which they are to run. */
export class WaitingJobs<J extends Job> {
  readonly #jobs = new Fifo<J>();

  /** The next job. */
  get next(): J | undefined {
    return this.#jobs.peek();
  }

  /** Adds jobs at the end. */
  push(jobs: readonly J[]): void {
    for (const job of jobs) this.#jobs.push(job);
  }

  /** Puts jobs back to the front, in their order. */
  putBack(jobs: readonly J[]): void {
    const behind = this.takeAll();
    this.push(jobs);
    this.push(behind);
  }

  /** Takes jobs up to one that must run alone; one that must is taken by itself. */
  take(most: number): J[] {
    const jobs: J[] = [];
    while (jobs.length < most) {
      const next = this.#jobs.peek();
      if (!next || (next.alone && jobs.length > 0)) break;
      jobs.push(next);
      this.#jobs.shift();
      if (next.alone) break;
    }
    return jobs;
  }

  /** Takes all, in their order. */
  takeAll(): J[] {
    return this.#jobs.remove(() => true);
  }
}
