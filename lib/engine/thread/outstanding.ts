/**
 * The jobs that a thread was given and has not answered.
 *
 * @module
 */

import type { Job } from "../executor/executor.ts";

/**
 * Jobs by their numbers, in the order in which they were added, which is nearly always the order in
 * which they leave.
 *
 * This is no `Map`, as one that is changed all the time is a burden to the garbage collector: its
 * table is replaced all the time, and each old one refers to the next. Once one of them is in the
 * heap's old generation, all that come later are kept until its next collection, with what was in
 * them. Of a thread's events a third of all that was allocated stayed so.
 */
export class GivenJobs<J extends Job = Job> {
  readonly #seqs: number[] = [];
  readonly #jobs: J[] = [];

  /** How many there are. */
  get size(): number {
    return this.#seqs.length;
  }

  /** The one that has been here the longest. */
  get first(): J | undefined {
    return this.#jobs[0];
  }

  /** Adds one at the end. @param seq A number that no other here has. */
  add(seq: number, job: J): void {
    this.#seqs.push(seq);
    this.#jobs.push(job);
  }

  /** The job of a number. */
  get(seq: number): J | undefined {
    return this.#jobs[this.#seqs.indexOf(seq)];
  }

  /** Takes out the job of a number. */
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

  /** Takes out all that match. @returns These, in their order. */
  remove(matches: (job: J) => boolean): J[] {
    const removed = this.#jobs.filter(matches);
    const seqs = this.#seqs.filter((_, at) => matches(this.#jobs[at] as J));
    for (const seq of seqs) this.delete(seq);
    return removed;
  }
}
