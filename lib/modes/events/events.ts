/**
 * `process-queue events`: consumes `notify_tornado`, and serves the events of Zulip's clients.
 *
 * @module
 */

import type { EventsCommand } from "../../command_line/command.ts";
import type { Config } from "../../config/config.ts";
import { ConfigError } from "../../config/problem.ts";
import { InlineWorker } from "../../engine/supervisor/inline_worker.ts";
import { EVENTS_QUEUE, eventWorker } from "../../server/realtime/event_worker.ts";
import { queueAt } from "../../server/realtime/shard.ts";
import { writableProblem } from "../folders.ts";
import { ProcessRun } from "../run/process_run.ts";
import { openSentry, type RunProcess } from "../run/run.ts";
import { tlsFileProblems } from "../tls_files.ts";

/** Names the worker in messages: it is in no folder of workers. */
const FILE = { name: EVENTS_QUEUE, file: "the event server" };

/**
 * Serves events until a signal ends it.
 *
 * @returns The exit code.
 * @throws {ConfigError} When a setting, the port or the files of the queues cannot be used.
 * @throws {BrokerError} When the broker refuses at the start.
 * @throws {DatabaseError} When the database cannot be used.
 */
export async function runEvents(
  command: Pick<EventsCommand, "host" | "port" | "shardPort">,
  config: Config,
  { print, signals }: RunProcess,
): Promise<number> {
  const problems = [writableProblem("STATE_DIR", config.stateDir), ...tlsFileProblems(config)];
  const found = problems.filter((problem) => problem !== undefined);
  if (found.length > 0) throw new ConfigError(found);
  const { shardPort } = command;
  const queue = shardPort === undefined ? EVENTS_QUEUE : queueAt(shardPort);
  const worker = eventWorker(command);
  const run = new ProcessRun({
    queues: [{
      ...{ worker: EVENTS_QUEUE, queue, workerNum: 0 },
      make: (options) => InlineWorker.of(worker, FILE, queue, options),
    }],
    command: {
      queues: { kind: "one", queue, workerNum: 0 },
      ...{ inline: true, drain: false, exitWhenParked: false },
      ...{ maxEvents: undefined, maxSeconds: undefined },
    },
    ...{ config, print, sentry: await openSentry(config) },
  });
  signals.handOver((request) => run.request(request));
  return await run.run();
}
