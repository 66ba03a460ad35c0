/**
 * Waiting until a thread has finished what it runs.
 *
 * @module
 */

/** One wait at a time; a later wait takes over an earlier one. */
export class Drain {
  #quiet = Promise.withResolvers<void>();
  #since = 0;

  /** For how long the last wait has lasted, in ms. @param now `performance.now()` */
  ageMs(now: number): number {
    return now - this.#since;
  }

  /**
   * Waits until {@linkcode end} is called. A wait that goes on already ends with this one.
   *
   * @param limitMs How long to wait at most.
   */
  async wait(limitMs: number): Promise<void> {
    const earlier = this.#quiet;
    const quiet = this.#quiet = Promise.withResolvers();
    this.#since = performance.now();
    const timer = setTimeout(quiet.resolve, limitMs);
    await quiet.promise;
    earlier.resolve();
    clearTimeout(timer);
  }

  /** Nothing runs any more, or nobody will say so. */
  end(): void {
    this.#quiet.resolve();
  }
}
