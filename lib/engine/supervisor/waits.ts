/**
 * How long a queue waits before its next thread starts.
 *
 * @module
 */

import { within } from "../../system/deadline.ts";
import { RestartBudget } from "./budget.ts";

/** What {@linkcode Waits} go by. */
export interface WaitOptions {
  /** Failures within `seconds` that are allowed. */
  readonly most: number;
  readonly seconds: number;
  /** Seconds until a parked queue is tried again. */
  readonly parkSeconds: number;
}

/** Waits that a stop ends. */
export class Waits {
  readonly #options: WaitOptions;
  readonly #budget: RestartBudget;
  readonly #ended = Promise.withResolvers<void>();

  /** @param options How many failures are allowed, and how long a queue is parked. */
  constructor(options: WaitOptions) {
    this.#options = options;
    const { most, seconds } = options;
    this.#budget = new RestartBudget({ most, windowMs: seconds * 1000 });
  }

  /** Whether one more failure is allowed. */
  get mayFail(): boolean {
    return this.#budget.failures < this.#options.most;
  }

  /** Waits after a failure, longer each time. */
  async afterFailure(): Promise<void> {
    await this.#wait(this.#budget.failed() ?? 0);
  }

  /** Waits until a parked queue is to be tried again. */
  async whileParked(): Promise<void> {
    await this.#wait(this.#options.parkSeconds * 1000);
  }

  /** Forgets the failures so far. */
  forgive(): void {
    this.#budget.clear();
  }

  /** Ends the wait that goes on, and all later ones at once. */
  end(): void {
    this.#ended.resolve();
  }

  async #wait(ms: number): Promise<void> {
    await within(ms, this.#ended.promise);
  }
}
