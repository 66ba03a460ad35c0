/**
 * Runs queue workers: `--queue_name`, `--multi_threaded`, `--all`.
 *
 * @module
 */

import type { QueueSelection, RunCommand } from "../../command_line/command.ts";
import { type Config, ConfigError, queueKey, queueNameProblems } from "../../config/config.ts";
import { discover } from "../../engine/host/discovery.ts";
import { takeLock } from "../../system/lock_file.ts";
import { logLine } from "../../log/log.ts";
import type { SentryReporter } from "../../monitoring/sentry.ts";
import { EXIT, type Signals } from "../../system/signals.ts";
import { unsharded } from "../../engine/host/shards.ts";
import { consumedQueue, requireWorkerFile, withProblems } from "../../engine/registry.ts";
import { nothingToDo } from "../../errors/usage_error.ts";
import { VERSION } from "../../system/version.ts";
import { caFileProblems } from "../ca_file.ts";
import { workersProblem, writableProblem } from "../folders.ts";
import { ProcessRun, type QueueTask } from "./process_run.ts";

/** The process in which queues run. */
export interface RunProcess {
  /** A line for standard output, whatever the level of the log. */
  print(line: string): void;
  /** What signals ask for. */
  readonly signals: Pick<Signals, "handOver">;
}

/**
 * Runs workers until a signal, `--drain`, `--max_events` or `--max_seconds` ends it.
 *
 * @returns The exit code.
 * @throws {ConfigError} With everything that is wrong with the configuration: settings, files they
 * lead to, names of queues that do not exist.
 * @throws {UsageError} When a queue is not known.
 * @throws {BrokerError} When the broker refuses at the start.
 */
export async function runQueues(
  command: RunCommand,
  config: Config,
  { print, signals }: RunProcess,
): Promise<number> {
  const { queues } = command;
  const tasks = requireQueues(queues, config);
  checkConfiguration(config);
  using lock = command.lock === undefined ? undefined : takeLock(command.lock);
  if (command.lock !== undefined && !lock) {
    print(`Another process holds ${command.lock}: nothing is done here`);
    return EXIT.stopped;
  }
  const sentry = await sentryOf(config);
  const run = new ProcessRun({ tasks, command, config, sentry, print });
  signals.handOver((request) => run.request(request));
  return await run.run();
}

/** A queue may be unknown because a setting is wrong, which then says more. */
function requireQueues(queues: QueueSelection, config: Config): QueueTask[] {
  try {
    return tasksOf(queues, config);
  } catch (error) {
    if (config.problems.length > 0) throw new ConfigError(config.problems);
    throw error;
  }
}

/** What to run: every name is checked before anything starts. */
function tasksOf(queues: QueueSelection, config: Config): QueueTask[] {
  switch (queues.kind) {
    case "one":
      return [shardTask(queues.queue, config) ?? taskOf(queues.queue, queues.workerNum, config)];
    case "several":
      return onceEach(queues.queues.flatMap((queue) => shardsOf(queue, config)));
    case "none": {
      const { files, problems } = discover(config.workersDir);
      throw withProblems(nothingToDo(files.map(({ name }) => name)), problems);
    }
    case "all": {
      const { files } = discover(config.workersDir);
      return files.flatMap(({ name }) => shardsOf(name, config));
    }
  }
}

function taskOf(name: string, workerNum: number, config: Config): QueueTask {
  const file = requireWorkerFile(name, config.workersDir);
  return { file, queue: consumedQueue(name, workerNum, config), workerNum };
}

/** The queue of a shard may be named as it is called at the broker. */
function shardTask(name: string, config: Config): QueueTask | undefined {
  const queue = unsharded(name);
  const shard = Number(name.slice(queue.length).replace("_shard", ""));
  const isOne = shard >= 1 && shard <= (config.shards.get(queueKey(queue)) ?? 0);
  return isOne ? taskOf(queue, shard, config) : undefined;
}

/** A queue may be named twice, and a shard with its queue. */
function onceEach(tasks: readonly QueueTask[]): QueueTask[] {
  return [...new Map(tasks.map((task) => [task.queue, task])).values()];
}

/** Each shard has a thread of its own. */
function shardsOf(name: string, config: Config): QueueTask[] {
  const one = shardTask(name, config);
  if (one) return [one];
  const shards = config.shards.get(queueKey(name)) ?? 1;
  if (shards <= 1) return [taskOf(name, 0, config)];
  return Array.from({ length: shards }, (_, index) => taskOf(name, index + 1, config));
}

/** Sentry, loaded only where it is wanted. */
async function sentryOf(config: Config): Promise<SentryReporter | undefined> {
  const { dsn, environment, traceRate } = config.sentry;
  if (dsn === undefined) return undefined;
  const { openSentry } = await import("../../monitoring/sentry.ts");
  return await openSentry({ dsn, environment, traceRate, version: VERSION });
}

/** Reports everything that is wrong at once. Files that are no workers are only logged. */
function checkConfiguration(config: Config): void {
  const { files, problems } = discover(config.workersDir);
  const all = [
    ...config.problems,
    workersProblem(config),
    writableProblem("STATE_DIR", config.stateDir),
    ...queueNameProblems(config, files.map(({ name }) => name)),
    ...caFileProblems(config),
  ].filter((problem) => problem !== undefined);
  if (all.length > 0) throw new ConfigError(all);
  for (const { message } of problems) logLine("warning", message, {}, {});
}
