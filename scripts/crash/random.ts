/**
 * Random choices that a seed repeats.
 *
 * @module
 */

/** Generates the same numbers for the same seed and purpose. */
export class Random {
  #state: number;

  /**
   * @param seed A whole number.
   * @param purpose What the numbers are for. Each purpose has its own numbers.
   */
  constructor(seed: number, purpose = "") {
    this.#state = seed | 0;
    for (const character of purpose) {
      this.#state = Math.imul(this.#state ^ (character.codePointAt(0) ?? 0), 0x01000193);
    }
  }

  /** A number from 0 to just under 1 (Mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let bits = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to just under `limit`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /** A number from `low` to just under `high`. */
  between(low: number, high: number): number {
    return low + this.next() * (high - low);
  }

  /** An item of a list. @throws {RangeError} When it is empty. */
  pick<Item>(list: readonly Item[]): Item {
    if (list.length === 0) throw new RangeError("There is nothing to pick from");
    return list[this.below(list.length)] as Item;
  }

  /** The list in another order. */
  shuffled<Item>(list: readonly Item[]): Item[] {
    return list
      .map((item) => ({ item, place: this.next() }))
      .sort((a, b) => a.place - b.place)
      .map(({ item }) => item);
  }
}
