/**
 * The threads that a worker starts by `ctx.thread`.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import type { WorkerLog } from "./log.ts";

/** How a thread of a worker's own is made. */
export interface InnerThreadOptions {
  /** Names it in messages. @default {the module's file} */
  readonly name?: string;
  /** Heap of the thread in MB. @default {256} */
  readonly maxHeapMb?: number;
}

/** How a function in an inner thread is called. */
export interface InnerRunOptions {
  /**
   * Is passed on. Where the function does not return within half of `ABORT_GRACE_SECONDS` after it
   * was aborted, its thread is ended.
   */
  readonly signal?: AbortSignal | undefined;
  /** What is handed over instead of copied, such as the `buffer` of a `Uint8Array`. */
  readonly transfer?: ArrayBuffer[];
  /** Gets what the function gives to `progress`, in order. It must not throw. */
  readonly onProgress?: (value: unknown) => void;
}

/** A thread that a worker has started by `ctx.thread`. Dispose of it to end it. */
export interface InnerThread extends AsyncDisposable {
  /**
   * Calls the module's function, one call after another. After the thread has ended the next call
   * starts another.
   *
   * @param input Anything that can be cloned, as by `structuredClone`; so is the result.
   * @throws {InnerThreadEnded} When the thread ended during the call.
   * @throws {Error} An error with the name, message and stack of what the function threw.
   */
  run(input: unknown, options?: InnerRunOptions): Promise<unknown>;
}

/** What the function of an inner thread gets beside its input. */
export interface InnerContext {
  /** The signal of the call. */
  readonly signal: AbortSignal;
  /** Hands a value to the caller's `onProgress`. */
  progress(value: unknown): void;
  /** Log lines that carry the queue. */
  readonly log: WorkerLog;
  /** The program's configuration. */
  readonly config: Config;
}

/** The default export of a module for `ctx.thread`. */
export type InnerFunction<Input = unknown, Result = unknown> = (
  input: Input,
  ctx: InnerContext,
) => Result | Promise<Result>;

/** An inner thread ended while a call waited for it. */
export class InnerThreadEnded extends Error {
  override readonly name = "InnerThreadEnded";
  /**
   * `crashed`: it ended by itself, or its module does not load; `hung`: it did not return after it
   * was aborted; `closed`: the worker ended it, or stops.
   */
  readonly reason: "crashed" | "out of memory" | "hung" | "closed";
  /** @param reason Why it ended. */
  constructor(reason: InnerThreadEnded["reason"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
