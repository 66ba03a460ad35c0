/**
 * How long events took from their publisher to their handler.
 *
 * @module
 */

/** What is printed, in ms. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

/** Events that are measured, and those before them that are not. */
export const MEASURED = 2000;
export const UNMEASURED = 200;

/** Now, in ms since 1970 with a fraction. */
export function wallClock(): number {
  return performance.timeOrigin + performance.now();
}

/** Collects latencies, and prints them as a line of JSON when there are enough. */
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
