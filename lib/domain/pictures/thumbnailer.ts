/**
 * Keeps the thread that makes thumbnails for as long as there are some to be made.
 *
 * @module
 */

import { programModule } from "../../system/program_files.ts";
import type { PictureOrder, PictureResult } from "./order.ts";

/** The module of the thread. */
export const PICTURE_THREAD: URL = programModule("lib/domain/pictures/picture_thread");
/** The heap of the thread in MB, without the memory of WebAssembly. */
export const PICTURE_THREAD_HEAP_MB = 256;
/** How long a thread is kept that has nothing to do, in ms. */
const IDLE_MS = 60_000;
/** A thread whose decoders keep more memory than this is ended after its picture, in bytes. */
const MOST_KEPT_BYTES = 256 * 1024 ** 2;

/** A thread of {@linkcode PICTURE_THREAD}, such as `ctx.thread` starts. */
export interface PictureThread extends AsyncDisposable {
  /** Calls its function with an order. */
  run(input: unknown, options?: PictureRunOptions): Promise<unknown>;
}

/** How an order is run. */
export interface PictureRunOptions {
  /** Stops it. */
  readonly signal?: AbortSignal;
  /** Is called with `"decoding"` when decoding begins. */
  readonly onProgress?: (value: unknown) => void;
  /** What is handed over to the thread. */
  readonly transfer?: ArrayBuffer[];
}

/** How {@linkcode Thumbnailer.make} runs an order. */
export type MakeOptions = Omit<PictureRunOptions, "transfer">;

/** The options of {@linkcode Thumbnailer}. */
export interface ThumbnailerOptions {
  /** How long a thread is kept that has nothing to do, in ms. @default {60,000} */
  readonly idleMs?: number;
  /** A thread that keeps more memory is ended after its picture, in bytes. @default {256 MiB} */
  readonly mostKeptBytes?: number;
}

/** Makes thumbnails, those of one picture at a time. */
export class Thumbnailer implements AsyncDisposable {
  readonly #start: () => Promise<PictureThread>;
  readonly #idleMs: number;
  readonly #mostKeptBytes: number;
  #thread: PictureThread | undefined;
  #idleTimer: ReturnType<typeof setTimeout> | undefined;
  /** Done when the threads before have ended. */
  #ending: Promise<unknown> = Promise.resolve();
  /** Done when the pictures before are. */
  #turn: Promise<unknown> = Promise.resolve();

  /** @param start Starts a thread. */
  constructor(
    start: () => Promise<PictureThread>,
    { idleMs = IDLE_MS, mostKeptBytes = MOST_KEPT_BYTES }: ThumbnailerOptions = {},
  ) {
    this.#start = start;
    this.#idleMs = idleMs;
    this.#mostKeptBytes = mostKeptBytes;
  }

  /** Whether a thread is there. */
  get hasThread(): boolean {
    return this.#thread !== undefined;
  }

  /**
   * Makes the thumbnails of a picture, when those before are made.
   *
   * @param order Its bytes are handed over.
   * @throws What the signal is aborted with.
   * @throws {Error} When the thread does not start or ends, as it does when it goes on after the
   * abort, or when its decoders fail.
   */
  make(order: PictureOrder, options: MakeOptions = {}): Promise<PictureResult> {
    const made = this.#turn.then(() => this.#make(order, options));
    this.#turn = made.catch(() => {});
    return made;
  }

  async #make(order: PictureOrder, options: MakeOptions): Promise<PictureResult> {
    options.signal?.throwIfAborted();
    clearTimeout(this.#idleTimer);
    const thread = this.#thread ??= await this.#start();
    try {
      const transfer = [order.bytes.buffer];
      const result = await thread.run(order, { ...options, transfer }) as PictureResult;
      if (result.memoryBytes > this.#mostKeptBytes) await this.#end();
      else this.#idleTimer = setTimeout(() => void this.#end(), this.#idleMs);
      return result;
    } catch (error) {
      await this.#end();
      throw error;
    }
  }

  #end(): Promise<unknown> {
    const thread = this.#thread;
    this.#thread = undefined;
    if (thread) {
      this.#ending = Promise.allSettled([this.#ending, thread[Symbol.asyncDispose]()]);
    }
    return this.#ending;
  }

  /** Ends the thread. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#idleTimer);
    await this.#end();
  }
}
