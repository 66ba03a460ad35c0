/**
 * Errors that a thread's code throws outside of any event.
 *
 * @module
 */

import { uncaughtData } from "../executor/current_run.ts";
import type { FromThread } from "./messages.ts";

/** How many errors are reported one by one: more of them are one error again and again. */
const REPORTED = 20;

/** Reports the first errors to the main thread, and of the others how many there were. */
export class UnhandledErrors {
  readonly #say: (message: FromThread) => void;
  #reported = 0;
  #unreported = 0;

  /** @param say Sends a message to the main thread. */
  constructor(say: (message: FromThread) => void) {
    this.#say = say;
  }

  /** Takes what the code of this thread throws from now on, which would end the thread else. */
  listen(): void {
    const take = (event: Event, error: unknown) => {
      event.preventDefault();
      this.take(error);
    };
    globalThis.addEventListener("error", (event) => take(event, event.error));
    globalThis.addEventListener("unhandledrejection", (event) => take(event, event.reason));
  }

  /** Takes one error. */
  take(error: unknown): void {
    if (this.#reported++ < REPORTED) this.#say(["unhandled error", uncaughtData(error)]);
    else this.#unreported++;
  }

  /** Says how many more there were since the last call. Call this a few times a second. */
  sweep(): void {
    if (this.#unreported > 0) this.#say(["more unhandled errors", this.#unreported]);
    this.#unreported = 0;
  }
}
