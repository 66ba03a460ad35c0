/**
 * The threads that a worker starts by `ctx.thread`.
 *
 * @module
 */

import { basename } from "node:path";
import { DEFAULT_MAX_HEAP_MB } from "../host/describe.ts";
import type { InnerRunOptions, InnerThread, InnerThreadOptions } from "../../worker.ts";
import { InnerLife, type InnerOptions } from "./inner_life.ts";

/** What is common to the inner threads of a worker. */
export type InnerThreadsOptions = Omit<InnerOptions, "name" | "module" | "maxHeapMb">;

/**
 * The part of `ABORT_GRACE_SECONDS` that a call has to return: a handler whose own signal it was given
 * has the rest to deal with that, before its thread is ended.
 */
const GRACE_SHARE = 0.5;

/** Starts inner threads, and ends those that the worker has not ended. */
export class InnerThreads {
  readonly #options: InnerThreadsOptions;
  readonly #all = new Set<Inner>();

  /** @param options The worker that starts them. */
  constructor(options: InnerThreadsOptions) {
    this.#options = options;
  }

  /** The heap that they use, in MB. */
  get heapMb(): number {
    return [...this.#all].reduce((sum, { heapMb }) => sum + heapMb, 0);
  }

  /**
   * Starts one.
   *
   * @throws {InnerThreadEnded} When the module does not load.
   */
  async start(module: URL, options: InnerThreadOptions = {}): Promise<InnerThread> {
    const { name = basename(module.pathname), maxHeapMb = DEFAULT_MAX_HEAP_MB } = options;
    const inner = new Inner({ ...this.#options, module, name, maxHeapMb }, () => {
      this.#all.delete(inner);
    });
    this.#all.add(inner);
    try {
      await inner.load();
    } catch (error) {
      await inner[Symbol.asyncDispose]();
      throw error;
    }
    return inner;
  }

  /** Ends all. */
  async close(): Promise<void> {
    await Promise.all([...this.#all].map((inner) => inner[Symbol.asyncDispose]()));
  }
}

/** One life after another, each until something ends it. */
class Inner implements InnerThread {
  readonly #options: InnerOptions;
  readonly #onClose: () => void;
  #life: InnerLife;
  /** The calls so far: they run one after another. */
  #calls: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(options: InnerOptions, onClose: () => void) {
    this.#options = options;
    this.#onClose = onClose;
    this.#life = new InnerLife(options);
  }

  get heapMb(): number {
    return this.#life.heapMb;
  }

  async load(): Promise<void> {
    await this.#life.loaded();
  }

  run(input: unknown, options: InnerRunOptions = {}): Promise<unknown> {
    const result = this.#calls.then(() => this.#call(input, options));
    this.#calls = result.catch(() => {});
    return result;
  }

  async #call(input: unknown, options: InnerRunOptions): Promise<unknown> {
    options.signal?.throwIfAborted();
    if (this.#life.isOver && !this.#isClosed) this.#life = new InnerLife(this.#options);
    await this.#life.loaded();
    options.signal?.throwIfAborted();
    const graceMs = this.#options.config.abortGraceSeconds * GRACE_SHARE * 1000;
    return await this.#life.call(input, options, graceMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#onClose();
    await this.#life.close();
  }
}
