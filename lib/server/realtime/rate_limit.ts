/**
 * How often something may be done.
 *
 * @module
 */

/** The most keys that are counted. */
const MOST_KEYS = 20_000;

/** The times of one key within a window, which begins with the first. */
interface Counted {
  count: number;
  readonly until: number;
}

/** Counts by key. */
export class RateLimit {
  readonly #most: number;
  readonly #windowMs: number;
  readonly #now: () => number;
  readonly #counts = new Map<string, Counted>();

  /**
   * @param most How often within a window.
   * @param windowSeconds The window, in seconds.
   * @param now ms since any moment. @default {performance.now}
   */
  constructor(most: number, windowSeconds: number, now: () => number = () => performance.now()) {
    this.#most = most;
    this.#windowMs = windowSeconds * 1000;
    this.#now = now;
  }

  /** Counts one. */
  add(key: string): void {
    const now = this.#now();
    const known = this.#counts.get(key);
    if (known && known.until > now) known.count++;
    else this.#begin(key, now);
  }

  /** Seconds until there may be more; 0 where there may be one now. */
  waitSeconds(key: string): number {
    const known = this.#counts.get(key);
    const left = (known?.until ?? 0) - this.#now();
    return known && left > 0 && known.count >= this.#most ? left / 1000 : 0;
  }

  /** Forgets what is over, and where that is not enough the oldest. */
  #begin(key: string, now: number): void {
    if (this.#counts.size >= MOST_KEYS) {
      for (const [other, { until }] of this.#counts) {
        if (until <= now) this.#counts.delete(other);
      }
      const [oldest] = this.#counts.keys();
      if (this.#counts.size >= MOST_KEYS && oldest !== undefined) this.#counts.delete(oldest);
    }
    this.#counts.delete(key);
    this.#counts.set(key, { count: 1, until: now + this.#windowMs });
  }
}
