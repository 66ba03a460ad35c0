/**
 * The threads of a queue, one at a time: started, and ended.
 *
 * @module
 */

import type { Broker } from "../broker/broker.ts";
import type { Config } from "../../config/config.ts";
import type { ErrorData } from "../../errors/error_data.ts";
import type { Reporter, ThreadCause } from "../report.ts";
import type { WorkerFile } from "../host/discovery.ts";
import type { PublishBody } from "../host/host.ts";
import type { ThreadExecutor } from "../thread/thread_executor.ts";
import {
  type HungEnd,
  type HungLoopEnd,
  hungLoopEnd,
  type UnresponsiveEnd,
} from "../thread/thread_end.ts";
import { WorkerThread } from "../thread/worker_thread.ts";
import { LoopWatch } from "./loop_watch.ts";
import { workerPublisher } from "./worker_publisher.ts";
import type { ThreadNotices } from "./notices.ts";
import type { ThreadFigures } from "./queue_runner.ts";

/** What the threads of a queue are made of. */
export interface ThreadsOptions {
  readonly file: WorkerFile;
  /** The queue that is consumed; with shards, the shard. */
  readonly queue: string;
  readonly workerNum: number;
  readonly config: Config;
  readonly broker: Broker;
  /** Takes the warning of a queue that nobody knows. */
  readonly report: Reporter;
  /** A thread could not be ended: the process should be restarted when that does least harm. */
  readonly onZombie?: () => void;
}

/** How long events that run beside a loop that hangs may take to end, in ms. */
const RETIRE_MS = 5000;

/** Holds the one thread that a queue has at a time. */
export class Threads implements ThreadFigures {
  /** The loops of the queue's worker. */
  readonly loops: LoopWatch;
  readonly #options: ThreadsOptions;
  readonly #notices: ThreadNotices;
  readonly #publish: PublishBody;
  #thread: WorkerThread | undefined;
  /** The end of the thread before. */
  #ending: Promise<void> | undefined;
  #maxHeapMb: number | undefined;
  #zombies = 0;
  #isStopping = false;
  #isClosed = false;

  /** @param notices Reports what happens to the threads. */
  constructor(options: ThreadsOptions, notices: ThreadNotices) {
    this.#options = options;
    this.#notices = notices;
    this.#publish = workerPublisher(options);
    const { queue, report, config } = options;
    this.loops = new LoopWatch(queue, report, config.abortGraceSeconds);
  }

  /** The thread, if there is one. */
  get current(): WorkerThread | undefined {
    return this.#thread;
  }

  /** @inheritdoc */
  get zombies(): number {
    return this.#zombies;
  }

  /** @inheritdoc */
  get heapMb(): number | undefined {
    return this.#thread?.heapMb;
  }

  /** @inheritdoc */
  get heapLimitMb(): number | undefined {
    return this.#maxHeapMb;
  }

  /**
   * Starts a thread; there must be no other.
   *
   * @param cause Why it is needed, which is reported.
   * @throws {Error} When `STATE_DIR` cannot be written.
   */
  start(
    maxHeapMb: number,
    cause: ThreadCause,
    onUnhandledError: (error: ErrorData) => void,
  ): WorkerThread {
    const { file, queue, workerNum, config, report } = this.#options;
    this.#maxHeapMb = maxHeapMb;
    report({ kind: "thread", queue, cause });
    return this.#thread = new WorkerThread({
      data: { file, queue, workerNum, config },
      maxHeapMb,
      publish: this.#publish,
      loops: this.loops,
      onUnhandledError,
      onMoreUnhandledErrors: (count) => this.#notices.moreUnhandledErrors(count),
    });
  }

  /**
   * Looks for a reason to end the thread. Call this every 250 ms, after the executor's sweep.
   *
   * @param now `performance.now()`
   * @param lateMs How late this call comes, in ms.
   * @param executor Whose jobs the thread runs once it is ready.
   */
  sweep(now: number, lateMs: number, executor: ThreadExecutor | undefined): void {
    this.#thread?.sweep(now, lateMs, executor?.state ?? "idle");
    const end = executor?.reasonToEnd(now);
    if (end) this.#thread?.end(this.#withLoop(end));
    const hung = this.loops.sweep(now, lateMs);
    if (!hung || !this.#thread || !executor?.isOpen) return;
    const isBlocked = this.#thread.isLate;
    const hungEnd = hungLoopEnd(this.#options.queue, { ...hung, isBlocked });
    void this.#endForLoop(this.#thread, executor, hungEnd);
  }

  /** Names the loop that may be what keeps the event loop from turning. */
  #withLoop(end: HungEnd | UnresponsiveEnd): HungEnd | UnresponsiveEnd {
    const isBlocked = end.kind === "unresponsive" || end.isBlocked;
    return isBlocked ? { ...end, loop: this.loops.running } : end;
  }

  /** Events that run beside the loop may end, unless the thread is blocked. */
  async #endForLoop(
    thread: WorkerThread,
    executor: ThreadExecutor,
    end: HungLoopEnd,
  ): Promise<void> {
    if (!end.isBlocked) await executor.retire(RETIRE_MS);
    // A stop gives events more time.
    if (!this.#isStopping) thread.end(end);
  }

  /**
   * Ends the thread because an operator asked for a new one. What runs has 5 s to end.
   *
   * @param by Who asked.
   */
  async restart(executor: ThreadExecutor | undefined, by: string): Promise<void> {
    const thread = this.#thread;
    if (!thread) return;
    const mayEnd = executor?.hasThread === true && executor.isOpen;
    const stillRunning = mayEnd ? await executor.retire(RETIRE_MS) : [];
    if (this.#isStopping) return;
    if (mayEnd) await thread.close();
    const error = { name: "ThreadRestarted", message: `The thread was restarted by ${by}` };
    if (!this.#isStopping) thread.end({ kind: "restarted", by, error, stillRunning });
  }

  /** Aborts the passes of loops. @param limitMs How long to wait for them. */
  async stopLoops(limitMs: number): Promise<void> {
    this.#isStopping = true;
    this.#thread?.post(["stop loops"]);
    await this.loops.idle(limitMs);
  }

  /** Ends the thread, if there is one. From now on there is none, though it may go on as a zombie. */
  end(): void {
    const thread = this.#thread;
    this.#thread = undefined;
    this.loops.threadEnded();
    if (thread) this.#ending = this.#endThread(thread);
  }

  async #endThread(thread: WorkerThread): Promise<void> {
    if (await thread.stop(this.#isClosed)) return;
    this.#zombies++;
    this.#notices.zombie(this.#isClosed);
    this.#options.onZombie?.();
  }

  /**
   * Ends the thread for good, and waits until it is gone or cannot be ended.
   *
   * @param limitMs How long the worker may take to close what it opened; 0 where it opened nothing.
   * @returns Whether it has closed that.
   */
  async close(limitMs: number): Promise<boolean> {
    const thread = this.#thread;
    const isClosed = !thread || limitMs === 0 || await thread.close(limitMs);
    this.#isClosed = true;
    const before = this.#ending;
    this.end();
    await Promise.all([before, this.#ending]);
    return isClosed;
  }
}
