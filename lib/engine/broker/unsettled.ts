/**
 * The unsettled deliveries of a subscription.
 *
 * @module
 */

/**
 * Keeps them. Those from before the last pause do not count against the prefetch count, as on
 * RabbitMQ, where each pause makes another consumer.
 */
export class Unsettled<D> implements Iterable<D> {
  readonly #counted = new Set<D>();
  readonly #before = new Set<D>();

  /** How many count. */
  get count(): number {
    return this.#counted.size;
  }

  /** Adds one that counts. */
  add(delivery: D): void {
    this.#counted.add(delivery);
  }

  /** Whether it is unsettled. */
  has(delivery: D): boolean {
    return this.#counted.has(delivery) || this.#before.has(delivery);
  }

  /** Removes one. @returns Whether it was unsettled. */
  delete(delivery: D): boolean {
    return this.#counted.delete(delivery) || this.#before.delete(delivery);
  }

  /** Counts none of these from now on. */
  pause(): void {
    for (const delivery of this.#counted) this.#before.add(delivery);
    this.#counted.clear();
  }

  /** Removes all. */
  clear(): void {
    this.#counted.clear();
    this.#before.clear();
  }

  /** All, those from before the last pause first. */
  *[Symbol.iterator](): Iterator<D> {
    yield* this.#before;
    yield* this.#counted;
  }
}
