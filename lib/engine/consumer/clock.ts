/**
 * Converts between the clock that events are timed with and the time of day.
 *
 * @module
 */

/** Knows how far the time of day is from `performance.now()`, as of its last adjustment. */
export class WallClock {
  #offset = performance.timeOrigin;

  /** Follows the system's time of day. @param now `performance.now()` */
  adjust(now: number): void {
    this.#offset = Date.now() - now;
  }

  /** The time of day in ms since 1970. @param at A time of `performance.now()`. */
  timeOfDay(at: number): number {
    return at + this.#offset;
  }

  /** What `performance.now()` was at a time of day. @param time In ms since 1970. */
  monotonic(time: number): number {
    return time - this.#offset;
  }
}
