/**
 * How often a queue's thread may fail, and how long its next one waits.
 *
 * @module
 */

import { within } from "../../system/deadline.ts";

/** What {@linkcode Waits} go by. */
export interface WaitOptions {
  /** Failures within `seconds` that are allowed. */
  readonly most: number;
  readonly seconds: number;
  /** Seconds until a parked queue is tried again. */
  readonly parkSeconds: number;
}

/** The first wait, in ms. */
const FIRST_MS = 500;
/** The longest wait, in ms. */
const LONGEST_MS = 30_000;

/**
 * How long to wait after a number of failures, in ms: 0.5 s at first, twice as long each time, at
 * most 30 s.
 *
 * @param random From 0 for half of that to 1 for all of it, so that what failed together does not
 * try together.
 */
export function waitMs(failures: number, random: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1)) * (0.5 + random / 2);
}

/** Counts failures, and waits until a stop ends that. */
export class Waits {
  readonly #options: WaitOptions;
  readonly #clock: () => number;
  readonly #ended = Promise.withResolvers<void>();
  #skipped = Promise.withResolvers<void>();
  #failedAt: number[] = [];

  /**
   * @param options How many failures are allowed, and how long a queue is parked.
   * @param clock A clock that is never set, in ms. @default {performance.now}
   */
  constructor(options: WaitOptions, clock: () => number = () => performance.now()) {
    this.#options = options;
    this.#clock = clock;
  }

  /** Whether one more failure is allowed. */
  get mayFail(): boolean {
    return this.#failures() < this.#options.most;
  }

  /** Waits after a failure, longer each time. */
  async afterFailure(): Promise<void> {
    this.#failedAt.push(this.#clock());
    await this.#wait(waitMs(this.#failures(), Math.random()));
  }

  /** Waits until a parked queue is to be tried again. */
  async whileParked(): Promise<void> {
    await this.#wait(this.#options.parkSeconds * 1000);
  }

  /** Forgets the failures so far. */
  forgive(): void {
    this.#failedAt = [];
  }

  /** Ends the wait that goes on, and all later ones at once. */
  end(): void {
    this.#ended.resolve();
  }

  /** Ends the wait that goes on, if there is one. */
  skip(): void {
    this.#skipped.resolve();
    this.#skipped = Promise.withResolvers();
  }

  /** How many there were within the time that counts. */
  #failures(): number {
    const since = this.#clock() - this.#options.seconds * 1000;
    this.#failedAt = this.#failedAt.filter((at) => at > since);
    return this.#failedAt.length;
  }

  async #wait(ms: number): Promise<void> {
    await within(ms, Promise.race([this.#ended.promise, this.#skipped.promise]));
  }
}
