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
import { nothingLeft, nothingToDo, UsageError } from "../../errors/usage_error.ts";

/** Takes a line about queues that are skipped. */
export type OnSkipped = (level: "info" | "warning", message: string) => void;

/** The queues of a command line that are named. */
type Several = Extract<QueueSelection, { readonly kind: "several" }>;

/**
 * The queues to run: every name is checked before anything starts.
 *
 * @param onSkipped Learns which are skipped, as they are not known.
 * @throws {UsageError} When a queue is not known, and is not to be skipped.
 * @throws {ConfigError} Instead, when a setting is wrong, as that may be why.
 */
export function selectQueues(
  selection: QueueSelection,
  config: Config,
  onSkipped: OnSkipped,
): WorkerQueue[] {
  try {
    return select(selection, config, onSkipped);
  } catch (error) {
    if (config.problems.length > 0) throw new ConfigError(config.problems);
    throw error;
  }
}

function select(
  selection: QueueSelection,
  config: Config,
  onSkipped: OnSkipped,
): WorkerQueue[] {
  switch (selection.kind) {
    case "one":
      return [workerQueueOf(selection.queue, selection.workerNum, config)];
    case "several":
      return onceEach(several(selection, config, onSkipped));
    case "all":
      return allBut(selection.except, config);
    case "none": {
      const { files, problems } = discover(config.workersDir);
      throw withProblems(nothingToDo(files.map(({ name }) => name)), problems);
    }
  }
}

/** Every active queue that is not named. Naming a queue leaves all of its shards out. */
function allBut(names: readonly string[], config: Config): WorkerQueue[] {
  const left = new Set(names.flatMap((name) => queuesOf(name, config)).map(({ queue }) => queue));
  return getWorkerQueues(config).filter(({ queue }) => !left.has(queue));
}

/** The named queues. One that is not known ends this, unless such queues are to be skipped. */
function several(
  { queues: names, skipUnknown }: Several,
  config: Config,
  onSkipped: OnSkipped,
): WorkerQueue[] {
  const unknown = new Map<string, UsageError>();
  const queues = names.flatMap((name) => {
    try {
      return queuesOf(name, config);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      unknown.set(name, error);
      return [];
    }
  });
  const [error] = unknown.values();
  if (error && queues.length === 0) throw skipUnknown ? noneOf(unknown, config) : error;
  if (error && !skipUnknown) {
    throw new UsageError(`${error.message}\n--skip-unknown runs the other queues`);
  }
  reportSkipped(unknown, onSkipped);
  return queues;
}

function noneOf(unknown: ReadonlyMap<string, UsageError>, { workersDir }: Config): UsageError {
  const { files, problems } = discover(workersDir);
  return withProblems(nothingLeft([...unknown.keys()], files.map(({ name }) => name)), problems);
}

/** They may be mistyped. */
function reportSkipped(unknown: ReadonlyMap<string, UsageError>, onSkipped: OnSkipped): void {
  for (const { message } of unknown.values()) {
    onSkipped("warning", `Skipped: ${message.split("\n")[0]}`);
  }
}

/** A queue may be named twice, and a shard with its queue. */
function onceEach(queues: readonly WorkerQueue[]): WorkerQueue[] {
  return [...new Map(queues.map((each) => [each.queue, each])).values()];
}
