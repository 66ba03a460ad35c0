/**
 * Gathers the events of one read of the socket, so that the executor gets them together.
 *
 * @module
 */

import type { Entry } from "./entry.ts";

/** The events that have arrived in this turn of the event loop and may run. */
export class Arrivals {
  readonly #onRead: (entries: readonly Entry[]) => void;
  #entries: Entry[] = [];
  #isOpen = false;
  #readAt = 0;

  /** @param onRead Called with what has arrived, when nothing more comes with this read. */
  constructor(onRead: (entries: readonly Entry[]) => void) {
    this.#onRead = onRead;
  }

  /** `performance.now()` at this read; the clock is read once for all of its events. */
  readAt(): number {
    if (!this.#isOpen) this.#open();
    return this.#readAt;
  }

  /** Adds an event that may run. */
  add(entry: Entry): void {
    if (!this.#isOpen) this.#open();
    this.#entries.push(entry);
  }

  #open(): void {
    this.#isOpen = true;
    this.#readAt = performance.now();
    queueMicrotask(() => this.#close());
  }

  #close(): void {
    const entries = this.#entries;
    this.#entries = [];
    this.#isOpen = false;
    if (entries.length > 0) this.#onRead(entries);
  }
}
