/**
 * Who keeps a queue from taking events: a signal, an operator, or both.
 *
 * @module
 */

import type { PauseRecord } from "../../monitoring/snapshot.ts";

/** The holds of one queue; it takes events when there is none. */
export class QueueHolds {
  #isQuiet = false;
  #paused: PauseRecord | undefined;

  /** Whether SIGTSTP holds it. */
  get isQuiet(): boolean {
    return this.#isQuiet;
  }

  /** The operator's pause, if there is one. */
  get paused(): PauseRecord | undefined {
    return this.#paused;
  }

  /** Whether there is any hold. */
  get isHeld(): boolean {
    return this.#isQuiet || this.#paused !== undefined;
  }

  /** Adds a hold. An operator's pause replaces the one before. */
  hold(why: "quiet" | PauseRecord): void {
    if (why === "quiet") this.#isQuiet = true;
    else this.#paused = why;
  }

  /** Removes a hold. */
  release(why: "quiet" | "pause"): void {
    if (why === "quiet") this.#isQuiet = false;
    else this.#paused = undefined;
  }
}
