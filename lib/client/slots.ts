/**
 * A bounded number of publishes at once.
 *
 * @module
 */

/** Slots for publishes: each holds one until it is confirmed, or has failed. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** @param count How many there are. */
  constructor(count: number) {
    this.#free = count;
  }

  /** Runs a function once there is a slot for it, in the order of the calls. */
  async run<T>(use: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await use();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
