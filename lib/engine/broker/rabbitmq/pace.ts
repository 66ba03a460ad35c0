/**
 * The pace of acknowledgements: each costs a write to the socket, and on a busy queue there would be
 * one for every read.
 *
 * @module
 */

import { setImmediate } from "node:timers";

/** The age of the last acknowledgement, in ms, from which the next is sent in the same turn. */
const LEADING_MS = 4;
/** How long an acknowledgement waits for others otherwise, in ms. */
const WAIT_MS = 5;
/** How long what is settled behind a slow event waits, in ms. */
const BEHIND_MS = 250;

/** Sends a single acknowledgement at once, and those that follow closely together. */
export class Pace implements Disposable {
  #sentAt = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #laterTimer: ReturnType<typeof setTimeout> | undefined;
  #isDisposed = false;

  /** Calls `send` at the end of this turn of the event loop, or within 5 ms. */
  readonly defer = (send: () => void): void => {
    setImmediate(() => this.#sendOrWait(send));
  };

  /** Calls `send` within 250 ms, once for all calls until then. */
  readonly later = (send: () => void): void => {
    if (this.#isDisposed) return;
    this.#laterTimer ??= setTimeout(() => {
      this.#laterTimer = undefined;
      send();
    }, BEHIND_MS);
  };

  /** Notes that something was sent. */
  sent(): void {
    this.#sentAt = performance.now();
  }

  /** Sends nothing more. */
  [Symbol.dispose](): void {
    this.#isDisposed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#laterTimer);
  }

  #sendOrWait(send: () => void): void {
    if (this.#isDisposed) return;
    if (performance.now() - this.#sentAt >= LEADING_MS) return this.#send(send);
    this.#timer = setTimeout(() => this.#send(send), WAIT_MS);
  }

  #send(send: () => void): void {
    this.sent();
    send();
  }
}
