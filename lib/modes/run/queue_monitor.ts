/**
 * Turns the reports of one queue into log lines, statistics, error files and Sentry events.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import { notice, type Report, type Reporter, uncaughtNotice } from "../../engine/report.ts";
import { uncaughtData } from "../../engine/executor/current_run.ts";
import type { ErrorData } from "../../errors/error_data.ts";
import { logLine } from "../../log/log.ts";
import { combine } from "../../monitoring/combine.ts";
import { ErrorFile } from "../../monitoring/error_file.ts";
import type { FailureFeed } from "../../monitoring/failure_feed.ts";
import { logReporter } from "../../monitoring/log_reporter.ts";
import { QueueMeasures } from "../../monitoring/measures.ts";
import type { SentryReporter } from "../../monitoring/sentry.ts";
import { QueueStatistics, type StatisticsOptions } from "../../monitoring/statistics.ts";
import { VERSION } from "../../system/version.ts";

/** The queue, and where its reports go. */
export interface QueueMonitorOptions extends Pick<StatisticsOptions, "running" | "waitingFor"> {
  /** The queue that is consumed; with shards, the shard. */
  readonly queue: string;
  readonly workerNum: number;
  readonly config: Pick<Config, "errorDir" | "statsDir">;
  /** Gets failed events, for those who watch. */
  readonly failures: FailureFeed;
  /** Gets errors, as the log does. */
  readonly sentry?: SentryReporter | undefined;
}

/** Takes the reports of one queue. */
export class QueueMonitor {
  /** Takes what the engine reports of the queue. */
  readonly report: Reporter;
  /** What is measured of the queue. */
  readonly measures = new QueueMeasures(performance.now());
  readonly #options: QueueMonitorOptions;
  readonly #log: Reporter;
  readonly #errors: ErrorFile | undefined;
  #statistics: QueueStatistics | undefined;
  #lastError: ErrorData | undefined;

  /** Begins without statistics: see {@linkcode QueueMonitor.openStatistics}. */
  constructor(options: QueueMonitorOptions) {
    const { queue, workerNum, config, sentry, failures } = options;
    this.#options = options;
    const { errorDir } = config;
    this.#log = logReporter(workerNum);
    this.#errors = errorDir === undefined ? undefined : new ErrorFile(errorDir, queue, this.#log);
    this.report = combine(
      this.#log,
      this.measures.report,
      (report) => this.#statistics?.report(report),
      (report) => this.#keepError(report),
      failures.report,
      ...(this.#errors ? [this.#errors.report] : []),
      ...(sentry ? [sentry.ofQueue(queue, workerNum)] : []),
    );
  }

  /** The last error that was reported. */
  get lastError(): ErrorData | undefined {
    return this.#lastError;
  }

  /** Keeps statistics from now on, as the queue is known to run in this process. */
  openStatistics(): void {
    const { queue, workerNum, config: { statsDir: dir }, running, waitingFor } = this.#options;
    const notify = this.#log;
    this.#statistics ??= new QueueStatistics({
      queue,
      workerNum,
      dir,
      version: VERSION,
      notify,
      running,
      waitingFor,
    });
  }

  /** Does what is due, a few times a second. @param now `performance.now()` */
  sweep(now: number): void {
    this.measures.sweep(now);
    this.#statistics?.sweep(now);
  }

  /** Writes the statistics, and what is left of failed events. */
  async flush(): Promise<void> {
    await Promise.all([this.#statistics?.flush(), this.#errors?.flush()]);
  }

  /** Logs a line about the queue. */
  log(level: "info" | "warning", message: string, properties: object = {}): void {
    const { queue, workerNum } = this.#options;
    logLine(level, message, properties, { queue, worker_num: workerNum });
  }

  /** Reports an error outside of any event, in Zulip's words; what `setup` threw in one line. */
  logException(thrown: unknown): void {
    const error = uncaughtData(thrown);
    const { queue } = this.#options;
    if (error.name !== "WorkerSetupError") return this.report(uncaughtNotice(queue, error));
    const properties = { reason: error.message };
    this.report(notice("error", queue, "{reason}", { error, properties, isErrorInMessage: true }));
  }

  #keepError(report: Report): void {
    if ("error" in report && report.error) this.#lastError = report.error;
  }
}
