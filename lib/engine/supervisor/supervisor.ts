/**
 * Keeps one queue's worker running in a thread: begins it, hands it to the consumer, ends what
 * hangs, begins it anew, and parks the queue when that does not help. Nothing that happens here
 * touches another queue.
 *
 * @module
 */

import type { Broker } from "../broker/broker.ts";
import type { Config } from "../../config/config.ts";
import { queueKey } from "../../config/queue_key.ts";
import { Consumer, type Totals } from "../consumer/consumer.ts";
import type { Entry } from "../consumer/entry.ts";
import { WorkerDeclarationError, type WorkerFile } from "../host/discovery.ts";
import { type ErrorData, errorData, errorFrom } from "../../errors/error_data.ts";
import { DEFAULT_MAX_HEAP_MB } from "../host/describe.ts";
import type { Running, WorkerDescription } from "../executor/executor.ts";
import { Lateness } from "../../system/lateness.ts";
import { type Hang, ThreadExecutor } from "../thread/thread_executor.ts";
import type { SharedRuns } from "../thread/shared_runs.ts";
import type { ThreadDeath } from "../thread/worker_thread.ts";
import type { Reporter } from "../report.ts";
import { publishEvent } from "../broker/publish.ts";
import { notClosed, type RunLimit, runLimit, type WorkerEnd } from "./queue_runner.ts";
import { blockedMs } from "./blocked.ts";
import { ThreadNotices } from "./notices.ts";
import { QueueThread } from "../thread/queue_thread.ts";
import { isRedeclared } from "./redeclared.ts";
import { Restarts } from "./restarts.ts";
import { ThreadSlot } from "./thread_slot.ts";

/** What a {@linkcode Supervisor} is made of. */
export interface SupervisorOptions {
  readonly file: WorkerFile;
  /** The queue that is consumed; with shards, the shard. */
  readonly queue: string;
  readonly workerNum: number;
  readonly config: Config;
  readonly broker: Broker;
  readonly report: Reporter;
  /** Take no more than this many events. @default {Infinity} */
  readonly maxEvents?: number;
  /**
   * The process has no other queue: what is wrong at its first start is thrown, instead of being
   * tried again.
   */
  readonly isOnly: boolean;
  /** Leave the queue alone if it is a test queue or not enabled. */
  readonly onlyIfActive: boolean;
  /** A worker that cannot be begun waits for a change of a file, and a stop is in a hurry. */
  readonly isWatched?: boolean;
  /** Told once: whether the queue is run here. It is, too, when its worker cannot be begun yet. */
  readonly onLaunch?: (isRun: boolean) => void;
  /** Told once: the queue is consumed, or its worker could not be begun at first. */
  readonly onReady?: () => void;
  /** A thread could not be ended: the process should be restarted when that does least harm. */
  readonly onZombie?: () => void;
  /** The queue was parked, or is consumed again. */
  readonly onParked?: (isParked: boolean) => void;
}

/** How a queue is. */
export type QueueState = "starting" | "consuming" | "restarting" | "parked" | "stopping";

/** How often limits of time are looked at, in ms. */
const SWEEP_MS = 250;
/** How long what runs beside an error outside of any event may take to end, in ms. */
const RETIRE_MS = 5000;
/** How long a thread may take beyond the grace of a stop, in ms, where a change waits for it. */
const WATCHED_STOP_MS = 50;
/** How long a stop waits for what a worker opened to close, in ms. */
const CLOSE_MS = 5000;
const NOTHING: Totals = { processed: 0, retried: 0, failed: 0 };

/** Runs one queue in a thread. */
export class Supervisor {
  static #isWarned = false;
  readonly queue: string;
  readonly #options: SupervisorOptions;
  readonly #notices: ThreadNotices;
  readonly #restarts: Restarts;
  readonly #slot: ThreadSlot;
  readonly #lateness = new Lateness();
  readonly #ended = Promise.withResolvers<WorkerEnd>();
  #state: QueueState = "starting";
  #shared: SharedRuns | undefined;
  #consumer: Consumer<ThreadExecutor<Entry>> | undefined;
  #maxHeapMb: number;
  #sweeper: ReturnType<typeof setInterval> | undefined;
  #isLaunched = false;
  /** Whether its worker was once loaded and found to be one that is run. */
  #wasActive = false;
  /** Whether the thread was begun for the heap it wants: it gets no other, should it want that. */
  #isResized = false;
  /** Whether it was told that the worker's file was changed. */
  #isChanged = false;
  #isReady = false;
  #isConsuming = false;
  #isQuiet = false;
  #isRetiring = false;
  #stopping: Promise<void> | undefined;

  /** @param options The queue, its worker's file, and what it works with. */
  constructor(options: SupervisorOptions) {
    const { queue, config, file, report } = options;
    this.#options = options;
    this.queue = queue;
    this.#notices = new ThreadNotices(queue, report);
    this.#restarts = new Restarts(config.restarts, () => this.#begin());
    this.#slot = new ThreadSlot(() => this.#onZombie());
    this.#maxHeapMb = config.queues.get(queueKey(file.name))?.maxHeapMb ?? DEFAULT_MAX_HEAP_MB;
  }

  /** What became of events so far. */
  get totals(): Readonly<Totals> {
    return this.#consumer?.totals ?? NOTHING;
  }

  /** How many deliveries are not settled yet. */
  get inFlight(): number {
    return this.#consumer?.inFlight ?? 0;
  }

  /** Whether nothing is taken from the queue until it is tried again. */
  get isParked(): boolean {
    return this.#state === "parked" || (this.#consumer?.isParked ?? false);
  }

  /** Whether a handler goes on that ends only with the process. */
  get isLeft(): boolean {
    return this.#consumer?.isLeft ?? false;
  }

  /** How the queue is. */
  get state(): QueueState {
    return this.#state;
  }

  /** Threads that could not be ended. */
  get zombies(): number {
    return this.#slot.zombies;
  }

  /** MB of heap that the worker uses; `undefined` when there is no thread. */
  get heapMb(): number | undefined {
    return this.#thread?.heapMb;
  }

  get #thread(): QueueThread | undefined {
    return this.#slot.thread;
  }

  get #executor(): ThreadExecutor<Entry> | undefined {
    return this.#consumer?.executor;
  }

  /** How long its handler may run, in ms. */
  get limit(): RunLimit {
    const { abortGraceSeconds } = this.#options.config;
    return this.#executor && runLimit(this.#executor.description, abortGraceSeconds);
  }

  /** The events whose handler runs now. */
  running(): readonly Running[] {
    return this.#executor?.running() ?? [];
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
    this.#begin();
    return await this.#ended.promise;
  }

  /** Takes no more events; what was taken goes on. */
  async pause(): Promise<void> {
    this.#isQuiet = true;
    await this.#consumer?.pause();
  }

  /** Takes events again. */
  async resume(): Promise<void> {
    this.#isQuiet = false;
    await this.#consumer?.resume();
  }

  /** A file has changed: a worker that waits for that is begun anew. */
  onChange(): void {
    this.#restarts.changed();
  }

  /**
   * Drains: finishes what runs within the grace, gives back the rest, ends the thread. Called
   * again, it may cut the grace short.
   *
   * @param graceMs How long what runs may go on before it is aborted.
   */
  async stop(graceMs: number): Promise<void> {
    this.#state = "stopping";
    this.#restarts.cancel();
    await this.#consumer?.stop(graceMs);
    if (graceMs === 0) void this.#thread?.stop();
    await (this.#stopping ??= this.#close());
  }

  async #close(): Promise<void> {
    clearInterval(this.#sweeper);
    const thread = this.#thread;
    if (thread && this.#isConsuming && !thread.isBlocked && !await thread.close(CLOSE_MS)) {
      this.#options.report(notClosed(this.queue, CLOSE_MS));
    }
    await this.#slot.close();
    this.#ended.resolve("stopped");
  }

  // A thread's life.

  /** @param isResized The heap is as large as the worker's file just said. */
  #begin(isResized = false): void {
    this.#isResized = isResized;
    this.#isRetiring = false;
    try {
      this.#slot.hold(this.#newThread());
    } catch (error) {
      this.#onFailure(errorData(error));
    }
  }

  #newThread(): QueueThread {
    const { file, queue, workerNum, config, broker } = this.#options;
    const thread: QueueThread = new QueueThread({
      data: { file, queue, workerNum, config },
      maxHeapMb: this.#maxHeapMb,
      publish: (queue, body) => publishEvent(broker, queue, body),
      listener: {
        onBorn: (canBeStopped) => this.#onBorn(canBeStopped),
        onDescribed: (description, isActive) => this.#onDescribed(thread, description, isActive),
        onReady: () => this.#onReady(thread),
        onFailure: (error) => this.#onFailure(error),
        onStray: (error) => void this.#onStray(thread, error),
        onMoreStrays: (count) => this.#notices.moreStrays(count),
        onDeath: (death) => this.#onDeath(death),
        onJobs: (message) => this.#executor?.onMessage(message),
      },
    });
    return thread;
  }

  /** Said once, whichever queue's thread finds out first. */
  #onBorn(canBeStopped: boolean): void {
    if (canBeStopped || Supervisor.#isWarned) return;
    Supervisor.#isWarned = true;
    this.#notices.noLocks();
  }

  #onDescribed(thread: QueueThread, description: WorkerDescription, isActive: boolean): void {
    this.#wasActive ||= isActive;
    if (this.#options.onlyIfActive && !this.#wasActive) return void this.#leave();
    this.#launch(true);
    if (description.maxHeapMb !== this.#maxHeapMb && !this.#isResized) {
      this.#maxHeapMb = description.maxHeapMb;
      void this.#slot.end();
      return this.#begin(true);
    }
    try {
      this.#consumer ??= this.#makeConsumer(description);
      this.#compare(this.#consumer.executor.description, description);
    } catch (error) {
      return this.#onFailure(errorData(error));
    }
    this.#shared = this.#consumer.executor.newShared();
    thread.setUp(this.#shared, this.#consumer.executor.description);
  }

  /**
   * A worker whose file was changed is run by the numbers it had at first.
   *
   * @throws {WorkerDeclarationError} When it cannot be.
   */
  #compare(first: WorkerDescription, now: WorkerDescription): void {
    if (!isRedeclared(this.#options.file, first, now) || this.#isChanged) return;
    this.#isChanged = true;
    this.#notices.otherNumbers();
  }

  /** It is no queue of this process. */
  async #leave(): Promise<void> {
    clearInterval(this.#sweeper);
    await this.#slot.end();
    this.#launch(false);
    this.#ready();
    this.#ended.resolve("inactive");
  }

  #launch(isRun: boolean): void {
    if (this.#isLaunched) return;
    this.#isLaunched = true;
    this.#options.onLaunch?.(isRun);
  }

  #makeConsumer(description: WorkerDescription): Consumer<ThreadExecutor<Entry>> {
    const { config, broker, report, maxEvents, isWatched } = this.#options;
    return new Consumer({
      queue: this.queue,
      broker,
      report,
      limits: config.limits,
      stateDir: config.stateDir,
      parkSeconds: config.restarts.parkSeconds,
      ...(maxEvents === undefined ? {} : { maxEvents }),
      onEnd: (why) => this.#ended.resolve(why),
      createExecutor: (listener) =>
        new ThreadExecutor({
          description,
          listener,
          abortGraceSeconds: config.abortGraceSeconds,
          onHang: (hang) => this.#onHang(hang),
          endThread: async () => {
            void this.#slot.end();
            return await this.#slot.isEnded;
          },
          stopMs: isWatched ? WATCHED_STOP_MS : undefined,
        }),
    });
  }

  #onReady(thread: QueueThread): void {
    if (!this.#consumer || !this.#shared || this.#isStopping()) return;
    const wasParked = this.#state === "parked";
    this.#state = "consuming";
    this.#consumer.executor.attach(thread, this.#shared);
    if (!this.#isConsuming) void this.#startConsumer(wasParked);
    else if (wasParked) this.#unpark();
  }

  #ready(): void {
    if (this.#isReady) return;
    this.#isReady = true;
    this.#options.onReady?.();
  }

  async #startConsumer(wasParked: boolean): Promise<void> {
    try {
      if (this.#isQuiet) await this.#consumer?.pause();
      this.#isConsuming = true;
      await this.#consumer?.start();
      if (wasParked) this.#unpark();
      this.#ready();
    } catch (error) {
      this.#isConsuming = false;
      if (this.#isStopping()) return;
      if (this.#options.isOnly) return this.#ended.reject(error);
      this.#ready();
      this.#park();
      this.#notices.refused(this.#options.config.restarts.parkSeconds, errorData(error));
    }
  }

  /** The thread came to its end by itself. */
  #onDeath({ reason, error }: ThreadDeath): void {
    const isRunning = this.#state === "consuming";
    const count = this.running().length;
    const end = { reason, error, guilty: [], isSuspicious: isRunning };
    const isBlamed = this.#executor?.detach(end) ?? false;
    void this.#slot.end();
    if (this.#state === "stopping") return;
    if (isRunning && isBlamed) {
      this.#notices.endedWithEvents(reason, count, error);
      return this.#restart();
    }
    this.#onFailure(error, reason);
  }

  /** A handler did not return: its thread is ended, and only who is to blame is blamed. */
  #onHang({ jobs, running }: Hang<Entry>): void {
    const { queue } = this;
    const seconds = this.#executor?.description.maxConsumeSeconds ?? 0;
    const message = `Timed out in ${queue} after ${seconds} seconds processing 1 events`;
    const error: ErrorData = { name: "WorkerTimeoutError", message };
    const guilty = this.#guiltyOf({ jobs, running });
    const isSuspicious = guilty.length === 0;
    this.#executor?.detach({ reason: "timeout", error, guilty, isSuspicious });
    this.#notices.hangs(seconds, running.length, jobs.map(({ id }) => id));
    void this.#slot.end();
    if (this.#state !== "stopping") this.#restart();
  }

  /** Those that are surely to blame: not where a batch hangs, or one of several blocks them all. */
  #guiltyOf({ jobs, running }: Hang<Entry>): readonly Entry[] {
    if (this.#thread?.isLate) return running.length === 1 ? running : [];
    const isBatch = this.#executor?.description.batch !== undefined;
    return isBatch && jobs.length > 1 ? [] : jobs;
  }

  /** What threw outside of any event ends its thread, when what runs beside it has ended. */
  async #onStray(thread: QueueThread, error: ErrorData): Promise<void> {
    if (this.#isRetiring || this.#state === "stopping") return this.#notices.stray(error);
    if (this.#state !== "consuming") return this.#onFailure(error);
    this.#isRetiring = true;
    this.#notices.stray(error);
    const givenUp = await this.#executor?.retire(RETIRE_MS) ?? [];
    if (thread !== this.#thread || this.#isStopping()) return;
    await thread.close();
    if (thread !== this.#thread || this.#isStopping()) return;
    // Else an event that throws so and runs for long would do so for ever.
    this.#executor?.detach({ reason: "crashed", error, guilty: [], isSuspicious: false, givenUp });
    void this.#slot.end();
    this.#tryLater(error);
  }

  #isStopping(): boolean {
    return this.#state === "stopping";
  }

  /** A thread could not be begun, or ended without any event being to blame. */
  #onFailure(error: ErrorData, reason?: ThreadDeath["reason"]): void {
    this.#executor?.detach({ reason: "crashed", error, guilty: [], isSuspicious: false });
    void this.#slot.end();
    if (this.#isStopping()) return;
    this.#launch(true);
    this.#ready();
    if (this.#options.isOnly && !this.#isConsuming) return this.#ended.reject(thrownBy(error));
    if (this.#options.isWatched && !this.#isConsuming) return this.#waitForChange(error);
    if (this.#state === "parked") return this.#restarts.whileParked();
    if (this.#restarts.mayFail) {
      if (reason) this.#notices.ended(reason, error);
      else this.#notices.didNotStart(error);
    }
    this.#tryLater(error);
  }

  #waitForChange(error: ErrorData): void {
    this.#state = "parked";
    this.#restarts.onceChanged();
    this.#notices.waitsForChange(this.#options.file.file, error);
  }

  #tryLater(error: ErrorData): void {
    if (this.#restarts.afterFailure()) {
      this.#state = "restarting";
      return;
    }
    this.#park();
    this.#notices.parked(this.#options.config.restarts, error);
  }

  #restart(): void {
    this.#state = "restarting";
    this.#restarts.now();
  }

  #onZombie(): void {
    this.#notices.zombie();
    this.#options.onZombie?.();
  }

  // Parking.

  #park(): void {
    this.#state = "parked";
    void this.#slot.end();
    if (this.#isConsuming) void this.#consumer?.pause("parked").catch(() => {});
    this.#consumer?.recall();
    this.#options.onParked?.(true);
    this.#restarts.whileParked();
  }

  #unpark(): void {
    this.#restarts.forgive();
    this.#options.onParked?.(false);
    this.#notices.consumedAgain();
    if (this.#isConsuming) void this.#consumer?.resume("parked");
  }

  // What goes on.

  #sweep(now: number): void {
    const lateMs = this.#lateness.sweep(now);
    this.#thread?.sweep(now, lateMs);
    this.#consumer?.sweep(now, lateMs);
    const isIdle = this.#state === "consuming" && this.running().length === 0;
    if (isIdle) this.#lookForBlock();
  }

  #lookForBlock(): void {
    const thread = this.#thread;
    const executor = this.#executor;
    if (!thread || !executor) return;
    const ms = blockedMs(thread, executor, this.limit);
    if (ms !== undefined) this.#onBlocked(ms);
  }

  /** Something that a handler left behind blocks the thread. */
  #onBlocked(ms: number): void {
    const seconds = Math.round(ms / 1000);
    const error = { name: "ThreadBlocked", message: `The thread did not answer for ${seconds} s` };
    this.#notices.blocked(seconds);
    this.#executor?.detach({ reason: "crashed", error, guilty: [], isSuspicious: false });
    void this.#slot.end();
    this.#tryLater(error);
  }
}

/** An error as a thread told it. */
function thrownBy(error: ErrorData): Error {
  const isDeclaration = error.name === "WorkerDeclarationError";
  return isDeclaration ? new WorkerDeclarationError(error.message) : errorFrom(error);
}
