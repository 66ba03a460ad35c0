/**
 * From a queue's name to its worker.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import { queueKey } from "../config/queue_key.ts";
import { discover, loadWorker, WorkerDeclarationError, type WorkerFile } from "./host/discovery.ts";
import { isEnabled } from "./host/host.ts";
import { shardName } from "./host/shards.ts";
import { InlineWorker, type WorkerRunOptions } from "./supervisor/inline_worker.ts";
import { unknownQueue, UsageError } from "../errors/usage_error.ts";

/** Which workers to look for. */
export interface ActiveOptions {
  /** Only the test queues, which are left out otherwise. @default {false} */
  readonly onlyTestQueues?: boolean;
  readonly config: Config;
  /** Hears of files that are no workers; the others go on. */
  readonly onProblem?: (problem: WorkerDeclarationError) => void;
}

/**
 * The names of the queues that have an active worker, as Zulip's `get_active_worker_queues`: test
 * queues and those that this configuration does not enable are left out.
 */
export async function getActiveWorkerQueues(options: ActiveOptions): Promise<string[]> {
  const { config, onlyTestQueues = false, onProblem = () => {} } = options;
  const { files, problems } = discover(config.workersDir);
  problems.forEach(onProblem);
  const names: string[] = [];
  for (const file of files) {
    try {
      const worker = await loadWorker(file);
      if (isEnabled(worker, file, config) && (worker.isTestQueue ?? false) === onlyTestQueues) {
        names.push(file.name);
      }
    } catch (error) {
      if (!(error instanceof WorkerDeclarationError)) throw error;
      onProblem(error);
    }
  }
  return names;
}

/**
 * The worker of a queue, not set up yet.
 *
 * @throws {UsageError} When there is no such queue, or its shard is not named rightly.
 * @throws {WorkerDeclarationError} When its file is not a worker.
 */
export async function getWorker(queue: string, options: WorkerRunOptions): Promise<InlineWorker> {
  const file = requireWorkerFile(queue, options.config.workersDir);
  const consumed = consumedQueue(queue, options.workerNum ?? 0, options.config);
  return await InlineWorker.load(file, consumed, options);
}

/**
 * The file of a queue's worker.
 *
 * @throws {UsageError} When there is none: names the nearest queue and all there are, and why files
 * were left out.
 */
export function requireWorkerFile(queue: string, workersDir: string | undefined): WorkerFile {
  const { files, problems } = discover(workersDir);
  const file = files.find(({ name }) => name === queue);
  if (file) return file;
  throw withProblems(unknownQueue(queue, files.map(({ name }) => name)), problems);
}

/** The error, and why files were left out, as one of them may be what is meant. */
export function withProblems({ message }: UsageError, problems: readonly Error[]): UsageError {
  return new UsageError([message, ...problems.map((problem) => problem.message)].join("\n"));
}

/**
 * The queue that a worker consumes: with shards, the one its number names.
 *
 * @throws {UsageError} When the number names no shard.
 */
export function consumedQueue(queue: string, workerNum: number, config: Config): string {
  const shards = config.shards.get(queueKey(queue)) ?? 1;
  if (shards <= 1) return queue;
  if (workerNum >= 1 && workerNum <= shards) return shardName(queue, workerNum);
  throw new UsageError(
    `${queue} has ${shards} shards, so --worker_num names the shard to consume, ` +
      `from 1 to ${shards}, and it is ${workerNum}`,
  );
}
