/**
 * Sweeps that come late: whoever looks after limits of time was stopped meanwhile, or busy.
 *
 * @module
 */

import process from "node:process";

/** Sweeps come every 250 ms; one that comes after so many ms is late. */
export const LATE_MS = 600;
/** A process that computed for less than this part of a time was stopped for that time. */
const STOPPED_SHARE = 0.1;

/** Notices when sweeps come late. */
export class Lateness {
  #sweptAt: number;
  #cpuMs = cpuMs();

  /** @param now `performance.now()`, from which on it is looked. */
  constructor(now: number = performance.now()) {
    this.#sweptAt = now;
  }

  /**
   * To be called with each sweep.
   *
   * @param now `performance.now()`
   * @returns For how many ms nobody looked, where that is too long; else 0.
   */
  sweep(now: number): number {
    const ms = now - this.#sweptAt;
    this.#sweptAt = now;
    return ms > LATE_MS ? ms : 0;
  }

  /**
   * The same for whoever may be kept from looking by what is looked after: it is no excuse for a
   * handler that it computed. 0, too, where the process was not stopped but busy.
   */
  sweepUnlessBusy(now: number): number {
    const usedMs = cpuMs() - this.#cpuMs;
    this.#cpuMs += usedMs;
    const ms = this.sweep(now);
    return usedMs < ms * STOPPED_SHARE ? ms : 0;
  }
}

/** How long the process has computed, in ms. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
