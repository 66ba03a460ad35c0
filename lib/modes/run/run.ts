/**
 * Runs queue workers: `--queue_name`, `--multi_threaded`, `--all`.
 *
 * @module
 */

import type { RunCommand } from "../../command_line/command.ts";
import type { Config } from "../../config/config.ts";
import { ConfigError } from "../../config/problem.ts";
import { queueNameProblems } from "../../config/queues.ts";
import { discover } from "../../engine/host/discovery.ts";
import { logLine } from "../../log/log.ts";
import type { SentryReporter } from "../../monitoring/sentry.ts";
import { tokenProblems } from "../../server/tokens.ts";
import { takeLock } from "../../system/lock_option.ts";
import { EXIT, type Signals } from "../../system/signals.ts";
import { VERSION } from "../../system/version.ts";
import { tlsFileProblems } from "../tls_files.ts";
import { rootWarning } from "../owners.ts";
import { workersProblem, writableProblem } from "../folders.ts";
import { stopGraceSeconds, whenParentEnds } from "../watch/parent.ts";
import { ProcessRun } from "./process_run.ts";
import { selectQueues } from "./selection.ts";

/** The process in which queues run. */
export interface RunProcess {
  /** Writes a line to standard output, whatever the level of the log. */
  print(line: string): void;
  /** The requests of signals. */
  readonly signals: Pick<Signals, "handOver">;
}

/**
 * Runs workers until a signal, `--drain`, `--max_events` or `--max_seconds` ends it.
 *
 * @returns The exit code.
 * @throws {ConfigError} With every problem of the configuration: settings, files they lead to, names
 * of queues that do not exist.
 * @throws {UsageError} When a queue is not known.
 * @throws {BrokerError} When the broker refuses at the start.
 */
export async function runQueues(
  command: RunCommand,
  config: Config,
  { print, signals }: RunProcess,
): Promise<number> {
  const queues = selectQueues(
    command.queues,
    config,
    (level, message) => logLine(level, message, {}, {}),
  );
  checkConfiguration(config);
  using lock = command.lock === undefined ? undefined : takeLock(command.lock);
  if (command.lock !== undefined && !lock) {
    print(`Another process holds ${command.lock}: nothing to do`);
    return EXIT.stopped;
  }
  const sentry = await openSentry(config);
  const settings = { ...config, stopGraceSeconds: stopGraceSeconds(config.stopGraceSeconds) };
  const run = new ProcessRun({ queues, command, config: settings, sentry, print });
  signals.handOver((request) => run.request(request));
  using _parent = whenParentEnds(() => run.request("stop"));
  return await run.run();
}

/** Sentry, loaded only where it is wanted. */
export async function openSentry(config: Config): Promise<SentryReporter | undefined> {
  const { dsn, environment, traceRate } = config.sentry;
  if (dsn === undefined) return undefined;
  const sentry = await import("../../monitoring/sentry.ts");
  return await sentry.openSentry({ dsn, environment, traceRate, version: VERSION });
}

/** Reports all problems at once. Files that are no workers are only logged. */
function checkConfiguration(config: Config): void {
  const { files, problems } = discover(config.workersDir);
  const all = [
    ...config.problems,
    workersProblem(config),
    // Events are processed without a journal, as when the disk fills later.
    writableProblem("STATE_DIR", config.stateDir, { mayBeFull: true }),
    ...queueNameProblems(config, files.map(({ name }) => name)),
    ...tlsFileProblems(config),
    ...(config.server.address ? tokenProblems(config.server) : []),
  ].filter((problem) => problem !== undefined);
  if (all.length > 0) throw new ConfigError(all);
  const warning = rootWarning([Deno.cwd(), config.stateDir]);
  const messages = problems.map(({ message }) => message);
  for (const message of [...config.warnings, ...messages, ...(warning ? [warning] : [])]) {
    logLine("warning", message, {}, {});
  }
}
