/**
 * Whether a thread may be importing modules. Deno 2.9.6 may crash the process when a thread is
 * terminated within an import (denoland/deno#27075).
 *
 * @module
 */

import { TOO_LATE, within } from "../../system/deadline.ts";
import type { FromThread } from "./messages.ts";

/** How long to wait for the end of the imports, in ms, while a worker is loaded. */
const LOAD_MS = 1_000;
/** The same while it is set up, when it imports little and may wait for long. */
const SETUP_MS = 50;
/** The messages after which it imports nothing until it is set up, or at all. */
const ENDS: ReadonlySet<string> = new Set(["described", "ready", "failed"]);

/** The imports of one thread, which begin with the thread. */
export class Imports {
  #ended = Promise.withResolvers<void>();
  #waitMs = LOAD_MS;

  /** The worker is being set up. */
  setUp(): void {
    this.#ended = Promise.withResolvers();
    this.#waitMs = SETUP_MS;
  }

  /** The thread has sent a message. */
  heard(message: FromThread): void {
    if (message !== 0 && ENDS.has(message[0])) this.end();
  }

  /** The thread imports nothing any more. */
  end(): void {
    this.#ended.resolve();
  }

  /** Resolves when the thread imports nothing any more. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /**
   * Resolves when the thread imports nothing, or after a limit.
   *
   * @returns Whether it imports nothing.
   */
  async settled(): Promise<boolean> {
    return await within(this.#waitMs, this.#ended.promise) !== TOO_LATE;
  }
}
