/**
 * Keeps one queue's worker running in a thread: one thread after another, each until something ends
 * it. When that does not help, the queue is parked. Nothing that happens here touches another queue.
 *
 * @module
 */

import { queueKey } from "../../config/queue_key.ts";
import type { Entry } from "../consumer/entry.ts";
import { DEFAULT_MAX_HEAP_MB } from "../host/describe.ts";
import { type ErrorData, errorData } from "../../errors/error_data.ts";
import type { ThreadCause } from "../report.ts";
import type { ThreadEnd } from "../thread/thread_end.ts";
import { ThreadExecutor } from "../thread/thread_executor.ts";
import type { WorkerThread } from "../thread/worker_thread.ts";
import { Lateness } from "../../system/lateness.ts";
import { checkBatch, lackOf } from "./declared.ts";
import { hiddenEnd } from "./hidden_end.ts";
import type { LoopWatch } from "./loop_watch.ts";
import { blameOf, causeOf, type Next, nextAfter, thrownBy } from "./next.ts";
import { ThreadNotices } from "./notices.ts";
import { QueueConsumer } from "./queue_consumer.ts";
import {
  CLOSE_MS,
  notClosed,
  type QueueFigures,
  type Runner,
  type WorkerEnd,
} from "./queue_runner.ts";
import type { QueueState, SupervisorOptions } from "./supervisor_options.ts";
import { Threads } from "./threads.ts";
import { Waits } from "./waits.ts";

export type { QueueState, SupervisorOptions };

/** How often limits of time are checked, in ms. */
const SWEEP_MS = 250;
/** How long what runs beside an unhandled error may take to end, in ms. */
const RETIRE_MS = 5000;

/** Runs one queue in a thread. */
export class Supervisor implements Runner {
  readonly queue: string;
  /** The queue's threads. */
  readonly threads: Threads;
  readonly #options: SupervisorOptions;
  readonly #notices: ThreadNotices;
  readonly #consumer: QueueConsumer<ThreadExecutor<Entry>>;
  readonly #waits: Waits;
  readonly #lateness = new Lateness();
  readonly #ended = Promise.withResolvers<WorkerEnd>();
  readonly #launched = Promise.withResolvers<boolean>();
  readonly #ready = Promise.withResolvers<void>();
  #state: QueueState = "starting";
  /** Whether the worker was once loaded and found to be one that is run. */
  #wasActive = false;
  #sweeper: ReturnType<typeof setInterval> | undefined;
  #stopping: Promise<void> | undefined;

  /** @param options The queue, its worker's file, and what it works with. */
  constructor(options: SupervisorOptions) {
    const { queue, config, report, onLaunch, onReady } = options;
    this.#options = options;
    this.queue = queue;
    this.#notices = new ThreadNotices(queue, report, config.restarts);
    this.threads = new Threads(options, this.#notices);
    this.#waits = new Waits(config.restarts);
    void this.#launched.promise.then(onLaunch);
    void this.#ready.promise.then(onReady);
    this.#consumer = new QueueConsumer({
      ...options,
      onEnd: (why) => this.#ended.resolve(why),
      makeExecutor: (description, listener) =>
        new ThreadExecutor({ description, listener, abortGraceSeconds: config.abortGraceSeconds }),
    });
  }

  /** @inheritdoc */
  get figures(): QueueFigures {
    return this.#consumer.figures;
  }

  /** @inheritdoc */
  get loops(): LoopWatch {
    return this.threads.loops;
  }

  /** How the queue is. */
  get state(): QueueState {
    return this.#state;
  }

  /** Does nothing: every thread sets the worker up itself. */
  async setup(): Promise<void> {}

  /**
   * Consumes until it is stopped or ends by itself.
   *
   * @throws Where the process has no other queue: what is wrong at its first start.
   */
  async start(): Promise<WorkerEnd> {
    if (this.#stopping) return "stopped";
    this.#sweeper = setInterval(() => this.#sweep(performance.now()), SWEEP_MS);
    void this.#keepRunning().catch(this.#ended.reject);
    return await this.#ended.promise;
  }

  /** Takes no more events; what was taken goes on. */
  pause(): Promise<void> {
    return this.#consumer.pause();
  }

  /** Takes events again. */
  resume(): Promise<void> {
    return this.#consumer.resume();
  }

  /** @inheritdoc */
  recall(): void {
    this.#consumer.recall();
  }

  /** @inheritdoc */
  async restart(by: string): Promise<void> {
    this.#waits.skip();
    await this.threads.restart(this.#consumer.executor, by);
  }

  /**
   * Drains: finishes what runs within the grace, releases the rest, ends the thread. Called again,
   * it may cut the grace short.
   *
   * @param graceMs How long what runs may go on before it is aborted.
   */
  async stop(graceMs: number): Promise<void> {
    this.#state = "stopping";
    this.#waits.end();
    await Promise.all([this.#consumer.stop(graceMs), this.threads.stopLoops(graceMs)]);
    if (graceMs === 0) void this.threads.current?.stop(true);
    await (this.#stopping ??= this.#close());
  }

  async #close(): Promise<void> {
    clearInterval(this.#sweeper);
    const isClosed = await this.threads.close(this.#consumer.isStarted ? CLOSE_MS : 0);
    if (!isClosed) this.#options.report(notClosed(this.queue));
    this.#ended.resolve("stopped");
  }

  #isStopping(): boolean {
    return this.#state === "stopping";
  }

  #sweep(now: number): void {
    const lateMs = this.#lateness.sweep(now);
    this.#consumer.sweep(now, lateMs);
    this.threads.sweep(now, lateMs, this.#consumer.executor);
  }

  // One thread after another.

  /** Each turn is the life of one thread. */
  async #keepRunning(): Promise<void> {
    const { file, config } = this.#options;
    let maxHeapMb = config.queues.get(queueKey(file.name))?.maxHeapMb ?? DEFAULT_MAX_HEAP_MB;
    let cause: ThreadCause = "start";
    for (let goesOn = true; goesOn;) {
      const end = hiddenEnd(await this.#live(maxHeapMb, cause), this.#consumer.executor);
      cause = causeOf(end);
      if (end.kind === "resized") maxHeapMb = end.maxHeapMb;
      goesOn = await this.#carryOut(end);
    }
  }

  /** After `resized` the heap is as large as the worker's file just said: it is not resized again. */
  async #live(maxHeapMb: number, cause: ThreadCause): Promise<ThreadEnd> {
    try {
      const onUnhandledError = (error: ErrorData) => void this.#onUnhandledError(error);
      const thread = this.threads.start(maxHeapMb, cause, onUnhandledError);
      const described = await thread.described;
      if (!described) return await thread.ended;
      this.#wasActive ||= described.isActive;
      if (this.#options.onlyIfActive && !this.#wasActive) return { kind: "inactive" };
      const { description } = described;
      const lack = await lackOf(described, this.#options, this.#consumer.isStarted);
      if (lack) return lack;
      this.#launched.resolve(true);
      if (description.maxHeapMb !== maxHeapMb && cause !== "resized") {
        return { kind: "resized", maxHeapMb: description.maxHeapMb };
      }
      const executor = this.#consumer.executorFor(description);
      checkBatch(this.#options.file, executor.description, description);
      if (await executor.attach(thread) && !this.#isStopping()) void this.#consume(thread);
      return await thread.ended;
    } catch (error) {
      return { kind: "not started", error: errorData(error) };
    }
  }

  /** The first one ends the thread: at once where it is not ready, else when what runs has ended. */
  async #onUnhandledError(error: ErrorData): Promise<void> {
    if (this.#state === "consuming" || this.#isStopping()) this.#notices.unhandledError(error);
    const { executor } = this.#consumer;
    const { current } = this.threads;
    if (!executor?.hasThread) return current?.end({ kind: "not started", error });
    if (!executor.isOpen) return;
    const stillRunning = await executor.retire(RETIRE_MS);
    if (this.#isStopping()) return;
    await current?.close();
    if (!this.#isStopping()) current?.end({ kind: "unhandled error", error, stillRunning });
  }

  async #consume(thread: WorkerThread): Promise<void> {
    const wasParked = this.#state === "parked";
    this.#state = "consuming";
    try {
      await this.#consumer.start();
      if (wasParked && this.#state === "consuming") this.#unpark();
      this.#ready.resolve();
    } catch (error) {
      if (this.#isStopping()) return;
      thread.end({ kind: "refused", error: errorData(error), thrown: error });
    }
  }

  // What comes after the end of a thread.

  /** @returns Whether another thread comes. */
  async #carryOut(end: ThreadEnd): Promise<boolean> {
    const count = this.figures.running().length;
    const blame = blameOf(end, this.#isStopping());
    const isBlamed = blame !== undefined && this.#consumer.executor?.detach(blame) === true;
    if (end.kind !== "stopped") this.threads.end();
    const wasParked = this.#state === "parked";
    const next = nextAfter(end, {
      isStopping: this.#isStopping(),
      isOnly: this.#options.isOnly,
      hasConsumed: this.#consumer.isStarted,
      isParked: wasParked,
      mayFail: this.#waits.mayFail,
      isBlamed,
    });
    this.#notices.ended(end, next, { count, wasParked });
    return await this.#prepare(next, end);
  }

  async #prepare(next: Next, end: ThreadEnd): Promise<boolean> {
    switch (next) {
      case "at once":
        if (end.kind !== "resized") this.#state = "restarting";
        return true;
      case "later":
      case "when parked":
        return await this.#wait(next);
      case "throw":
        this.#ended.reject(thrownBy(end));
        return false;
      case "never":
        if (end.kind === "inactive" && !this.#isStopping()) await this.#leave();
        return false;
    }
  }

  /** @returns Whether no stop has ended the wait. */
  async #wait(next: "later" | "when parked"): Promise<boolean> {
    this.#launched.resolve(true);
    this.#ready.resolve();
    if (next === "when parked") this.#park();
    else this.#state = "restarting";
    await (next === "later" ? this.#waits.afterFailure() : this.#waits.whileParked());
    return !this.#isStopping();
  }

  #park(): void {
    if (this.#state === "parked") return;
    this.#state = "parked";
    this.#consumer.park();
    this.#options.onParked?.(true);
  }

  #unpark(): void {
    this.#waits.forgive();
    this.#options.onParked?.(false);
    this.#notices.consumedAgain();
    this.#consumer.unpark();
  }

  /** It is no queue of this process. */
  async #leave(): Promise<void> {
    clearInterval(this.#sweeper);
    await this.threads.close(0);
    this.#launched.resolve(false);
    this.#ready.resolve();
    this.#ended.resolve("inactive");
  }
}
