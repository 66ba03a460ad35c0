/**
 * Suspects that nobody knows by name: events that a dead process ran, where it did not say which.
 *
 * @module
 */

/** After this time, in ms, what a dead process had taken has been delivered again, if it ever is. */
const UNKNOWN_MS = 300_000;

/** How many of the events that are delivered again are suspects. */
export class UnknownSuspects {
  readonly #clock: () => number;
  #count: number;
  #forgetAt = Infinity;

  /** @param count How many there may be. @param clock The time in ms. */
  constructor(count: number, clock: () => number) {
    this.#count = count;
    this.#clock = clock;
  }

  /** How many there may still be. */
  get count(): number {
    return this.#count;
  }

  /** Events are taken from now on: the suspects are among those of the next 5 minutes. */
  begin(): void {
    this.#forgetAt = this.#clock() + UNKNOWN_MS;
  }

  /** Takes an event that is delivered again for one of them. @returns Whether there was one left. */
  take(): boolean {
    if (this.#count === 0) return false;
    this.#count--;
    return true;
  }

  /** There are none any more. */
  clear(): void {
    this.#count = 0;
  }

  /** Forgets them when their time is over. */
  sweep(): void {
    if (this.#count > 0 && this.#clock() > this.#forgetAt) this.clear();
  }
}
