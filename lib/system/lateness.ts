/**
 * Sweeps that come late, because the process was stopped or busy.
 *
 * @module
 */

import process from "node:process";

/** Sweeps come every 250 ms; one that comes after more ms than this is late. */
export const LATE_MS = 600;
/** A process that used less than this share of a time for computing was stopped for that time. */
const STOPPED_SHARE = 0.1;

/** Notices when sweeps come late. */
export class Lateness {
  #sweptAt: number;
  #cpuMs = cpuMs();

  /** @param now `performance.now()` at the start. */
  constructor(now: number = performance.now()) {
    this.#sweptAt = now;
  }

  /**
   * Notes a sweep.
   *
   * @param now `performance.now()`
   * @returns The ms since the last sweep when it is late; else 0.
   */
  sweep(now: number): number {
    const ms = now - this.#sweptAt;
    this.#sweptAt = now;
    return ms > LATE_MS ? ms : 0;
  }

  /**
   * The same, but 0 when the process was busy and not stopped: for a sweep in the thread of the
   * handlers, where a handler that computes must not extend its own limit.
   */
  sweepUnlessBusy(now: number): number {
    const usedMs = cpuMs() - this.#cpuMs;
    this.#cpuMs += usedMs;
    const ms = this.sweep(now);
    return usedMs < ms * STOPPED_SHARE ? ms : 0;
  }
}

/** The CPU time of the process, in ms. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
