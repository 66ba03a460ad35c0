/**
 * Runs queue workers: `--queue_name`.
 *
 * @module
 */

import type { RunCommand } from "../command_line/command.ts";
import { type Config, ConfigError, queueNameProblems } from "../config.ts";
import { discover } from "../discovery.ts";
import { logLine } from "../monitoring/logging.ts";
import { requireWorkerFile } from "../registry.ts";
import type { SentryReporter } from "../monitoring/sentry.ts";
import { UsageError } from "../usage_error.ts";
import { VERSION } from "../version.ts";
import { QueueRun } from "./run/queue_run.ts";

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
 * @throws {ConfigError} When the configuration names queues that do not exist.
 * @throws {BrokerError} When the broker refuses at the start.
 */
export async function runQueues(
  command: RunCommand,
  config: Config,
  { print }: RunOutput,
): Promise<number> {
  if (command.queues.kind !== "one") throw notYet(command.queues.kind);
  const { queue, workerNum } = command.queues;
  checkQueues(queue, config);
  const sentry = await sentryOf(config, workerNum);
  return await new QueueRun({ queue, workerNum, command, config, sentry, print }).run();
}

/** Sentry, loaded only where it is wanted. */
async function sentryOf(config: Config, workerNum: number): Promise<SentryReporter | undefined> {
  const { dsn, environment, traceRate } = config.sentry;
  if (dsn === undefined) return undefined;
  const { openSentry } = await import("../monitoring/sentry.ts");
  return await openSentry({ dsn, environment, traceRate, workerNum, version: VERSION });
}

function notYet(kind: "several" | "all"): UsageError {
  return new UsageError(
    `${kind === "all" ? "--all" : "--multi_threaded"} is not available yet in this version: run ` +
      `one process for each queue with --queue_name`,
  );
}

/** The queue must have a worker; files that are no workers are only told of. */
function checkQueues(queue: string, config: Config): void {
  requireWorkerFile(queue, config.workersDir);
  const { files, problems } = discover(config.workersDir);
  for (const { message } of problems) logLine("warning", message, {}, {});
  const names = queueNameProblems(config, files.map(({ name }) => name));
  if (names.length > 0) throw new ConfigError(names);
}
