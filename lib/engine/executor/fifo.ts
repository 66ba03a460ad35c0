/** First in, first out, without moving the rest at each removal. */
export class Fifo<Item> {
  #items: (Item | undefined)[] = [];
  #head = 0;

  /** How many wait. */
  get length(): number {
    return this.#items.length - this.#head;
  }

  /** Adds one at the end. */
  push(item: Item): void {
    this.#items.push(item);
  }

  /** The item at a place counted from the head, without taking it. */
  peek(index = 0): Item | undefined {
    return this.#items[this.#head + index];
  }

  /** Takes the first. */
  shift(): Item | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    } else if (this.#head >= 1024) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Takes out all that match, in their order. */
  remove(matches: (item: Item) => boolean): Item[] {
    const removed: Item[] = [];
    const kept: Item[] = [];
    for (let i = this.#head; i < this.#items.length; i++) {
      const item = this.#items[i] as Item;
      (matches(item) ? removed : kept).push(item);
    }
    this.#items = kept;
    this.#head = 0;
    return removed;
  }
}
