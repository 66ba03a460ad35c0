/**
 * Runs queue workers: `--queue_name`.
 *
 * @module
 */

import type { Broker } from "../broker/broker.ts";
import type { RunCommand } from "../command_line/command.ts";
import { checkQueueNames, type Config } from "../config.ts";
import { discover } from "../discovery.ts";
import { combine } from "../monitoring/combine.ts";
import { errorFileReporter } from "../monitoring/error_file.ts";
import { logReporter } from "../monitoring/log_reporter.ts";
import { logLine } from "../monitoring/logging.ts";
import type { Report, Reporter } from "../monitoring/report.ts";
import { QueueStatistics } from "../monitoring/statistics.ts";
import { EXIT, type Request, Signals } from "../process.ts";
import { consumedQueue, getWorker, requireWorkerFile, type RunningWorker } from "../registry.ts";
import { LADDER, retryQueueName } from "../retry.ts";
import { UsageError } from "../usage_error.ts";
import { VERSION } from "../version.ts";
import { openBroker } from "./open_broker.ts";

/** How often a drain looks whether the queue is empty, in ms; it must be so twice. */
const DRAIN_LOOK_MS = 200;
const STATISTICS_SWEEP_MS = 250;

/** What the run mode writes its last line to. */
export interface RunOutput {
  /** A line for standard output. */
  print(line: string): void;
}

/**
 * Runs the worker of one queue until a signal, `--drain`, `--max_events` or `--max_seconds` ends it.
 *
 * @returns The exit code.
 * @throws {UsageError} When the queue is not known, or the mode is not there yet.
 * @throws {Error} When the configuration names queues that do not exist.
 * @throws {BrokerError} When the broker refuses at the start.
 */
export async function runQueues(
  command: RunCommand,
  config: Config,
  output: RunOutput,
): Promise<number> {
  if (command.queues.kind !== "one") throw notYet(command.queues.kind);
  const { queue, workerNum } = command.queues;
  requireWorkerFile(queue, config.workersDir);
  checkConfigNames(config);
  const run = new QueueRun(queue, workerNum, command, config);
  using _signals = new Signals((request) => run.onRequest(request));
  return await run.run(output);
}

function notYet(kind: "several" | "all"): UsageError {
  return new UsageError(
    `${kind === "all" ? "--all" : "--multi_threaded"} is not available yet in this version: run ` +
      `one process for each queue with --queue_name`,
  );
}

function checkConfigNames(config: Config): void {
  const { files } = discover(config.workersDir);
  const problems = checkQueueNames(config, files.map(({ name }) => name));
  if (problems.length > 0) throw new Error(problems.join("\n"));
}

/** Why a run ends. */
type End = "stop" | "restart" | "drained" | "max-events" | "max-seconds" | "stuck";

/** One queue in one process, from connecting to the exit code. */
class QueueRun {
  readonly #queue: string;
  readonly #workerNum: number;
  readonly #command: RunCommand;
  readonly #config: Config;
  readonly #report: Reporter;
  readonly #statistics: QueueStatistics;
  readonly #ending = Promise.withResolvers<End>();
  readonly #now = Promise.withResolvers<void>();
  #worker: RunningWorker | undefined;

  constructor(queue: string, workerNum: number, command: RunCommand, config: Config) {
    this.#queue = consumedQueue(queue, workerNum, config);
    this.#workerNum = workerNum;
    this.#command = command;
    this.#config = config;
    const log = logReporter(workerNum);
    this.#statistics = this.#makeStatistics(log);
    this.#report = combine(
      log,
      this.#statistics.report,
      ...(config.errorDir === undefined ? [] : [errorFileReporter(config.errorDir, log)]),
    );
  }

  /** Does what a signal asks for. */
  onRequest(request: Request): void {
    switch (request) {
      case "stop":
        return this.#ending.resolve("stop");
      case "restart":
        this.#log("warning", "SIGUSR1 received. Restarting this queue processor.");
        return this.#ending.resolve("restart");
      case "now":
        return this.#now.resolve();
      case "quiet":
        this.#log("info", "Taking no more events from queue {queue} until SIGCONT");
        return void this.#worker?.pause();
      case "continue":
        return void this.#worker?.resume();
    }
  }

  async run(output: RunOutput): Promise<number> {
    const opening = this.#open();
    const early = await Promise.race([opening.then(() => undefined), this.#ending.promise]);
    if (early) {
      opening.then((broker) => broker[Symbol.asyncDispose]()).catch(() => {});
      return exitCode(early);
    }
    const broker = await opening;
    try {
      return await this.#consume(broker, output);
    } finally {
      this.#statistics.flush();
    }
  }

  async #open(): Promise<Broker> {
    this.#log("info", `Worker ${this.#workerNum} connecting to queue ${this.#queue}`);
    const name = `process-queue ${this.#queue} ${Deno.hostname()}:${Deno.pid}`;
    return await openBroker(this.#config, { name, report: this.#report });
  }

  async #consume(broker: Broker, output: RunOutput): Promise<number> {
    const worker = await this.#makeWorker(broker);
    const sweeper = setInterval(
      () => this.#statistics.sweep(performance.now()),
      STATISTICS_SWEEP_MS,
    );
    const limits = this.#limits(broker, worker);
    try {
      const end = await Promise.race([this.#ending.promise, worker.start(), limits.ended]);
      if (end !== "stopped") await this.#stop(worker, end);
      if (end === "stuck") return EXIT.restart;
      if (this.#command.drain) output.print(await this.#summary(broker, worker));
      await broker[Symbol.asyncDispose]();
      return end === "stopped" ? EXIT.stopped : exitCode(end);
    } finally {
      limits.cancel();
      clearInterval(sweeper);
    }
  }

  async #makeWorker(broker: Broker): Promise<RunningWorker> {
    const { queues, maxEvents } = this.#command;
    if (queues.kind !== "one") throw notYet(queues.kind);
    const worker = await getWorker(queues.queue, {
      workerNum: this.#workerNum,
      config: this.#config,
      broker,
      report: this.#report,
      ...(maxEvents === undefined ? {} : { maxEvents }),
    });
    this.#worker = worker;
    await worker.setup();
    return worker;
  }

  /** Drains; a second signal ends the wait for what runs. */
  async #stop(worker: RunningWorker, end: End): Promise<void> {
    this.#log("info", `Worker ${this.#workerNum} disconnecting from queue ${this.#queue}`);
    const grace = end === "stuck" ? 0 : this.#config.stopGraceSeconds * 1000;
    const stopped = worker.stop(grace);
    await Promise.race([stopped, this.#now.promise.then(() => worker.stop(0))]);
  }

  /** The ends that come by themselves: an empty queue, a number of seconds. */
  #limits(broker: Broker, worker: RunningWorker): { ended: Promise<End>; cancel(): void } {
    const ended = Promise.withResolvers<End>();
    const { drain, maxSeconds } = this.#command;
    let cancelled = false;
    const timer = maxSeconds === undefined
      ? undefined
      : setTimeout(() => ended.resolve("max-seconds"), maxSeconds * 1000);
    if (drain) {
      void this.#untilEmpty(broker, worker, () => cancelled).then(() => ended.resolve("drained"));
    }
    return {
      ended: ended.promise,
      cancel: () => {
        cancelled = true;
        clearTimeout(timer);
      },
    };
  }

  /** Resolves when the queue was empty twice in a row and nothing ran here. */
  async #untilEmpty(
    broker: Broker,
    worker: RunningWorker,
    isCancelled: () => boolean,
  ): Promise<void> {
    for (let empty = 0; empty < 2 && !isCancelled();) {
      await new Promise((resolve) => setTimeout(resolve, DRAIN_LOOK_MS));
      const depth = await broker.depth(this.#queue).catch(() => undefined);
      empty = depth?.ready === 0 && worker.inFlight === 0 ? empty + 1 : 0;
    }
  }

  async #summary(broker: Broker, { totals }: RunningWorker): Promise<string> {
    const depths = await Promise.all(
      LADDER.map((step) => broker.depth(retryQueueName(this.#queue, step)).catch(() => undefined)),
    );
    const waiting = depths.reduce((sum, depth) => sum + (depth?.ready ?? 0), 0);
    return `done ${totals.processed}, retried ${totals.retried}, failed ${totals.failed}, ` +
      `waiting for retry ${waiting}`;
  }

  #makeStatistics(notify: Reporter): QueueStatistics {
    return new QueueStatistics({
      queue: this.#queue,
      workerNum: this.#workerNum,
      dir: this.#config.statsDir,
      version: VERSION,
      notify: (report: Report) => notify(report),
      running: () => this.#oldest(),
    });
  }

  #oldest(): { id: string; ageSeconds: number } | undefined {
    const [first, ...others] = this.#worker?.running() ?? [];
    if (!first) return undefined;
    const oldest = others.reduce((a, b) => b.since < a.since ? b : a, first);
    return { id: oldest.job.id, ageSeconds: (performance.now() - oldest.since) / 1000 };
  }

  #log(level: "info" | "warning", message: string): void {
    logLine(level, message, {}, { queue: this.#queue, worker_num: this.#workerNum });
  }
}

function exitCode(end: End): number {
  return end === "restart" || end === "stuck" ? EXIT.restart : EXIT.stopped;
}
