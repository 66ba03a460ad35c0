/**
 * Choices that are the same in each seed.
 *
 * @module
 */

/** Numbers that look random and follow from a first one. */
export class Random {
  #state: number;

  /** @param first Any whole number. */
  constructor(first: number) {
    this.#state = first | 0 || 1;
  }

  /** From 0 up to, and without, 1. */
  next(): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) / 2 ** 32;
  }

  /** A whole number, from `least` to `most`. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** Whether something of this likelihood, from 0 to 1, happens. */
  happens(likelihood: number): boolean {
    return this.next() < likelihood;
  }

  /** One of a list. @throws {RangeError} When it is empty. */
  of<Item>(list: readonly Item[]): Item {
    const item = list[Math.floor(this.next() * list.length)];
    if (item === undefined) throw new RangeError("There is nothing to choose from");
    return item;
  }

  /** So many hexadecimal digits. */
  hex(length: number): string {
    return Array.from({ length }, () => this.between(0, 15).toString(16)).join("");
  }
}
