/**
 * Finds the queues that have a worker, and makes the workers that `run` starts.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import { queueKey } from "../config/queue_key.ts";
import { unknownQueue, UsageError } from "../errors/usage_error.ts";
import { discover, loadWorker, WorkerDeclarationError, type WorkerFile } from "./host/discovery.ts";
import { isEnabled } from "./host/host.ts";
import { shardName, unsharded } from "./host/shards.ts";
import { unknownHint } from "./host/unknown_queue.ts";
import { InlineWorker, type WorkerRunOptions } from "./supervisor/inline_worker.ts";
import type { Runner } from "./supervisor/queue_runner.ts";
import { Supervisor, type SupervisorOptions } from "./supervisor/supervisor.ts";

/** A worker is run by `--all`, is for tests, or is disabled by this configuration. */
export type Activity = "active" | "test" | "disabled";

/** The workers to find. */
export interface ActiveOptions {
  readonly config: Config;
  /** Only the test queues, which are left out otherwise. @default {false} */
  readonly onlyTestQueues?: boolean;
  /**
   * Asks a worker what it is. `run` asks the worker's thread, as the main thread must not run the
   * code of a worker. @default {loads the worker in this thread}
   */
  readonly ask?: (file: WorkerFile) => Promise<Activity>;
  /** Gets the error of each file that is no worker. */
  readonly onProblem?: (problem: WorkerDeclarationError) => void;
}

/**
 * The names of the queues that have an active worker, as Zulip's `get_active_worker_queues`: test
 * queues and those that this configuration does not enable are left out. The names come from the
 * files; whether a worker is active only its own code can say, so every worker is asked, all at
 * once.
 */
export async function getActiveWorkerQueues(options: ActiveOptions): Promise<string[]> {
  const { config, onlyTestQueues = false, onProblem = () => {} } = options;
  const { ask = (file: WorkerFile) => askHere(file, config) } = options;
  const { files, problems } = discover(config.workersDir);
  problems.forEach(onProblem);
  const wanted: Activity = onlyTestQueues ? "test" : "active";
  const names = files.map(async (file) => {
    const activity = await ask(file).catch((error) => {
      if (!(error instanceof WorkerDeclarationError)) throw error;
      onProblem(error);
    });
    return activity === wanted ? [file.name] : [];
  });
  return (await Promise.all(names)).flat();
}

async function askHere(file: WorkerFile, config: Config): Promise<Activity> {
  const worker = await loadWorker(file);
  if (!isEnabled(worker, file, config)) return "disabled";
  return worker.isTestQueue ? "test" : "active";
}

/** A queue that has a worker. */
export interface WorkerQueue {
  /** The name of the worker and of its file. */
  readonly worker: string;
  /** The queue that is consumed: the worker's, or a shard of it. */
  readonly queue: string;
  /** `--worker_num`: with shards, the shard. */
  readonly workerNum: number;
}

/**
 * All queues that have a worker, with each shard, by the names of the files. No worker is loaded,
 * so those that are not active are among them.
 */
export function getWorkerQueues(config: Config): WorkerQueue[] {
  return discover(config.workersDir).files.flatMap(({ name }) => queuesOf(name, config));
}

/**
 * The queues of a name: each shard, where the queue has shards; one, where the name is a shard's.
 *
 * @throws {UsageError} When there is no such queue.
 */
export function queuesOf(name: string, config: Config): WorkerQueue[] {
  const one = shardOf(name, config);
  if (one) return [one];
  const shards = shardsOf(name, config);
  if (shards <= 1) return [workerQueue(name, 0, config)];
  return Array.from({ length: shards }, (_, index) => workerQueue(name, index + 1, config));
}

/**
 * The queue that a worker of a number consumes. With shards, the number names the shard; or the
 * name does, as the shard is called at the broker.
 *
 * @throws {UsageError} When there is no such queue, or the number names no shard.
 */
export function workerQueueOf(name: string, workerNum: number, config: Config): WorkerQueue {
  return shardOf(name, config) ?? workerQueue(name, workerNum, config);
}

/** The options of a worker in a thread or in the main thread. */
export type WorkerOptions =
  & WorkerRunOptions
  & (
    /** In the main thread, whose other work it can block. */
    | { readonly inline: true }
    /** In a thread of its own, which is restarted when it fails. */
    | ({ readonly inline: false } & Omit<SupervisorOptions, "file" | "queue" | "workerNum">)
  );

/**
 * The worker of a queue. `setup` opens what it needs, `start` consumes until the worker ends, and
 * `stop` ends it. A worker in a thread is loaded and set up by the thread, whenever one starts: so
 * what is wrong with its file shows when it is started.
 *
 * @throws {UsageError} When there is no such queue, or the number names no shard.
 * @throws {WorkerDeclarationError} When its file is not a worker, and it is to run inline.
 * @throws {ConfigError} Likewise, when it requires a setting that is missing.
 */
export async function getWorker(queue: string, options: WorkerOptions): Promise<Runner> {
  const { config, workerNum = 0 } = options;
  const file = requireWorkerFile(queue, config);
  const consumed = consumedQueue(queue, workerNum, config);
  if (options.inline) return await InlineWorker.load(file, consumed, options);
  return new Supervisor({ ...options, file, queue: consumed, workerNum });
}

/**
 * The queue that a worker consumes: with shards, the one its number names.
 *
 * @throws {UsageError} When the number names no shard.
 */
export function consumedQueue(queue: string, workerNum: number, config: Config): string {
  const shards = shardsOf(queue, config);
  if (shards <= 1) return queue;
  if (workerNum >= 1 && workerNum <= shards) return shardName(queue, workerNum);
  throw new UsageError(
    `${queue} has ${shards} shards, so --worker_num names the shard to consume, ` +
      `from 1 to ${shards}, and it is ${workerNum}`,
  );
}

/** The error, and why files were left out, as the user may mean one of them. */
export function withProblems({ message }: UsageError, problems: readonly Error[]): UsageError {
  return new UsageError([message, ...problems.map((problem) => problem.message)].join("\n"));
}

function workerQueue(worker: string, workerNum: number, config: Config): WorkerQueue {
  requireWorkerFile(worker, config);
  return { worker, queue: consumedQueue(worker, workerNum, config), workerNum };
}

function shardOf(name: string, config: Config): WorkerQueue | undefined {
  const worker = unsharded(name);
  const shard = Number(name.slice(worker.length).replace("_shard", ""));
  const isShard = shard >= 1 && shard <= (config.shards.get(queueKey(worker)) ?? 0);
  return isShard ? workerQueue(worker, shard, config) : undefined;
}

function shardsOf(queue: string, config: Config): number {
  return config.shards.get(queueKey(queue)) ?? 1;
}

/** @throws {UsageError} With a hint, all queues there are, and why files were left out. */
function requireWorkerFile(
  queue: string,
  { workersDir, shards }: Pick<Config, "workersDir" | "shards">,
): WorkerFile {
  const { files, problems } = discover(workersDir);
  const file = files.find(({ name }) => name === queue);
  if (file) return file;
  const names = files.map(({ name }) => name);
  throw withProblems(unknownQueue(queue, names, unknownHint(queue, { names, shards })), problems);
}
