/**
 * When acknowledgements that nobody waits for are sent: each costs a write to the socket, and on a
 * busy queue there would be one for every read.
 *
 * @module
 */

import { setImmediate } from "node:timers";

/** An acknowledgement is sent at the end of the turn when the last is at least this old, in ms. */
const LEADING_MS = 4;
/** Else it waits this long for others, in ms. */
const WAIT_MS = 5;

/** Sends at once what comes now and then, and together what comes close after another. */
export class Pace implements Disposable {
  #sentAt = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isDisposed = false;

  /** Has `send` called: at the end of this turn of the event loop, or within 5 ms. */
  readonly defer = (send: () => void): void => {
    setImmediate(() => this.#sendOrWait(send));
  };

  /** Something was sent without waiting for its time. */
  sent(): void {
    this.#sentAt = performance.now();
  }

  /** Nothing is sent any more. */
  [Symbol.dispose](): void {
    this.#isDisposed = true;
    clearTimeout(this.#timer);
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
