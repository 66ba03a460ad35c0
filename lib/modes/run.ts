/**
 * Runs queue workers: `--queue_name`, `--multi_threaded`, `--all`.
 *
 * @module
 */

import type { QueueSelection, RunCommand } from "../command_line/command.ts";
import { type Config, ConfigError, queueKey, queueNameProblems } from "../config.ts";
import { BUILT_IN_DIR, discover } from "../discovery.ts";
import { takeLock } from "../lock_file.ts";
import { logLine } from "../monitoring/log.ts";
import type { SentryReporter } from "../monitoring/sentry.ts";
import { EXIT, listenToSignals } from "../process.ts";
import { unsharded } from "../publish.ts";
import { consumedQueue, requireWorkerFile } from "../registry.ts";
import { VERSION } from "../version.ts";
import { workersProblem, writableProblem } from "./folders.ts";
import { ProcessRun, type QueueTask } from "./run/process_run.ts";

/** What the run mode writes its last line to. */
export interface RunOutput {
  /** A line for standard output. */
  print(line: string): void;
}

/**
 * Runs workers until a signal, `--drain`, `--max_events` or `--max_seconds` ends it.
 *
 * @returns The exit code.
 * @throws {UsageError} When a queue is not known.
 * @throws {ConfigError} When the configuration names queues that do not exist.
 * @throws {BrokerError} When the broker refuses at the start.
 */
export async function runQueues(
  command: RunCommand,
  config: Config,
  { print }: RunOutput,
): Promise<number> {
  using lock = command.lock === undefined ? undefined : takeLock(command.lock);
  if (command.lock !== undefined && !lock) {
    logLine(
      "info",
      "Another process holds {lock}: nothing is done here",
      { lock: command.lock },
      {},
    );
    return EXIT.stopped;
  }
  const { queues } = command;
  const tasks = () => tasksOf(queues, config);
  tasks();
  checkConfiguration(config, command.watch);
  const { workersDir } = config;
  const folders = [BUILT_IN_DIR, ...(workersDir === undefined ? [] : [workersDir])];
  const sentry = await sentryOf(config, queues.kind === "one" ? queues.workerNum : 0);
  const run = new ProcessRun({ tasks, folders, command, config, sentry, print });
  listenToSignals((request) => run.request(request));
  return await run.run();
}

/** What to run: every name is checked before anything starts. */
function tasksOf(queues: QueueSelection, config: Config): QueueTask[] {
  switch (queues.kind) {
    case "one":
      return [shardTask(queues.queue, config) ?? taskOf(queues.queue, queues.workerNum, config)];
    case "several":
      return onceEach(queues.queues.flatMap((queue) => shardsOf(queue, config)));
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
async function sentryOf(config: Config, workerNum: number): Promise<SentryReporter | undefined> {
  const { dsn, environment, traceRate } = config.sentry;
  if (dsn === undefined) return undefined;
  const { openSentry } = await import("../monitoring/sentry.ts");
  return await openSentry({ dsn, environment, traceRate, workerNum, version: VERSION });
}

/** Files that are no workers are only told of; while workers are written their folder may come. */
function checkConfiguration(config: Config, isWatched: boolean): void {
  const folders = [
    isWatched ? undefined : workersProblem(config),
    writableProblem("STATE_DIR", config.stateDir),
  ].filter((problem) => problem !== undefined);
  if (folders.length > 0) throw new ConfigError(folders);
  const { files, problems } = discover(config.workersDir);
  for (const { message } of problems) logLine("warning", message, {}, {});
  const names = queueNameProblems(config, files.map(({ name }) => name));
  if (names.length > 0) throw new ConfigError(names);
}
