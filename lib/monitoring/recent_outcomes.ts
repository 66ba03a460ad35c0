/**
 * How the last runs of a queue ended.
 *
 * @module
 */

/** How many runs count. */
const RUNS = 100;

/** Counts the failures among the last 100 runs. */
export class RecentOutcomes {
  readonly #failed = new Uint8Array(RUNS);
  #runs = 0;
  #failures = 0;

  /** Adds a run. */
  add(isFailure: boolean): void {
    const at = this.#runs++ % RUNS;
    this.#failures += Number(isFailure) - (this.#failed[at] ?? 0);
    this.#failed[at] = Number(isFailure);
  }

  /** How many runs count, at most 100. */
  get runs(): number {
    return Math.min(this.#runs, RUNS);
  }

  /** How many of them failed. */
  get failures(): number {
    return this.#failures;
  }
}
