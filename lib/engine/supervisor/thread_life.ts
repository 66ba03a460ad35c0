/**
 * The life of one thread of a queue, from its start to the one value that it ends with.
 *
 * @module
 */

import type { ErrorData } from "../../errors/error_data.ts";
import type { Hang } from "../thread/hang.ts";
import type { ThreadExecutor } from "../thread/thread_executor.ts";
import { type Described, WorkerThread, type WorkerThreadOptions } from "../thread/worker_thread.ts";
import type { RunLimit } from "./queue_runner.ts";
import type { HungEnd, ThreadEnd } from "./thread_end.ts";
import { allowedMs } from "./unresponsive.ts";

/** How long what runs beside an unhandled error may take to end, in ms. */
const RETIRE_MS = 5000;

/** Starts a thread, hands it to the executor, and finds the reason to end it. */
export class ThreadLife {
  readonly thread: WorkerThread;
  readonly #end = Promise.withResolvers<ThreadEnd>();
  /** The executor whose jobs the thread runs, once it is ready. */
  #executor: ThreadExecutor | undefined;
  #isRetiring = false;

  /**
   * Starts the thread.
   *
   * @throws {Error} When `STATE_DIR` cannot be written.
   */
  constructor(options: WorkerThreadOptions) {
    this.thread = new WorkerThread({
      ...options,
      onUnhandledError: (error) => {
        options.onUnhandledError(error);
        void this.#onUnhandledError(error);
      },
    });
    void this.thread.ended.then(this.#end.resolve);
  }

  /** Resolves when the life is over; the thread still has to be stopped. Never rejects. */
  get ended(): Promise<ThreadEnd> {
    return this.#end.promise;
  }

  /** Ends the life for a reason that the thread cannot know. */
  end(end: ThreadEnd): void {
    this.#end.resolve(end);
  }

  /** Resolves when the worker is loaded, or with `undefined` when the life is over before. */
  async described(): Promise<Described | undefined> {
    return await Promise.race([this.thread.described, this.ended.then(() => undefined)]);
  }

  /**
   * Sets the worker up, and lets the executor's jobs run in the thread.
   *
   * @returns Whether they do; otherwise the life is over.
   */
  async setUp(executor: ThreadExecutor): Promise<boolean> {
    const shared = executor.newShared();
    this.thread.setUp(shared, executor.description, executor);
    const ready = this.thread.ready.then(() => true);
    if (!await Promise.race([ready, this.ended.then(() => false)])) return false;
    this.#executor = executor;
    executor.attach(this.thread, shared);
    return true;
  }

  /**
   * Checks limits of time. Call this every 250 ms, after the executor's sweep.
   *
   * @param now `performance.now()`
   * @param lateMs How late this call comes, in ms.
   * @param limit How long an event may run.
   */
  sweep(now: number, lateMs: number, limit: RunLimit): void {
    const executor = this.#executor;
    this.thread.sweep(now, lateMs, executor?.state ?? "idle");
    if (!executor) return;
    const hang = executor.hang(now);
    if (hang) this.end(this.#hung(executor, hang));
    else if (!executor.isStopping) this.#checkResponse(executor, limit);
  }

  #hung({ description }: ThreadExecutor, { jobs, running }: Hang): HungEnd {
    const { queue, batch } = description;
    const seconds = description.maxConsumeSeconds ?? 0;
    const message = `Timed out in ${queue} after ${seconds} seconds processing 1 events`;
    return {
      kind: "hung",
      error: { name: "WorkerTimeoutError", message },
      seconds,
      jobs,
      running,
      isBlocked: this.thread.isLate,
      isBatch: batch !== undefined,
    };
  }

  #checkResponse({ description }: ThreadExecutor, limit: RunLimit): void {
    const { unresponsiveMs, isLate } = this.thread;
    if (unresponsiveMs <= allowedMs(isLate, limit, description)) return;
    const seconds = Math.round(unresponsiveMs / 1000);
    const message = `The thread did not respond for ${seconds} s`;
    this.end({ kind: "unresponsive", seconds, error: { name: "ThreadUnresponsive", message } });
  }

  /** The first unhandled error ends the thread, when what runs beside it has ended. */
  async #onUnhandledError(error: ErrorData): Promise<void> {
    const executor = this.#executor;
    if (!executor) return this.end({ kind: "not started", error });
    if (this.#isRetiring || executor.isStopping) return;
    this.#isRetiring = true;
    const stillRunning = await executor.retire(RETIRE_MS);
    if (executor.isStopping) return;
    await this.thread.close();
    if (!executor.isStopping) this.end({ kind: "unhandled error", error, stillRunning });
  }
}
