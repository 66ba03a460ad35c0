/**
 * The time from an event's publisher to its handler.
 *
 * @module
 */

/** Percentiles in ms. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

/** The number of events that are measured. */
export const MEASURED = 2000;
/** The number of events before them, which are not. */
export const UNMEASURED = 200;

/** The value that `percent` of them are below, 100 for the greatest; NaN of an empty list. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = Math.floor(percent / 100 * sorted.length);
  return sorted[Math.min(place, sorted.length - 1)] ?? NaN;
}

/** Now, in ms since 1970 with a fraction. */
export function wallClock(): number {
  return performance.timeOrigin + performance.now();
}

/** Collects latencies and prints a {@linkcode Latency} as JSON when there are enough. */
export class Latencies {
  readonly #ms: number[] = [];

  /** @param sent When the event was published, by {@linkcode wallClock}. */
  add(sent: number): void {
    this.#ms.push(wallClock() - sent);
    if (this.#ms.length !== UNMEASURED + MEASURED) return;
    const measured = this.#ms.slice(UNMEASURED);
    const latency: Latency = { p50: percentile(measured, 50), p99: percentile(measured, 99) };
    console.log(JSON.stringify(latency));
  }
}
