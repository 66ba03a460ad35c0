/**
 * How often something that fails is tried again, and how soon.
 *
 * @module
 */

/** What a {@linkcode RestartBudget} allows. */
export interface BudgetOptions {
  /** Failures within the window that are allowed. */
  readonly most: number;
  /** The length of the window, in ms. */
  readonly windowMs: number;
  /** A clock that is never set, in ms. @default {performance.now} */
  readonly clock?: () => number;
  /** A number from 0 to 1. @default {Math.random} */
  readonly random?: () => number;
}

/** The first wait, in ms. */
const FIRST_MS = 500;
/** The longest wait, in ms. */
const LONGEST_MS = 30_000;

/** Counts failures. Each allows a longer wait: 0.5 s at first, and at most 30 s. */
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
   * Counts a failure.
   *
   * @returns How long to wait before the next try, in ms: between half of the step and all of it,
   * so that what failed together does not try together. `undefined` when it failed too often.
   */
  failed(): number | undefined {
    this.#failedAt.push(this.#clock());
    const { failures } = this;
    if (failures > this.#options.most) return undefined;
    const step = Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1));
    return step * (0.5 + this.#random() / 2);
  }

  /** Forgets all failures. */
  clear(): void {
    this.#failedAt = [];
  }
}
