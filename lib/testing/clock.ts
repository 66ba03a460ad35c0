/**
 * A clock that a test moves on.
 *
 * @module
 */

import type { BrokerClock } from "../engine/broker/memory.ts";

/** The default start of a {@linkcode FakeClock}: 2026-01-01, 00:00 UTC. */
const START = Date.UTC(2026, 0, 1);

/** A function to call, and when. */
interface Timer {
  /** ms since 1970. */
  readonly at: number;
  readonly run: () => void;
}

/** Time that stands still until {@linkcode FakeClock.advance} moves it on. */
export class FakeClock implements BrokerClock {
  /** In the order in which they fire. */
  readonly #timers: Timer[] = [];
  #now: number;

  /** @param start ms since 1970. @default {2026-01-01, 00:00 UTC} */
  constructor(start: number = START) {
    this.#now = start;
  }

  /** ms since 1970. */
  now(): number {
    return this.#now;
  }

  /** When the next timer fires, in ms since 1970; `undefined` where there is none. */
  get next(): number | undefined {
    return this.#timers[0]?.at;
  }

  /** Calls `run` once, when the clock has moved on by `ms`. @returns A function that prevents it. */
  after(ms: number, run: () => void): () => void {
    const timer: Timer = { at: this.#now + Math.max(ms, 0), run };
    const later = this.#timers.findIndex(({ at }) => at > timer.at);
    this.#timers.splice(later < 0 ? this.#timers.length : later, 0, timer);
    return () => {
      const index = this.#timers.indexOf(timer);
      if (index >= 0) this.#timers.splice(index, 1);
    };
  }

  /**
   * Moves on by `ms` and fires the timers that are due on the way, in order, each at its own time.
   * Events that become ready have not run yet when this returns: {@linkcode TestQueue.advance} waits
   * for them.
   *
   * @throws {RangeError} When `ms` is less than 0 or not a number.
   */
  advance(ms: number): void {
    requireForwards(ms);
    const end = this.#now + ms;
    for (let timer = this.#take(end); timer; timer = this.#take(end)) {
      this.#now = timer.at;
      timer.run();
    }
    this.#now = end;
  }

  #take(end: number): Timer | undefined {
    const [timer] = this.#timers;
    return timer && timer.at <= end ? this.#timers.shift() : undefined;
  }
}

/** Time goes one way. @throws {RangeError} When `ms` is less than 0 or not a number. */
export function requireForwards(ms: number): void {
  if (!(ms >= 0)) throw new RangeError(`A clock cannot be advanced by ${ms} ms`);
}
