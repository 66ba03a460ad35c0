/**
 * When a queue's thread is begun again.
 *
 * @module
 */

import { RestartBudget } from "./budget.ts";

/** What {@linkcode Restarts} go by. */
export interface RestartOptions {
  /** Failures within `seconds` that are allowed. */
  readonly most: number;
  readonly seconds: number;
  /** Until a parked queue is tried again. */
  readonly parkSeconds: number;
}

/** What Deno has loaded it begins anew itself, 200 ms after a change: so long is it let do so, in ms. */
const AFTER_CHANGE_MS = 300;

/** Begins a thread once: at once, after a time that grows with its failures, or after a change. */
export class Restarts {
  readonly #options: RestartOptions;
  readonly #begin: () => void;
  readonly #budget: RestartBudget;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isWaitingForChange = false;

  /** @param begin Begins a thread. */
  constructor(options: RestartOptions, begin: () => void) {
    this.#options = options;
    this.#begin = begin;
    const { most, seconds } = options;
    this.#budget = new RestartBudget({ most, windowMs: seconds * 1000 });
  }

  /** Whether one more failure is allowed. */
  get mayFail(): boolean {
    return this.#budget.failures < this.#options.most;
  }

  /** At once. */
  now(): void {
    this.cancel();
    this.#begin();
  }

  /** It failed: later. @returns Whether that is still allowed; else nothing is planned. */
  afterFailure(): boolean {
    const ms = this.#budget.failed();
    if (ms !== undefined) this.#in(ms);
    return ms !== undefined;
  }

  /** When a parked queue is to be tried again. */
  whileParked(): void {
    this.#in(this.#options.parkSeconds * 1000);
  }

  /** When a file has changed. */
  onceChanged(): void {
    this.cancel();
    this.#isWaitingForChange = true;
  }

  /** A file has changed. */
  changed(): void {
    if (this.#isWaitingForChange) this.#in(AFTER_CHANGE_MS);
  }

  /** Not again, for now. */
  cancel(): void {
    clearTimeout(this.#timer);
    this.#isWaitingForChange = false;
  }

  /** What has failed so far is forgotten. */
  forgive(): void {
    this.#budget.clear();
  }

  #in(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.now(), ms);
  }
}
