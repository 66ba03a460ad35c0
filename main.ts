/**
 * The program's entry: parses the command line and runs one mode.
 *
 * @module
 */

// Everything else is loaded once signals are handled.
import type { Config } from "./lib/config/config.ts";
import type { Environment } from "./lib/config/environment.ts";
import type { Command, Task } from "./lib/command_line/command.ts";
import { listenToSignals } from "./lib/system/signals.ts";

const signals = listenToSignals();
/** The outputs, where a mode must not wait for their readers. */
let outputs: typeof import("./lib/log/standard_outputs.ts") | undefined;
/** Resolves when the results of a run are written. */
let printed: Promise<void> | undefined;

/** The command, as far as it is known. */
let mode = Deno.args[0];
/** The exit code with which a mail server keeps a mail, of sysexits.h. */
const EX_TEMPFAIL = 75;

/** The other commands that run until a signal ends them. */
const RUNS_UNTIL_SIGNAL: ReadonlySet<Command["mode"]> = new Set([
  "dashboard",
  "deliver-scheduled-emails",
  "email-mirror-server",
]);

async function main(args: readonly string[]): Promise<number> {
  if (args.length === 1 && args[0] === "--version") return await printVersion();
  const { readCommand } = await import("./lib/command_line/read_command.ts");
  const command = await readCommand(args);
  mode = command.mode === "help" ? mode : command.mode;
  // A signal ends the other commands, also while they wait for the reader of their output.
  if (command.mode === "run") await useOutputs(command.inline);
  else if (RUNS_UNTIL_SIGNAL.has(command.mode)) await useOutputs(false);
  else if (command.mode === "events") await useOutputs(true);
  else signals.letGo();
  const { printError, printLine } = await import("./lib/system/standard_streams.ts");
  if ("text" in command) {
    printLine(command.text.trimEnd());
    return 0;
  }
  for (const warning of command.warnings) printError(`process-queue: ${warning}`);
  return await run(command);
}

/** Prints the version without loading the parser of the command line, which takes longer. */
async function printVersion(): Promise<number> {
  signals.letGo();
  const { versionLine } = await import("./lib/system/version.ts");
  const { printLine } = await import("./lib/system/standard_streams.ts");
  printLine(versionLine());
  return 0;
}

/** Runs one mode; only its own code is loaded. */
async function run(command: Task): Promise<number> {
  const isRun = command.mode === "run";
  // The binary starts nothing but itself, for --watch.
  if (Deno.build.standalone && !(isRun && command.watch)) {
    Deno.permissions.revokeSync({ name: "run" });
  }
  const { loadConfig, readConfig } = await import("./lib/config/config.ts");
  const { readEnvironment } = await import("./lib/config/environment.ts");
  const { flags } = command;
  const environment = await environmentOf(flags, readEnvironment());
  if (!isRun) await warn(readConfig(environment, flags));
  switch (command.mode) {
    case "run": {
      const { setUpLogging } = await import("./lib/log/logging.ts");
      const config = readConfig(environment, flags);
      if (command.watch) {
        const { runWatched } = await import("./lib/modes/watch/watch.ts");
        setUpLogging({ ...config.log, format: config.log.format ?? "text" });
        return await runWatched(Deno.args, config, signals);
      }
      setUpLogging(config.log);
      const { runQueues } = await import("./lib/modes/run/run.ts");
      return await runQueues(command, config, { print, signals });
    }
    case "publish": {
      const { runPublish } = await import("./lib/modes/publish/publish.ts");
      const { standardInput, SystemServices } = await import("./lib/modes/system.ts");
      const services = new SystemServices();
      return await runPublish(
        command,
        readConfig(environment, flags),
        services,
        () => standardInput(services.warn),
      );
    }
    case "failed": {
      const { runFailed } = await import("./lib/modes/failed/failed.ts");
      const { SystemServices } = await import("./lib/modes/system.ts");
      return await runFailed(command, loadConfig(environment, flags), new SystemServices());
    }
    case "peek": {
      const { runPeek } = await import("./lib/modes/peek.ts");
      const { SystemServices } = await import("./lib/modes/system.ts");
      return await runPeek(command, loadConfig(environment, flags), new SystemServices());
    }
    case "purge": {
      const { runPurge } = await import("./lib/modes/purge.ts");
      const { SystemServices } = await import("./lib/modes/system.ts");
      return await runPurge(command, loadConfig(environment, flags), new SystemServices());
    }
    case "new": {
      const { runNew } = await import("./lib/modes/kit/new.ts");
      const { SystemServices } = await import("./lib/modes/system.ts");
      return await runNew(command, new SystemServices());
    }
    case "types": {
      const { runTypes } = await import("./lib/modes/kit/types.ts");
      const { SystemServices } = await import("./lib/modes/system.ts");
      return await runTypes(command, new SystemServices());
    }
    case "migrate": {
      const { runMigrate } = await import("./lib/modes/migrate.ts");
      return await runMigrate(loadConfig(environment, flags));
    }
    case "seed": {
      const { runSeed } = await import("./lib/modes/seed/seed.ts");
      const { SystemServices } = await import("./lib/modes/system.ts");
      return await runSeed(command, loadConfig(environment, flags), new SystemServices());
    }
    case "check-config": {
      const { runCheckConfig } = await import("./lib/modes/check_config.ts");
      const { SystemServices } = await import("./lib/modes/system.ts");
      return await runCheckConfig(command, readConfig(environment, flags), new SystemServices());
    }
    case "recover": {
      const { runRecover } = await import("./lib/modes/recover.ts");
      const { SystemServices } = await import("./lib/modes/system.ts");
      return await runRecover(command, new SystemServices());
    }
    case "mail": {
      const { runMail } = await import("./lib/modes/mail/mail.ts");
      const { SystemServices } = await import("./lib/modes/system.ts");
      return await runMail(command, loadConfig(environment, flags), new SystemServices());
    }
    case "push": {
      const { runPushTest } = await import("./lib/modes/push/test_push.ts");
      const { SystemServices } = await import("./lib/modes/system.ts");
      return await runPushTest(command, loadConfig(environment, flags), new SystemServices());
    }
    case "enqueue-digest-emails": {
      const { runEnqueueDigests } = await import("./lib/modes/digests/enqueue.ts");
      const { SystemServices } = await import("./lib/modes/system.ts");
      const services = new SystemServices();
      return await runEnqueueDigests(command, loadConfig(environment, flags), services);
    }
    case "status": {
      const { runStatus } = await import("./lib/modes/control/status.ts");
      return await runStatus(command, loadConfig(environment, flags));
    }
    case "change": {
      const { runChange } = await import("./lib/modes/control/change.ts");
      return await runChange(command, loadConfig(environment, flags));
    }
    case "log-level": {
      const { runLogLevel } = await import("./lib/modes/control/log_level.ts");
      return await runLogLevel(command, loadConfig(environment, flags));
    }
    case "health": {
      const { runHealth } = await import("./lib/modes/control/health.ts");
      return await runHealth(command, loadConfig(environment, flags));
    }
    case "queues": {
      const { runQueues } = await import("./lib/modes/queues/queues.ts");
      const { SystemServices } = await import("./lib/modes/system.ts");
      return await runQueues(command, loadConfig(environment, flags), new SystemServices());
    }
    case "check": {
      const { runCheck } = await import("./lib/modes/queues/check.ts");
      const { SystemServices } = await import("./lib/modes/system.ts");
      return await runCheck(command, loadConfig(environment, flags), new SystemServices());
    }
    case "doctor": {
      const { runDoctor } = await import("./lib/modes/doctor/doctor.ts");
      const { SystemServices } = await import("./lib/modes/system.ts");
      return await runDoctor(command, readConfig(environment, flags), new SystemServices());
    }
    case "deliver-scheduled-emails": {
      const { setUpLogging } = await import("./lib/log/logging.ts");
      const { runDeliverScheduled } = await import("./lib/modes/scheduled/scheduled.ts");
      const config = loadConfig(environment, flags);
      setUpLogging(config.log);
      return await runDeliverScheduled(command, config, { print, signals });
    }
    case "dashboard": {
      const { setUpLogging } = await import("./lib/log/logging.ts");
      const { runDashboard } = await import("./lib/modes/dashboard/dashboard.ts");
      const config = loadConfig(environment, flags);
      setUpLogging(config.log);
      const isTerminal = Deno.stdout.isTerminal();
      return await runDashboard(config, { print, isTerminal, signals });
    }
    case "email-mirror-server": {
      const { setUpLogging } = await import("./lib/log/logging.ts");
      const { runMirrorServer } = await import("./lib/modes/mirror_server/mirror_server.ts");
      const config = loadConfig(environment, flags);
      setUpLogging(config.log);
      return await runMirrorServer(command, config, signals);
    }
    case "email-mirror-pipe": {
      const { runMirrorPipe } = await import("./lib/modes/mirror_server/pipe.ts");
      const { SystemServices } = await import("./lib/modes/system.ts");
      const { readInput } = await import("./lib/system/standard_streams.ts");
      const services = Object.assign(new SystemServices(), { input: readInput() });
      return await runMirrorPipe(command, loadConfig(environment, flags), services);
    }
    case "events": {
      const { setUpLogging } = await import("./lib/log/logging.ts");
      const { runEvents } = await import("./lib/modes/events/events.ts");
      const config = loadConfig(environment, flags);
      setUpLogging(config.log);
      return await runEvents(command, config, { print, signals });
    }
    case "completion": {
      const { runCompletion } = await import("./lib/modes/completion/completion.ts");
      const { SystemServices } = await import("./lib/modes/system.ts");
      return await runCompletion(command, readConfig(environment, flags), new SystemServices());
    }
    case "manual": {
      const { runManual } = await import("./lib/modes/manual.ts");
      const { SystemServices } = await import("./lib/modes/system.ts");
      return runManual(new SystemServices());
    }
  }
}

/** The environment, with `--zulip` over a Zulip server's configuration. */
async function environmentOf(
  { zulip }: Task["flags"],
  environment: Environment,
): Promise<Environment> {
  if (zulip === undefined) return environment;
  const { withZulip } = await import("./lib/config/zulip/with_zulip.ts");
  return withZulip(environment, zulip);
}

/**
 * Has nothing wait for a reader from now on. Before permissions are revoked, as it opens `/proc`.
 *
 * @param isInline Whether a worker runs in this thread.
 */
async function useOutputs(isInline: boolean): Promise<void> {
  const { redirectConsole, redirectProcessStreams } = await import("./lib/log/console.ts");
  outputs = await import("./lib/log/standard_outputs.ts");
  const both = outputs.openOutputs();
  const print: Parameters<typeof redirectConsole>[0] = (fd, text) => both[fd].write(text);
  redirectConsole(print);
  if (isInline) redirectProcessStreams(print);
}

/** Warns of mistyped variables, and root of the folder of another user; a run logs that itself. */
async function warn({ stateDir, warnings }: Pick<Config, "stateDir" | "warnings">): Promise<void> {
  const { rootWarning } = await import("./lib/modes/owners.ts");
  const root = rootWarning([Deno.cwd(), stateDir]);
  for (const warning of [...warnings, ...(root === undefined ? [] : [root])]) {
    console.error(`process-queue: ${warning}`);
  }
}

/** Prints a result. */
function print(line: string): void {
  printed = outputs?.outputTo(1).keep(`${line}\n`);
}

/**
 * Writes what is left. Results wait for their reader, unless a signal has asked for the end; one
 * that comes now ends the process at once.
 */
async function flush(): Promise<void> {
  if (!signals.isEnding) {
    signals.letGo();
    await printed;
  }
  await outputs?.flushOutputs();
}

async function fail(error: unknown): Promise<number> {
  const { failureExitCode, failureOf } = await import("./lib/modes/failure.ts");
  const { printError } = await import("./lib/system/standard_streams.ts");
  const { text, exitCode } = failureOf(error);
  if (!outputs) {
    signals.letGo();
    printError(text);
  } else void outputs.outputTo(2).keep(`${text}\n`);
  return failureExitCode(mode, exitCode);
}

const code = await main(Deno.args).catch(fail);
await flush();
// A mail server would send a mail back to its sender for other codes.
const isPipe = mode === "email-mirror-pipe";
Deno.exit(isPipe && (code === 1 || code === 2) ? EX_TEMPFAIL : code);
