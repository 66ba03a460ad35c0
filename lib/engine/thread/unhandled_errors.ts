/**
 * What throws in a thread outside of any event.
 *
 * @module
 */

import { errorData } from "../../errors/error_data.ts";
import type { FromThread } from "./messages.ts";

/** So many are told one by one: where there are more, they are one error again and again. */
const TOLD = 20;

/** Tells the main thread of errors: of the first each, of the others how many. */
export class Strays {
  readonly #say: (message: FromThread) => void;
  #told = 0;
  #untold = 0;

  /** @param say Sends a message to the main thread. */
  constructor(say: (message: FromThread) => void) {
    this.#say = say;
  }

  /** Something threw. */
  take(error: unknown): void {
    if (this.#told++ < TOLD) this.#say(["stray", errorData(error)]);
    else this.#untold++;
  }

  /** Says how many more there were since the last time; to be called a few times a second. */
  sweep(): void {
    if (this.#untold > 0) this.#say(["more strays", this.#untold]);
    this.#untold = 0;
  }
}
