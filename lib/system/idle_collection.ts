/**
 * Garbage collection of a thread that has nothing to do. V8 collects while memory is allocated: a
 * thread that has started, and then waits for events, keeps what its start has left behind.
 *
 * @module
 */

import { setFlagsFromString } from "node:v8";

/** How long a thread has nothing to do before it collects, in ms. */
const IDLE_MS = 10_000;
/** The least that its heap has grown since the last collection, in MB. */
const GROWN_MB = 4;

/** Says when a thread collects. A collection takes some 10 ms, so it is rare. */
export class IdleCollection {
  readonly #collect: () => void;
  #activity: number | undefined;
  #idleSince = 0;
  #leastMb = 0;

  /** @param collect Collects. @default {all garbage of this thread} */
  constructor(collect: () => void = () => void collectGarbage()) {
    this.#collect = collect;
  }

  /**
   * Collects if the thread was idle for 10 s and its heap has grown by 4 MB, at most once in 10 s.
   * Call this a few times a second.
   *
   * @param now `performance.now()`
   * @param activity A number that changes with what the thread does; `"busy"` while it does it.
   * @param heapMb The heap that it uses, in MB.
   */
  sweep(now: number, activity: number | "busy", heapMb: number): void {
    if (activity === "busy" || activity !== this.#activity) {
      this.#activity = activity === "busy" ? undefined : activity;
      this.#idleSince = now;
    }
    this.#leastMb = Math.min(this.#leastMb, heapMb);
    if (now - this.#idleSince < IDLE_MS || heapMb - this.#leastMb < GROWN_MB) return;
    this.#leastMb = heapMb;
    // A loop of the worker may fill the heap again and again.
    this.#idleSince = now;
    this.#collect();
  }
}

/**
 * Collects the garbage of this thread, which returns pages to the system.
 *
 * @returns Whether the runtime can be asked to.
 */
export async function collectGarbage(): Promise<boolean> {
  const { runInNewContext } = await import("node:vm");
  setFlagsFromString("--expose-gc");
  // Only contexts that are made after the flag is set have the function.
  const gc: unknown = runInNewContext("globalThis.gc");
  if (typeof gc !== "function") return false;
  gc();
  return true;
}
