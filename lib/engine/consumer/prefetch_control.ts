/**
 * Says how many events of a queue to take at once: all that its worker wants, unless they wait here
 * for too long, or a process before this one ended badly.
 *
 * @module
 */

import type { WorkerDescription } from "../executor/executor.ts";

/** A wait below this part of the time that events may wait here is short. */
const SHORT_WAIT = 0.25;
/** A wait above this part of the time that events may wait here is long. */
const LONG_WAIT = 0.5;
/** How many events are taken at once after an unclean end. */
const CAREFUL_PREFETCH = 10;
/** How many events must be settled after an unclean end until more are taken at once. */
const CAREFUL_EVENTS = 100;
/** How many refused copies a queue has to go on with, however few events it takes at once. */
const MOST_REFUSED = 4;

/** The prefetch count of one queue. It only calculates. */
export class PrefetchControl {
  readonly #most: number;
  readonly #least: number;
  readonly #shortMs: number;
  readonly #longMs: number;
  /** The limit after an unclean end. */
  #careful: number;
  #current: number;
  /** How many waits in a row were short since the count was last changed. */
  #shortWaits = 0;
  /** How many events are taken in place of those whose copies are refused. */
  #beside = 0;
  /** Whether one event is taken at a time, to try what was away. */
  isTrying = false;

  /**
   * @param description The worker's numbers: a whole batch is taken at once in any case.
   * @param windowSeconds How long events may wait here.
   * @param isCareful Whether to begin with few, as what is taken may have ended a process.
   */
  constructor(description: WorkerDescription, windowSeconds: number, isCareful: boolean) {
    const { prefetch, concurrency, batch } = description;
    this.#most = this.#current = prefetch;
    this.#least = Math.min(batch?.size ?? 2 * concurrency, prefetch);
    // A batch that is being gathered is given its time.
    const waitMs = (part: number) => (part * windowSeconds + (batch?.seconds ?? 0)) * 1000;
    this.#shortMs = waitMs(SHORT_WAIT);
    this.#longMs = waitMs(LONG_WAIT);
    this.#careful = isCareful ? Math.max(CAREFUL_PREFETCH, batch?.size ?? 1) : Infinity;
  }

  /** How many events to take at once. */
  get count(): number {
    return this.isTrying ? 1 : this.#own() + this.#beside;
  }

  #own(): number {
    return Math.min(this.#careful, this.#current);
  }

  /**
   * Takes as many more as keep their place because their copies are refused, up to 4: else these few
   * would stop a queue that takes few at once.
   *
   * @returns Whether the count has changed.
   */
  makeUpFor(refused: number): boolean {
    const beside = this.#own() < 2 * MOST_REFUSED ? Math.min(refused, MOST_REFUSED) : 0;
    const isOther = beside !== this.#beside;
    this.#beside = beside;
    return isOther;
  }

  /** Whether a wait was too long, so that the count must shrink. @param waitedMs In ms. */
  isLong(waitedMs: number): boolean {
    return waitedMs > this.#longMs;
  }

  /** Takes as few at once as the worker needs. @returns Whether these are fewer than before. */
  shrink(): boolean {
    this.#shortWaits = 0;
    const isLess = this.#current > this.#least;
    if (isLess) this.#current = this.#least;
    return isLess;
  }

  /**
   * Takes twice as many at once after that many short waits in a row.
   *
   * @param waitedMs How long an event waited that was started now, not long.
   * @returns Whether these are more than before.
   */
  observe(waitedMs: number): boolean {
    if (this.#current === this.#most) return false;
    this.#shortWaits = waitedMs < this.#shortMs ? this.#shortWaits + 1 : 0;
    if (this.#shortWaits < this.#current) return false;
    this.#shortWaits = 0;
    this.#current = Math.min(2 * this.#current, this.#most);
    return true;
  }

  /**
   * Ends the care after an unclean end when enough events were settled.
   *
   * @param settled How many were settled so far.
   * @returns Whether it ended now.
   */
  endCare(settled: number): boolean {
    if (this.#careful === Infinity || settled < CAREFUL_EVENTS) return false;
    this.#careful = Infinity;
    return true;
  }
}
