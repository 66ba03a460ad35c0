/**
 * Which queues a command line names.
 *
 * @module
 */

import type { QueueSelection } from "../../command_line/command.ts";
import type { Config } from "../../config/config.ts";
import { ConfigError } from "../../config/problem.ts";
import { discover } from "../../engine/host/discovery.ts";
import {
  getWorkerQueues,
  queuesOf,
  withProblems,
  type WorkerQueue,
  workerQueueOf,
} from "../../engine/registry.ts";
import { nothingToDo } from "../../errors/usage_error.ts";

/**
 * The queues to run: every name is checked before anything starts.
 *
 * @throws {UsageError} When a queue is not known.
 * @throws {ConfigError} Instead, when a setting is wrong, as that may be why.
 */
export function selectQueues(selection: QueueSelection, config: Config): WorkerQueue[] {
  try {
    return select(selection, config);
  } catch (error) {
    if (config.problems.length > 0) throw new ConfigError(config.problems);
    throw error;
  }
}

function select(selection: QueueSelection, config: Config): WorkerQueue[] {
  switch (selection.kind) {
    case "one":
      return [workerQueueOf(selection.queue, selection.workerNum, config)];
    case "several":
      return onceEach(selection.queues.flatMap((name) => queuesOf(name, config)));
    case "all":
      return getWorkerQueues(config);
    case "none": {
      const { files, problems } = discover(config.workersDir);
      throw withProblems(nothingToDo(files.map(({ name }) => name)), problems);
    }
  }
}

/** A queue may be named twice, and a shard with its queue. */
function onceEach(queues: readonly WorkerQueue[]): WorkerQueue[] {
  return [...new Map(queues.map((each) => [each.queue, each])).values()];
}
