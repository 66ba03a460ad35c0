/**
 * The one thread that a queue has at a time, and what becomes of those before it.
 *
 * @module
 */

import type { QueueThread } from "../thread/queue_thread.ts";

/** Holds a queue's thread. */
export class ThreadSlot {
  readonly #onZombie: () => void;
  #thread: QueueThread | undefined;
  /** The end of the thread before this one. */
  #ending: Promise<boolean> | undefined;
  #zombies = 0;

  /** @param onZombie Called when a thread was ended and goes on all the same. */
  constructor(onZombie: () => void) {
    this.#onZombie = onZombie;
  }

  /** The thread, if there is one. */
  get thread(): QueueThread | undefined {
    return this.#thread;
  }

  /** Threads that could not be ended. */
  get zombies(): number {
    return this.#zombies;
  }

  /** Whether the last thread that was ended is gone, as soon as that is known. */
  get isEnded(): Promise<boolean> {
    return this.#ending ?? Promise.resolve(true);
  }

  /** There is a thread, and was none. */
  hold(thread: QueueThread): void {
    this.#thread = thread;
  }

  /** Ends the thread, which is no more from now on; whether it is gone is looked at. */
  async end(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    if (!thread || await (this.#ending = thread.stop())) return;
    this.#zombies++;
    this.#onZombie();
  }

  /** Ends it for good, and waits until it is gone or cannot be ended. */
  async close(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    await Promise.all([thread?.stop(), this.#ending]);
  }
}
