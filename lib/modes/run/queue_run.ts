/**
 * One queue of this process: its worker, in a thread or in the main thread, its statistics and
 * what is said of it.
 *
 * @module
 */

import type { Broker } from "../../engine/broker/broker.ts";
import type { Config } from "../../config/config.ts";
import type { Totals } from "../../engine/consumer/consumer.ts";
import type { WorkerFile } from "../../engine/host/discovery.ts";
import { type ErrorData, errorData } from "../../errors/error_data.ts";
import type { Running } from "../../engine/executor/executor.ts";
import { combine } from "../../monitoring/combine.ts";
import { errorFileReporter } from "../../monitoring/error_file.ts";
import { logReporter } from "../../monitoring/log_reporter.ts";
import { logLine } from "../../log/log.ts";
import type { Report, Reporter } from "../../engine/report.ts";
import type { SentryReporter } from "../../monitoring/sentry.ts";
import { QueueStatistics } from "../../monitoring/statistics.ts";
import { RunningWorker } from "../../engine/supervisor/inline_worker.ts";
import type { Runner, WorkerEnd } from "../../engine/supervisor/queue_runner.ts";
import { Supervisor } from "../../engine/supervisor/supervisor.ts";
import { VERSION } from "../../system/version.ts";

/** What to run. */
export interface QueueRunOptions {
  readonly file: WorkerFile;
  /** The queue that is consumed; with shards, the shard. */
  readonly queue: string;
  readonly workerNum: number;
  readonly config: Config;
  /** Where errors go beside the log, if anywhere. */
  readonly sentry?: SentryReporter | undefined;
  /** Run it in the main thread. */
  readonly inline: boolean;
  /** The process has no other queue. */
  readonly isOnly: boolean;
  /** Leave it alone if it is a test queue or not enabled. */
  readonly onlyIfActive: boolean;
  readonly maxEvents: number | undefined;
  /** A thread could not be ended. */
  readonly onZombie: () => void;
  /** The queue was parked, or is consumed again. */
  readonly onParked: () => void;
}

/** How long it may take until a handler past its limit is dealt with, in ms. */
const SWEEP_TIME_MS = 5000;
const NOTHING: Totals = { processed: 0, retried: 0, failed: 0 };

/** Runs one queue. */
export class QueueRun {
  readonly queue: string;
  readonly #options: QueueRunOptions;
  readonly #report: Reporter;
  readonly #ready = Promise.withResolvers<void>();
  readonly #launched = Promise.withResolvers<boolean>();
  #statistics: QueueStatistics | undefined;
  #runner: Runner | undefined;
  #supervisor: Supervisor | undefined;
  #lastError: ErrorData | undefined;
  #isStarted = false;
  #isQuiet = false;

  /** @param options What to run. */
  constructor(options: QueueRunOptions) {
    const { queue, workerNum, config, sentry } = options;
    this.#options = options;
    this.queue = queue;
    const log = logReporter(workerNum);
    this.#report = combine(
      log,
      (report) => this.#statistics?.report(report),
      (report) => this.#keepError(report),
      ...(config.errorDir === undefined ? [] : [errorFileReporter(config.errorDir, log)]),
      ...(sentry ? [sentry.ofQueue(queue, workerNum)] : []),
    );
    if (!options.onlyIfActive) this.#openStatistics(log);
  }

  /** Resolves to whether the queue is run by this process, once that is known. */
  get launched(): Promise<boolean> {
    return this.#launched.promise;
  }

  /** Resolves when the queue is consumed, or its worker could not be begun at first. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** What became of events so far. */
  get totals(): Readonly<Totals> {
    return this.#runner?.totals ?? NOTHING;
  }

  /** How many deliveries are not settled yet. */
  get inFlight(): number {
    return this.#runner?.inFlight ?? 0;
  }

  /** How many events run now. */
  get runningCount(): number {
    return this.#runner?.running().length ?? 0;
  }

  /** Whether nothing is taken from the queue until it is tried again. */
  get isParked(): boolean {
    return this.#runner?.isParked ?? false;
  }

  /** Whether a handler goes on that ends only with the process. */
  get isLeft(): boolean {
    return this.#runner?.isLeft ?? false;
  }

  /** Whether it is parked as its worker cannot be kept running, or the broker refuses it. */
  get isGivenUp(): boolean {
    return this.#supervisor?.state === "parked";
  }

  /**
   * Sets the worker up and lets it consume, until it is stopped or ends by itself.
   *
   * @throws Where the process has no other queue: what is wrong at its start.
   */
  async start(broker: Broker): Promise<WorkerEnd> {
    const runner = await this.#makeRunner(broker);
    if (this.#isQuiet) await runner.pause();
    this.#isStarted = true;
    return await runner.start();
  }

  /** Takes no more events. */
  pause(): void {
    this.#isQuiet = true;
    this.log("info", "Taking no more events from queue {queue} until SIGCONT");
    if (this.#isStarted) void this.#runner?.pause().catch((error) => this.logException(error));
  }

  /** Takes events again. */
  resume(): void {
    if (this.#isQuiet) this.log("info", "Taking events from queue {queue} again");
    this.#isQuiet = false;
    if (this.#isStarted) void this.#runner?.resume();
  }

  /** Drains. @param graceMs How long what runs may go on before it is aborted. */
  async stop(graceMs: number): Promise<void> {
    this.#launched.resolve(false);
    await this.#runner?.stop(graceMs);
  }

  /**
   * Whether every event that runs is younger than its limit, with some time for what is done then.
   *
   * @param now `performance.now()`
   */
  isWell(now: number): boolean {
    return this.#runner === undefined || isInTime(this.#runner, now);
  }

  /** How the queue is, in a word. */
  get state(): string {
    return this.#state();
  }

  /** Writes the statistics if they are due. @param now `performance.now()` */
  sweep(now: number): void {
    this.#statistics?.sweep(now);
  }

  /** Writes the statistics. */
  flush(): void {
    this.#statistics?.flush();
  }

  /** Says that the worker connects, in Zulip's words. */
  logConnecting(): void {
    this.log("info", `Worker ${this.#options.workerNum} connecting to queue ${this.queue}`);
  }

  /** Says that the worker disconnects, in Zulip's words. */
  logDisconnecting(): void {
    this.log("info", `Worker ${this.#options.workerNum} disconnecting from queue ${this.queue}`);
  }

  /** Zulip's line for what goes wrong outside of any event. */
  logException(error: unknown): void {
    this.#report({
      kind: "notice",
      level: "error",
      queue: this.queue,
      message: "Unhandled exception from queue: {queue}",
      error: errorData(error),
    });
  }

  /** Says how the queue is. */
  logStatus(): void {
    const { processed, retried, failed } = this.totals;
    const { inFlight } = this;
    const state = this.#state();
    this.log(
      "info",
      "Status of queue {queue}: {state}, {in_flight} in flight, {processed} processed, " +
        "{retried} retried, {failed} failed",
      { state, in_flight: inFlight, processed, retried, failed, ...this.#more() },
    );
  }

  /** Writes a line about the queue. */
  log(level: "info" | "warning", message: string, properties: object = {}): void {
    logLine(level, message, properties, {
      queue: this.queue,
      worker_num: this.#options.workerNum,
    });
  }

  async #makeRunner(broker: Broker): Promise<Runner> {
    const { inline, file, queue, workerNum, config, maxEvents, ...rest } = this.#options;
    const common = {
      workerNum,
      config,
      broker,
      report: this.#report,
      onReady: () => this.#ready.resolve(),
      ...(maxEvents === undefined ? {} : { maxEvents }),
    };
    if (!inline) {
      const onLaunch = (isRun: boolean) => this.#onLaunch(isRun);
      this.#supervisor = new Supervisor({ ...rest, ...common, file, queue, onLaunch });
      return this.#runner = this.#supervisor;
    }
    this.#launched.resolve(true);
    const worker = await RunningWorker.load(file, queue, common);
    this.#runner = worker;
    await worker.setup();
    return worker;
  }

  #onLaunch(isRun: boolean): void {
    if (isRun && !this.#statistics) this.#openStatistics(logReporter(this.#options.workerNum));
    this.#launched.resolve(isRun);
  }

  #openStatistics(notify: Reporter): void {
    const { workerNum, config } = this.#options;
    this.#statistics = new QueueStatistics({
      queue: this.queue,
      workerNum,
      dir: config.statsDir,
      version: VERSION,
      notify,
      running: () => this.#oldest(),
    });
  }

  #keepError(report: Report): void {
    if (report.kind !== "woke" && report.error) this.#lastError = report.error;
  }

  #state(): string {
    const state = this.#supervisor?.state ?? (this.#isStarted ? "consuming" : "starting");
    if (this.isParked) return "parked";
    return this.#isQuiet && (state === "consuming" || state === "starting") ? "quiet" : state;
  }

  /** What a status says of a thread, and what runs. */
  #more(): object {
    const oldest = this.#oldest();
    const { heapMb, zombies = 0 } = this.#supervisor ?? {};
    const lastError = this.#lastError;
    return {
      running: oldest && { id: oldest.id, age: Math.round(oldest.ageSeconds * 1000) / 1000 },
      heap_mb: heapMb,
      ...(zombies > 0 && { zombie_threads: zombies }),
      ...(lastError && { last_error: `${lastError.name}: ${lastError.message}` }),
    };
  }

  #oldest(): { id: string; ageSeconds: number } | undefined {
    const [first, ...others] = this.#runner?.running() ?? [];
    if (!first) return undefined;
    const oldest = others.reduce((a, b) => b.since < a.since ? b : a, first);
    return { id: oldest.job.id, ageSeconds: (performance.now() - oldest.since) / 1000 };
  }
}

/**
 * Whether every event that runs is younger than its limit, with 5 s for what is done then.
 *
 * @param now `performance.now()`
 */
export function isInTime(
  runner: Pick<Runner, "limit"> & { running(): readonly Pick<Running, "since">[] },
  now: number,
): boolean {
  const most = (runner.limit ?? Infinity) + SWEEP_TIME_MS;
  return runner.running().every(({ since }) => now - since < most);
}
