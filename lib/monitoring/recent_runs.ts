/**
 * The average time of the runs of late.
 *
 * @module
 */

/** How many runs count; Zulip's number. */
const RUNS = 50;

/** Keeps the times of the last 50 runs. */
export class RecentRuns {
  readonly #ms = new Float64Array(RUNS);
  #runs = 0;

  /** Adds the time that a run had for itself, in ms. */
  add(ms: number): void {
    this.#ms[this.#runs++ % RUNS] = ms;
  }

  /** The average in seconds; `null` when there was no run. */
  averageSeconds(): number | null {
    const runs = Math.min(this.#runs, RUNS);
    if (runs === 0) return null;
    return this.#ms.subarray(0, runs).reduce((sum, ms) => sum + ms, 0) / runs / 1000;
  }
}
