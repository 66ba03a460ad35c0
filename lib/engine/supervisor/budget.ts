/**
 * How often, and how soon, something that fails is tried again.
 *
 * @module
 */

/** What a {@linkcode RestartBudget} allows. */
export interface BudgetOptions {
  /** Failures within the window, beyond which it is over. */
  readonly most: number;
  /** ms. */
  readonly windowMs: number;
  /** ms on a clock that is never set. @default {performance.now} */
  readonly clock?: () => number;
  /** From 0 to 1. @default {Math.random} */
  readonly random?: () => number;
}

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** Counts failures, and waits longer after each: 0.5 s at first, 30 s at the most. */
export class RestartBudget {
  readonly #options: BudgetOptions;
  readonly #clock: () => number;
  readonly #random: () => number;
  #failedAt: number[] = [];

  /** @param options How many failures in which time. */
  constructor(options: BudgetOptions) {
    this.#options = options;
    this.#clock = options.clock ?? (() => performance.now());
    this.#random = options.random ?? Math.random;
  }

  /** Failures within the window. */
  get failures(): number {
    const now = this.#clock();
    this.#failedAt = this.#failedAt.filter((at) => now - at < this.#options.windowMs);
    return this.#failedAt.length;
  }

  /**
   * It failed again.
   *
   * @returns ms to wait before the next try, between half of the step and all of it, so that what
   * failed together does not try together; `undefined` when that was once too often.
   */
  failed(): number | undefined {
    this.#failedAt.push(this.#clock());
    const { failures } = this;
    if (failures > this.#options.most) return undefined;
    const step = Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1));
    return step * (0.5 + this.#random() / 2);
  }

  /** It is given another chance: what was is forgotten. */
  clear(): void {
    this.#failedAt = [];
  }
}
