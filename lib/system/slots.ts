/**
 * A bounded number of uses at once, such as publishes, or looks at queues.
 *
 * @module
 */

/** Slots: each use holds one until its promise is settled. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** @param count How many there are. */
  constructor(count: number) {
    this.#free = count;
  }

  /** Runs a function once there is a slot for it, in the order of the calls. */
  async run<T>(use: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await use();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}

/** Calls a function with each item, at most `count` at once. @throws The first error. */
export async function mapInSlots<Item, Result>(
  count: number,
  items: readonly Item[],
  use: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const slots = new Slots(count);
  return await Promise.all(items.map((item) => slots.run(() => use(item))));
}
