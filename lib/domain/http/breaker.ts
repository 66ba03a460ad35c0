/**
 * Breakers: a service that has failed several times in a row is not called for a while, so that its
 * events wait without a call, and it has time to recover.
 *
 * @module
 */

/** Failures in a row after which a breaker opens. */
const FAILURES = 5;
/** The first pause, and the longest one, in ms. */
const PAUSE_MS = { first: 5_000, most: 300_000 } as const;
/** The default of {@linkcode Breakers}. */
const MOST_BREAKERS = 1_000;

/**
 * The breaker of one service. Five failures in a row open it, for 5 s. Then one call is a trial: if
 * it goes well the breaker is closed, if it fails the breaker is open for twice as long as before, up
 * to 300 s. All times are ms since 1970, or of any other clock that does not go back.
 */
export class Breaker {
  /** In a row, while the breaker is closed. */
  #failures = 0;
  /** Of the last opening; 0 while it is closed. */
  #pauseMs = 0;
  #openUntil = 0;
  #isTrial = false;

  /**
   * Asks before each call whether it may be made. A trial that reports neither success nor failure
   * is given up after the pause before it, and another call is the trial.
   *
   * @returns 0 when it may, else ms after which to ask again.
   */
  mayCall(now: number): number {
    if (this.#pauseMs === 0) return 0;
    if (now < this.#openUntil) return this.#openUntil - now;
    this.#isTrial = true;
    this.#openUntil = now + this.#pauseMs;
    return 0;
  }

  /** A call went well: the service works. */
  succeeded(): void {
    this.#failures = 0;
    this.#pauseMs = 0;
    this.#isTrial = false;
  }

  /** A call failed for a reason that concerns all calls. One that began before the pause is ignored. */
  failed(now: number): void {
    if (this.#pauseMs === 0) {
      if (++this.#failures === FAILURES) this.#open(PAUSE_MS.first, now);
    } else if (this.#isTrial) {
      this.#open(Math.min(2 * this.#pauseMs, PAUSE_MS.most), now);
    }
  }

  #open(pauseMs: number, now: number): void {
    this.#failures = 0;
    this.#pauseMs = pauseMs;
    this.#openUntil = now + pauseMs;
    this.#isTrial = false;
  }
}

/** The breakers of many services, such as the hosts of webhooks. */
export class Breakers {
  readonly #most: number;
  /** The one that was asked for longest ago is first. */
  readonly #breakers = new Map<string, Breaker>();

  /** @param most How many are kept; the one that was asked for longest ago is forgotten. @default {1000} */
  constructor(most: number = MOST_BREAKERS) {
    this.#most = most;
  }

  /** The breaker of a service, a closed one where there is none yet. */
  of(key: string): Breaker {
    const breaker = this.#breakers.get(key) ?? new Breaker();
    this.#breakers.delete(key);
    this.#breakers.set(key, breaker);
    if (this.#breakers.size > this.#most) {
      const [oldest] = this.#breakers.keys();
      if (oldest !== undefined) this.#breakers.delete(oldest);
    }
    return breaker;
  }
}
