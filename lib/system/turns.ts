/**
 * Turns at a few places, such as connections: who comes first goes first.
 *
 * @module
 */

/** A caller that waits for a turn. */
export interface TurnOptions {
  /** Two of one key have their turns one after another. */
  readonly key: string;
  /** Ends the wait for the turn. */
  readonly signal: AbortSignal;
  /** The longest wait for the turn, in ms. */
  readonly waitMs: number;
}

/** Why somebody got no turn: the wait was too long, or its signal was aborted. */
export type NoTurn = "too late" | "stopped";

interface Waiting<Result> {
  readonly key: string;
  /** Ends the wait; with a result, there is no turn. */
  readonly end: (result?: { readonly instead: Result | NoTurn }) => void;
}

/** Gives turns: as many at once as there are places. */
export class Turns<Result> {
  readonly #isForAll: (result: Result) => boolean;
  #waiting: Waiting<Result>[] = [];
  /** The keys of those who have a turn. */
  readonly #keys = new Set<string>();
  #free: number;

  /**
   * @param places How many have a turn at once.
   * @param isForAll Whether a result also holds for those who wait: then they get it, and no turn.
   */
  constructor(places: number, isForAll: (result: Result) => boolean) {
    this.#free = places;
    this.#isForAll = isForAll;
  }

  /**
   * Calls a function when its turn has come, which lasts until the function is done.
   *
   * @returns Its result, or that of another which holds for all; or why there was no turn.
   * @throws What the function throws.
   */
  async run(call: () => Promise<Result>, options: TurnOptions): Promise<Result | NoTurn> {
    const ended = await this.#wait(options);
    if (ended) return ended.instead;
    try {
      const result = await call();
      if (this.#isForAll(result)) this.#endAll(result);
      return result;
    } finally {
      this.#free++;
      this.#keys.delete(options.key);
      this.#give();
    }
  }

  async #wait({ key, signal, waitMs }: TurnOptions) {
    if (signal.aborted) return { instead: "stopped" } as const;
    const { promise, resolve: end } = Promise.withResolvers<
      { readonly instead: Result | NoTurn } | undefined
    >();
    const waiting = { key, end };
    this.#waiting.push(waiting);
    this.#give();
    const leave = (instead: NoTurn) => this.#leave(waiting, instead);
    const onAbort = () => leave("stopped");
    const timer = setTimeout(() => leave("too late"), waitMs);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** A caller that has a turn by then keeps it. */
  #leave(waiting: Waiting<Result>, instead: NoTurn): void {
    if (!this.#waiting.includes(waiting)) return;
    this.#waiting = this.#waiting.filter((other) => other !== waiting);
    waiting.end({ instead });
  }

  #endAll(result: Result): void {
    for (const { end } of this.#waiting.splice(0)) end({ instead: result });
  }

  #give(): void {
    while (this.#free > 0) {
      const at = this.#waiting.findIndex(({ key }) => !this.#keys.has(key));
      const [next] = at < 0 ? [] : this.#waiting.splice(at, 1);
      if (!next) return;
      this.#free--;
      this.#keys.add(next.key);
      next.end();
    }
  }
}
