/**
 * The histogram of a duration as Prometheus counts it: fixed bounds, for the life of the process.
 *
 * @module
 */

/** Counts durations by fixed upper bounds. Adding allocates nothing. */
export class Buckets {
  /** The upper bounds in seconds, smallest first, without the last one, which is infinite. */
  readonly bounds: readonly number[];
  /** A count for each bound, one for what is above them all, and the sum in seconds. */
  readonly #numbers: Float64Array;

  /** @param bounds The upper bounds in seconds, smallest first. */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#numbers = new Float64Array(bounds.length + 2);
  }

  /** Adds a duration in ms. NaN and less than 0 count as 0. */
  add(ms: number): void {
    const seconds = ms > 0 ? ms / 1000 : 0;
    const { bounds } = this;
    const sum = bounds.length + 1;
    let index = 0;
    while (index < bounds.length && seconds > (bounds[index] ?? Infinity)) index++;
    this.#numbers[index] = (this.#numbers[index] ?? 0) + 1;
    this.#numbers[sum] = (this.#numbers[sum] ?? 0) + seconds;
  }

  /** How many durations were at most as long as each bound; the last number is that of them all. */
  cumulative(): number[] {
    let count = 0;
    return [...this.#numbers.subarray(0, -1)].map((number) => count += number);
  }

  /** The sum of all durations, in seconds. */
  get sum(): number {
    return this.#numbers.at(-1) ?? 0;
  }

  /** Adds the counts of another histogram with the same bounds. */
  merge(other: Buckets): void {
    this.#numbers.forEach((number, index) => {
      this.#numbers[index] = number + (other.#numbers[index] ?? 0);
    });
  }
}
