/**
 * One queue in one process, from connecting to the exit code.
 *
 * @module
 */

import type { Broker } from "../../broker/broker.ts";
import type { RunCommand } from "../../command_line/command.ts";
import type { Config } from "../../config.ts";
import { errorData } from "../../error_data.ts";
import { combine } from "../../monitoring/combine.ts";
import { errorFileReporter } from "../../monitoring/error_file.ts";
import { logReporter } from "../../monitoring/log_reporter.ts";
import { logLine } from "../../monitoring/logging.ts";
import type { Reporter } from "../../monitoring/report.ts";
import type { SentryReporter } from "../../monitoring/sentry.ts";
import { QueueStatistics } from "../../monitoring/statistics.ts";
import { EXIT, type Request, Signals } from "../../process.ts";
import { consumedQueue, getWorker, type RunningWorker } from "../../registry.ts";
import { VERSION } from "../../version.ts";
import { TOO_LATE, within } from "../../within.ts";
import { isForUsers } from "../failure.ts";
import { openBroker } from "../open_broker.ts";
import { type End, Ends, exitCode } from "./ends.ts";

/** How often the statistics look whether they are due, in ms. */
const STATISTICS_SWEEP_MS = 250;
/** How long the end waits for Sentry, in ms. */
const SENTRY_FLUSH_MS = 2000;

/** How long the last line waits for a broker that may be gone, in ms. */
const SUMMARY_MS = 2000;

/** What to run. */
export interface QueueRunOptions {
  /** The worker's queue; with shards, the one of all of them. */
  readonly queue: string;
  readonly workerNum: number;
  readonly command: Pick<RunCommand, "drain" | "maxEvents" | "maxSeconds">;
  readonly config: Config;
  /** Where errors go beside the log, if anywhere. */
  readonly sentry?: SentryReporter | undefined;
  /** Writes a line to standard output. */
  readonly print: (line: string) => void;
}

/** Runs the worker of one queue until something ends it. */
export class QueueRun {
  readonly #options: QueueRunOptions;
  /** The queue that is consumed; with shards, the shard. */
  readonly #queue: string;
  readonly #report: Reporter;
  readonly #statistics: QueueStatistics;
  readonly #ends = new Ends();
  readonly #hurry = Promise.withResolvers<void>();
  #worker: RunningWorker | undefined;
  #isStarted = false;
  #isQuiet = false;

  /**
   * @param options What to run.
   * @throws {UsageError} When the worker's number names no shard.
   */
  constructor(options: QueueRunOptions) {
    const { queue, workerNum, config, sentry } = options;
    this.#options = options;
    this.#queue = consumedQueue(queue, workerNum, config);
    const log = logReporter(workerNum);
    this.#statistics = new QueueStatistics({
      queue: this.#queue,
      workerNum,
      dir: config.statsDir,
      version: VERSION,
      notify: log,
      running: () => this.#oldest(),
    });
    this.#report = combine(
      log,
      this.#statistics.report,
      ...(config.errorDir === undefined ? [] : [errorFileReporter(config.errorDir, log)]),
      ...(sentry ? [sentry.report] : []),
    );
  }

  /**
   * Connects, consumes, drains.
   *
   * @returns The exit code.
   * @throws {BrokerError} When the broker refuses at the start; likewise all other errors whose
   * message is written for the user. Any other is logged, and the exit code is 1.
   */
  async run(): Promise<number> {
    const { maxSeconds } = this.#options.command;
    using ends = this.#ends;
    using _signals = new Signals((request) => this.#onRequest(request));
    ends.onUncaught((error) => this.#logException(error));
    if (maxSeconds !== undefined) ends.after(maxSeconds);
    const sweep = () => this.#statistics.sweep(performance.now());
    const sweeper = setInterval(sweep, STATISTICS_SWEEP_MS);
    try {
      return await this.#connectAndConsume();
    } catch (error) {
      if (isForUsers(error)) throw error;
      this.#logException(error);
      return EXIT.failed;
    } finally {
      clearInterval(sweeper);
      this.#statistics.flush();
      await this.#options.sentry?.flush(SENTRY_FLUSH_MS);
    }
  }

  /** A stop does not wait for a broker that is not there. */
  async #connectAndConsume(): Promise<number> {
    const opening = this.#open();
    const early = await Promise.race([opening.then(() => undefined), this.#ends.first]);
    if (early === undefined) return await this.#consume(await opening);
    opening.then((broker) => broker[Symbol.asyncDispose]()).catch(() => {});
    return exitCode(early);
  }

  async #open(): Promise<Broker> {
    const { workerNum, config } = this.#options;
    this.#log("info", `Worker ${workerNum} connecting to queue ${this.#queue}`);
    const name = `process-queue ${this.#queue} ${Deno.hostname()}:${Deno.pid}`;
    return await openBroker(config, { name, report: this.#report });
  }

  async #consume(broker: Broker): Promise<number> {
    const { command, print } = this.#options;
    const end = await this.#consumeUntilEnd(broker).catch(async (error) => {
      await broker[Symbol.asyncDispose]();
      throw error;
    });
    // What is stuck must not be handed out again while it still runs: the exit closes the socket.
    if (end === "stuck") return EXIT.restart;
    if (command.drain) print(await this.#summary(broker));
    await broker[Symbol.asyncDispose]();
    return exitCode(end);
  }

  async #consumeUntilEnd(broker: Broker): Promise<End> {
    const refused = Promise.withResolvers<never>();
    this.#start(broker).catch(refused.reject);
    try {
      const end = await Promise.race([this.#ends.first, refused.promise]);
      await this.#stop(end);
      return end;
    } catch (error) {
      await this.#worker?.stop(0).catch(() => {});
      throw error;
    }
  }

  /** Sets the worker up and lets it consume. A stop may come at any time. */
  async #start(broker: Broker): Promise<void> {
    const worker = await this.#setUp(broker);
    if (this.#isQuiet) await worker.pause();
    this.#isStarted = true;
    if (this.#options.command.drain) {
      void this.#ends.whenEmpty(broker, this.#queue, () => worker.inFlight);
    }
    const end = await worker.start();
    if (end !== "stopped") this.#ends.end(end);
  }

  async #setUp(broker: Broker): Promise<RunningWorker> {
    const { queue, workerNum, config, command } = this.#options;
    const worker = await getWorker(queue, {
      workerNum,
      config,
      broker,
      report: this.#report,
      ...(command.maxEvents === undefined ? {} : { maxEvents: command.maxEvents }),
    });
    this.#worker = worker;
    await worker.setup();
    return worker;
  }

  /** Drains; a second signal ends the wait for what runs. */
  async #stop(end: End): Promise<void> {
    const { workerNum, config } = this.#options;
    const worker = this.#worker;
    this.#log("info", `Worker ${workerNum} disconnecting from queue ${this.#queue}`);
    const stopped = worker?.stop(end === "stuck" ? 0 : config.stopGraceSeconds * 1000);
    await Promise.race([stopped, this.#hurry.promise.then(() => worker?.stop(0))]);
  }

  #onRequest(request: Request): void {
    switch (request) {
      case "stop":
        return this.#ends.end("stop");
      case "restart":
        this.#log("warning", "SIGUSR1 received. Restarting this queue processor.");
        return this.#ends.end("restart");
      case "now":
        return this.#hurry.resolve();
      case "quiet":
        this.#isQuiet = true;
        this.#log("info", "Taking no more events from queue {queue} until SIGCONT");
        if (!this.#isStarted) return;
        return void this.#worker?.pause().catch((error) => this.#logException(error));
      case "continue":
        if (this.#isQuiet) this.#log("info", "Taking events from queue {queue} again");
        this.#isQuiet = false;
        if (this.#isStarted) void this.#worker?.resume();
        return;
      case "status":
        return this.#logStatus();
    }
  }

  async #summary(broker: Broker): Promise<string> {
    const waiting = await within(SUMMARY_MS, broker.waiting(this.#queue)).catch(() => TOO_LATE);
    const known = waiting === TOO_LATE ? "unknown" : String(waiting);
    const { processed = 0, retried = 0, failed = 0 } = this.#worker?.totals ?? {};
    return `done ${processed}, retried ${retried}, failed ${failed}, waiting for retry ${known}`;
  }

  #oldest(): { id: string; ageSeconds: number } | undefined {
    const [first, ...others] = this.#worker?.running() ?? [];
    if (!first) return undefined;
    const oldest = others.reduce((a, b) => b.since < a.since ? b : a, first);
    return { id: oldest.job.id, ageSeconds: (performance.now() - oldest.since) / 1000 };
  }

  /** Zulip's line for what goes wrong outside of any event. */
  #logException(error: unknown): void {
    this.#report({
      kind: "notice",
      level: "error",
      queue: this.#queue,
      message: "Unhandled exception from queue: {queue}",
      error: errorData(error),
    });
  }

  #logStatus(): void {
    const { processed, retried, failed } = this.#worker?.totals ?? NOTHING;
    const oldest = this.#oldest();
    const running = oldest && { id: oldest.id, age: Math.round(oldest.ageSeconds * 1000) / 1000 };
    const state = this.#isQuiet ? "quiet" : this.#isStarted ? "consuming" : "starting";
    const inFlight = this.#worker?.inFlight ?? 0;
    logLine(
      "info",
      "Status of queue {queue}: {state}, {in_flight} in flight, {processed} processed, " +
        "{retried} retried, {failed} failed",
      { state, in_flight: inFlight, processed, retried, failed, running },
      { queue: this.#queue, worker_num: this.#options.workerNum },
    );
  }

  #log(level: "info" | "warning", message: string): void {
    logLine(level, message, {}, { queue: this.#queue, worker_num: this.#options.workerNum });
  }
}

const NOTHING = { processed: 0, retried: 0, failed: 0 };
