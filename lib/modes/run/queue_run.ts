/**
 * One queue of this process: its worker, started and stopped.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import type { Broker } from "../../engine/broker/broker.ts";
import type { IsolationTurns } from "../../engine/consumer/suspects/turns.ts";
import type { Running } from "../../engine/executor/executor.ts";
import { getWorker, type WorkerOptions, type WorkerQueue } from "../../engine/registry.ts";
import type { WorkerRunOptions } from "../../engine/supervisor/inline_worker.ts";
import type { LoopFigures } from "../../engine/supervisor/loop_watch.ts";
import {
  NOT_STARTED,
  type QueueFigures,
  type Runner,
  type WorkerEnd,
} from "../../engine/supervisor/queue_runner.ts";
import type { SentryReporter } from "../../monitoring/sentry.ts";
import { QueueMonitor } from "./queue_monitor.ts";

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

/** How late a handler past its limit may be dealt with, in ms. */
const SWEEP_TIME_MS = 5000;
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
  #isStarted = false;
  #isQuiet = false;
  #isStopped = false;

  /** @param options What to run. */
  constructor(options: QueueRunOptions) {
    this.#options = options;
    this.worker = options.worker;
    this.queue = options.queue;
    const running = () => this.#oldest();
    const waitingFor = () => this.figures.waitingFor;
    this.monitor = new QueueMonitor({ ...options, running, waitingFor });
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
    const state = this.#runner?.state ?? (this.#isStarted ? "consuming" : "starting");
    const { isParked, waitingFor } = this.figures;
    if (isParked) return "parked";
    if (this.#isQuiet && (state === "consuming" || state === "starting")) return "quiet";
    return state === "consuming" && waitingFor !== undefined ? `waiting for ${waitingFor}` : state;
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
    if (this.#isQuiet) await runner.pause();
    this.#isStarted = true;
    return await runner.start();
  }

  /** Takes no more events. */
  pause(): void {
    this.#isQuiet = true;
    this.monitor.log("info", "Taking no more events from queue {queue} until SIGCONT");
    if (!this.#isStarted) return;
    void this.#runner?.pause().catch((error) => this.monitor.logException(error));
  }

  /** Takes events again. */
  resume(): void {
    if (this.#isQuiet) this.monitor.log("info", "Taking events from queue {queue} again");
    this.#isQuiet = false;
    if (this.#isStarted) void this.#runner?.resume();
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
    const { inFlight, totals: { processed, retried, failed } } = this.figures;
    this.monitor.log(
      "info",
      "Status of queue {queue}: {state}, {in_flight} in flight, {processed} processed, " +
        "{retried} retried, {failed} failed",
      { state: this.state, in_flight: inFlight, processed, retried, failed, ...this.#more() },
    );
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

  /** The details of a status: the oldest event that runs, the thread, the last error. */
  #more(): object {
    const oldest = this.#oldest();
    const { heapMb, zombies = 0 } = this.#runner?.threads ?? {};
    const { lastError } = this.monitor;
    const loops = this.#runner?.loops.figures ?? [];
    return {
      running: oldest && { id: oldest.id, age: Math.round(oldest.ageSeconds * 1000) / 1000 },
      heap_mb: heapMb,
      ...(zombies > 0 && { zombie_threads: zombies }),
      ...(loops.length > 0 && { loops: Object.fromEntries(loops.map(loopStatus)) }),
      ...(lastError && { last_error: `${lastError.name}: ${lastError.message}` }),
    };
  }

  #oldest(): { id: string; ageSeconds: number } | undefined {
    const [first, ...others] = this.figures.running();
    if (!first) return undefined;
    const oldest = others.reduce((a, b) => b.since < a.since ? b : a, first);
    return { id: oldest.job.id, ageSeconds: (performance.now() - oldest.since) / 1000 };
  }
}

/** A loop in a status line: when its last pass ended, whether that failed, how long one has run. */
export function loopStatus(
  { name, runningSeconds, endedAt, failures, error }: LoopFigures,
): [name: string, status: object] {
  return [name, {
    last_pass: endedAt === undefined ? null : new Date(endedAt).toISOString(),
    ...(runningSeconds !== undefined && { running: Math.round(runningSeconds * 1000) / 1000 }),
    ...(failures > 0 && { failures, error: `${error?.name}: ${error?.message}` }),
  }];
}

/**
 * Reports whether every running event is younger than its limit, with 5 s for ending its handler.
 *
 * @param now `performance.now()`
 */
export function isInTime(
  queue: Pick<QueueFigures, "limit"> & { running(): readonly Pick<Running, "since">[] },
  now: number,
): boolean {
  const most = (queue.limit ?? Infinity) + SWEEP_TIME_MS;
  return queue.running().every(({ since }) => now - since < most);
}
