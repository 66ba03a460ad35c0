/**
 * One limit of time for many promises, at the cost of one timer.
 *
 * @module
 */

import { TOO_LATE } from "./deadline.ts";

/** A promise that is waited for. */
interface Wait {
  /** When it is too late, by `performance.now()`. */
  readonly at: number;
  readonly giveUp: () => void;
}

/** Waits for promises, each for up to the same time. */
export class Deadlines {
  readonly #ms: number;
  /** In the order in which they are too late. */
  readonly #waits = new Set<Wait>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param ms How long each may take, in ms. */
  constructor(ms: number) {
    this.#ms = ms;
  }

  /** As `within` of `deadline.ts`: ignores a later result, also a rejection. */
  within<Result>(promise: Promise<Result>): Promise<Result | typeof TOO_LATE> {
    return new Promise((resolve, reject) => {
      const wait = { at: performance.now() + this.#ms, giveUp: () => resolve(TOO_LATE) };
      this.#waits.add(wait);
      this.#timer ??= setTimeout(() => this.#sweep(), this.#ms);
      promise.then(
        (result) => {
          this.#end(wait);
          resolve(result);
        },
        (error) => {
          this.#end(wait);
          reject(error);
        },
      );
    });
  }

  #end(wait: Wait): void {
    this.#waits.delete(wait);
    if (this.#waits.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Gives up what is too late, and waits for the next. */
  #sweep(): void {
    const now = performance.now();
    this.#timer = undefined;
    for (const wait of this.#waits) {
      // A timer may run a fraction of a ms early.
      if (wait.at > now + 1) {
        this.#timer = setTimeout(() => this.#sweep(), wait.at - now);
        return;
      }
      this.#waits.delete(wait);
      wait.giveUp();
    }
  }
}
