/**
 * When the next transaction is written.
 *
 * @module
 */

import { clearImmediate, setImmediate } from "node:timers";

/** Calls a function once, at the earliest of the times that it was asked for. */
export class WriteTimer {
  readonly #write: () => void;
  #immediate: ReturnType<typeof setImmediate> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAt = Infinity;

  /** @param write Writes what waits. */
  constructor(write: () => void) {
    this.#write = write;
  }

  /** Writes at the end of this turn of the event loop. */
  soon(): void {
    this.#immediate ??= setImmediate(this.#write);
  }

  /** Writes in at most this many ms. */
  within(ms: number): void {
    if (this.#immediate !== undefined) return;
    const at = performance.now() + ms;
    if (at >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    this.#timer = setTimeout(this.#write, ms);
  }

  /** Does not write until it is asked again; to be called before each write. */
  stop(): void {
    clearImmediate(this.#immediate);
    clearTimeout(this.#timer);
    this.#immediate = undefined;
    this.#timerAt = Infinity;
  }
}
