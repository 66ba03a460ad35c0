/**
 * One queue of this process: its worker, started and stopped.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import type { Broker } from "../../engine/broker/broker.ts";
import type { IsolationTurns } from "../../engine/consumer/suspects/turns.ts";
import { getWorker, type WorkerOptions, type WorkerQueue } from "../../engine/registry.ts";
import type { WorkerRunOptions } from "../../engine/supervisor/inline_worker.ts";
import {
  NOT_STARTED,
  type QueueFigures,
  type Runner,
  type WorkerEnd,
} from "../../engine/supervisor/queue_runner.ts";
import type { SentryReporter } from "../../monitoring/sentry.ts";
import { type PauseRecord, type QueueSnapshot, queueSnapshot } from "../../monitoring/snapshot.ts";
import type { FailureFeed } from "../../monitoring/failure_feed.ts";
import { QueueHolds } from "./queue_holds.ts";
import { QueueMonitor } from "./queue_monitor.ts";
import { type QueueSigns, queueState, StateClock, stateText } from "./queue_state.ts";
import { statusDetails } from "./status_details.ts";

/** A queue to run. */
export interface RunQueue extends WorkerQueue {
  /** Makes its worker. @default {getWorker, of the worker's file} */
  readonly make?: (options: WorkerRunOptions) => Promise<Runner>;
}

/** How a queue is run. */
export interface QueueRunOptions extends RunQueue {
  readonly config: Config;
  /** Gets errors, as the log does. */
  readonly sentry?: SentryReporter | undefined;
  /** Gets failed events, for those who watch. */
  readonly failures: FailureFeed;
  /** Run it in the main thread. */
  readonly inline: boolean;
  /** The process has no other queue. */
  readonly isOnly: boolean;
  /** Do not run it if it is a test queue or not enabled. */
  readonly onlyIfActive: boolean;
  /** Do not run it if it is not for this database. */
  readonly skipsMisplaced: boolean;
  readonly maxEvents: number | undefined;
  /** The turns of all queues of this process to run suspects alone. */
  readonly turns: IsolationTurns;
  /** A thread could not be ended. */
  readonly onZombie: () => void;
  /** The queue was parked, or is consumed again. */
  readonly onParked: () => void;
}

/** Runs one queue. */
export class QueueRun {
  /** The name of the worker. */
  readonly worker: string;
  /** The queue that is consumed; with shards, the shard. */
  readonly queue: string;
  /** Takes what is reported of the queue. */
  readonly monitor: QueueMonitor;
  readonly #options: QueueRunOptions;
  readonly #ready = Promise.withResolvers<void>();
  readonly #launched = Promise.withResolvers<boolean>();
  #runner: Runner | undefined;
  readonly #holds = new QueueHolds();
  readonly #stateClock = new StateClock();
  #isStarted = false;
  #isReady = false;
  #isStopped = false;

  /** @param options What to run. */
  constructor(options: QueueRunOptions) {
    this.#options = options;
    this.worker = options.worker;
    this.queue = options.queue;
    const running = () => this.#oldest();
    const waitingFor = () => this.figures.waitingFor;
    this.monitor = new QueueMonitor({ ...options, running, waitingFor });
    void this.ready.then(() => this.#isReady = true);
    if (!options.onlyIfActive) this.monitor.openStatistics();
  }

  /** Resolves to whether the queue is run by this process, once that is known. */
  get launched(): Promise<boolean> {
    return this.#launched.promise;
  }

  /** Resolves when the queue is consumed, or its worker could not be started at first. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Whether it is consumed, or was once, or its worker could not be started at first. */
  get hasStarted(): boolean {
    return this.#isReady;
  }

  /** Its events, in figures. */
  get figures(): QueueFigures {
    return this.#runner?.figures ?? NOT_STARTED;
  }

  /** Whether it is parked because its worker cannot be kept running, or the broker refuses it. */
  get isGivenUp(): boolean {
    return this.#runner?.state === "parked";
  }

  /** The state of the queue in a few words. */
  get state(): string {
    return stateText(this.#signs());
  }

  /** Threads that could not be ended. */
  get zombies(): number {
    return this.#runner?.threads?.zombies ?? 0;
  }

  /** An operator's pause, if there is one. */
  get paused(): PauseRecord | undefined {
    return this.#holds.paused;
  }

  /** What the process says about the queue. */
  snapshot(): QueueSnapshot {
    const state = queueState(this.#signs());
    return queueSnapshot({
      queue: this.queue,
      workerNum: this.#options.workerNum,
      state: state.state,
      stateSince: this.#stateClock.since(state),
      stateReason: state.reason,
      paused: this.#holds.paused ?? null,
      figures: this.figures,
      threads: this.#runner?.threads,
      measures: this.monitor.measures,
      clock: performance.now(),
    });
  }

  /** Does what is due, a few times a second. @param now `performance.now()` */
  sweep(now: number): void {
    this.monitor.sweep(now);
    this.#stateClock.since(queueState(this.#signs()));
  }

  /**
   * Sets the worker up and lets it consume, until it is stopped or ends by itself.
   *
   * @throws {Error} Where the process has no other queue and this one cannot start.
   */
  async start(broker: Broker): Promise<WorkerEnd> {
    const { worker, inline, make } = this.#options;
    const options = this.#workerOptions(broker);
    const runner = this.#runner = await (make?.(options) ?? getWorker(worker, options));
    if (this.#isStopped) return "stopped";
    if (inline) this.#launched.resolve(true);
    await runner.setup();
    if (this.#holds.isHeld) await runner.pause();
    this.#isStarted = true;
    return await runner.start();
  }

  /** Takes no more events, until SIGCONT. */
  quiet(): void {
    this.monitor.log("info", "Taking no more events from queue {queue} until SIGCONT");
    void this.#hold("quiet").catch((error) => this.monitor.logException(error));
  }

  /** Takes events again, unless an operator holds the queue. */
  endQuiet(): void {
    if (this.#holds.isQuiet) this.monitor.log("info", "Taking events from queue {queue} again");
    void this.#release("quiet");
  }

  /**
   * Takes no more events until {@linkcode resume}, and releases what was not started. What runs goes
   * on.
   */
  async pause(pause: PauseRecord): Promise<void> {
    await this.#hold(pause);
    if (this.#isStarted) this.#runner?.recall();
  }

  /** Takes events again, unless a signal holds the queue. */
  async resume(): Promise<void> {
    await this.#release("pause");
  }

  /** Whether it has a thread that can be restarted. */
  get canRestart(): boolean {
    return this.#runner?.restart !== undefined;
  }

  /** Restarts the thread; a queue that is parked is tried again. @param by Who asked. */
  async restart(by: string): Promise<void> {
    await this.#runner?.restart?.(by);
  }

  /** Drains. @param graceMs How long what runs may go on before it is aborted. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopped = true;
    this.#launched.resolve(false);
    await this.#runner?.stop(graceMs);
  }

  /** Logs that the worker connects, in Zulip's words. */
  logConnecting(): void {
    const { workerNum } = this.#options;
    this.monitor.log("info", `Worker ${workerNum} connecting to queue ${this.queue}`);
  }

  /** Logs that the worker disconnects, in Zulip's words. */
  logDisconnecting(): void {
    const { workerNum } = this.#options;
    this.monitor.log("info", `Worker ${workerNum} disconnecting from queue ${this.queue}`);
  }

  /** Logs how the queue is. */
  logStatus(): void {
    const { in_flight, processed, discarded, retried, failed, running } = this.snapshot();
    const done = processed + discarded;
    this.monitor.log(
      "info",
      "Status of queue {queue}: {state}, {in_flight} in flight, {processed} processed, " +
        "{retried} retried, {failed} failed",
      {
        state: this.state,
        in_flight,
        processed: done,
        retried,
        failed,
        running: running[0] && { id: running[0].id, age: running[0].age_seconds },
        ...statusDetails(this.#runner, this.monitor.lastError),
      },
    );
  }

  async #hold(why: "quiet" | PauseRecord): Promise<void> {
    this.#holds.hold(why);
    if (this.#isStarted) await this.#runner?.pause();
  }

  async #release(why: "quiet" | "pause"): Promise<void> {
    this.#holds.release(why);
    if (this.#isStarted && !this.#holds.isHeld) await this.#runner?.resume();
  }

  #signs(): QueueSigns {
    const { isParked, waitingFor } = this.figures;
    const { isQuiet, paused } = this.#holds;
    const isStarted = this.#isStarted;
    const runner = this.#isStopped ? "stopping" : this.#runner?.state;
    const { lastError } = this.monitor;
    return { runner, isStarted, isParked, isQuiet, paused, waitingFor, lastError };
  }

  #workerOptions(broker: Broker): WorkerOptions {
    const { inline, workerNum, config, turns, maxEvents, isOnly, onlyIfActive } = this.#options;
    const { onZombie, onParked, skipsMisplaced } = this.#options;
    const common = {
      workerNum,
      config,
      broker,
      report: this.monitor.report,
      turns,
      onReady: () => this.#ready.resolve(),
      ...(maxEvents === undefined ? {} : { maxEvents }),
    };
    if (inline) return { ...common, inline };
    const onLaunch = (isRun: boolean) => this.#onLaunch(isRun);
    const thread = { isOnly, onlyIfActive, skipsMisplaced, onLaunch, onZombie, onParked };
    return { ...common, inline, ...thread };
  }

  #onLaunch(isRun: boolean): void {
    if (isRun) this.monitor.openStatistics();
    this.#launched.resolve(isRun);
  }

  #oldest(): { id: string; ageSeconds: number } | undefined {
    const [first, ...others] = this.figures.running();
    if (!first) return undefined;
    const oldest = others.reduce((a, b) => b.since < a.since ? b : a, first);
    return { id: oldest.job.id, ageSeconds: (performance.now() - oldest.since) / 1000 };
  }
}
