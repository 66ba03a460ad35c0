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
    const sorted = this.#ms.slice(UNMEASURED).toSorted((a, b) => a - b);
    const at = (part: number) => sorted[Math.floor(part * sorted.length)] ?? NaN;
    const latency: Latency = { p50: at(0.5), p99: at(0.99) };
    console.log(JSON.stringify(latency));
  }
}
