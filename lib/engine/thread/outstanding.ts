/**
 * The jobs that a thread was sent and has not answered.
 *
 * @module
 */

import type { Job } from "../executor/executor.ts";

/** The greatest number of a job: shared memory holds them as 32-bit integers. */
const MAX_SEQ = 2 ** 31 - 1;

/**
 * Jobs by their numbers, in the order in which they were added, which is nearly always the order in
 * which they leave.
 *
 * This is no `Map`, because a `Map` that changes all the time is a burden to the garbage collector:
 * its table is replaced again and again, and each old table refers to the next. Once one of them is
 * in the heap's old generation, all later ones are kept until its next collection, with what was in
 * them. A third of all that was allocated for a thread's events stayed so.
 */
export class OutstandingJobs<J extends Job> {
  readonly #seqs: number[] = [];
  readonly #jobs: J[] = [];
  #last = 0;

  /** How many there are. */
  get size(): number {
    return this.#seqs.length;
  }

  /** The one that has been here the longest. */
  get first(): J | undefined {
    return this.#jobs[0];
  }

  /** Adds one at the end. @returns Its number, never 0. */
  add(job: J): number {
    this.#last = this.#last === MAX_SEQ ? 1 : this.#last + 1;
    this.#seqs.push(this.#last);
    this.#jobs.push(job);
    return this.#last;
  }

  /** The job of a number. */
  get(seq: number): J | undefined {
    return this.#jobs[this.#seqs.indexOf(seq)];
  }

  /** Removes the job of a number. */
  delete(seq: number): void {
    const at = this.#seqs.indexOf(seq);
    if (at === 0) {
      this.#seqs.shift();
      this.#jobs.shift();
    } else if (at > 0) {
      this.#seqs.splice(at, 1);
      this.#jobs.splice(at, 1);
    }
  }

  /** All, in their order. */
  values(): J[] {
    return [...this.#jobs];
  }

  /** Removes all that match. @returns These, in their order. */
  remove(matches: (job: J) => boolean): J[] {
    const removed = this.#jobs.filter(matches);
    const seqs = this.#seqs.filter((_, at) => matches(this.#jobs[at] as J));
    for (const seq of seqs) this.delete(seq);
    return removed;
  }
}
