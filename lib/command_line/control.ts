/**
 * The commands about processes that run, as commander sees them.
 *
 * @module
 */

import { type Command as Parser, InvalidArgumentError, type Option } from "commander";
import { LOG_LEVELS, type LogLevel } from "../config/log_choices.ts";
import { alternatives } from "../errors/alternatives.ts";
import { UsageError } from "../errors/usage_error.ts";
import type { Common } from "./common.ts";
import type {
  ChangeCommand,
  HealthCommand,
  LogLevelCommand,
  StatusCommand,
} from "./process_commands.ts";
import { choiceArgument, jsonOption, numberOption, option, wordOption } from "./options.ts";
import { readDuration } from "./terminal/humanize.ts";

/** A command about processes, without its common part. */
export type ControlCommand =
  | Omit<StatusCommand, keyof Common>
  | Omit<ChangeCommand, keyof Common>
  | Omit<LogLevelCommand, keyof Common>
  | Omit<HealthCommand, keyof Common>;

/** Takes a command, and the subcommand it comes from. */
export type FoundControl = (command: ControlCommand, subcommand: Parser) => void;

const DEFAULT_TIMEOUT = 10;
const MOST_TIMEOUT = 3600;
const MOST_PID = 4_194_304;
const WATCH_SECONDS = 2;
const LOG_LEVEL_SECONDS = 900;

const CHANGES = {
  pause: "take no more events from queues, also after a restart, until resume; what runs goes on",
  resume: "take events again from queues that were paused",
  restart: "restart the threads of queues, also of those that are parked",
} as const;

/** Adds the commands. @param found Called once, while parsing. */
export function addControl(program: Parser, found: FoundControl): void {
  addStatus(program, found);
  for (const action of ["pause", "resume", "restart"] as const) addChange(program, action, found);
  addLogLevel(program, found);
  addHealth(program, found);
}

function addStatus(program: Parser, found: FoundControl): void {
  const status = program.command("status")
    .description("show the processes of this host and their queues")
    .argument("[seconds]", `with --watch: how often (default: ${WATCH_SECONDS})`)
    .option("--watch", "show it again and again")
    .addOption(jsonOption("print it as JSON; with --watch one object a line"))
    .addOption(timeoutOption())
    .addHelpText("after", example("status --watch"));
  status.action((typed: string | undefined) => {
    const { json = false, timeout = DEFAULT_TIMEOUT } = status.opts();
    // The program has an option of this name, and takes it wherever it stands.
    const isWatched = program.opts()["watch"] === true;
    if (typed !== undefined && !isWatched) throw new UsageError("status [seconds] needs --watch");
    const every = typed === undefined ? WATCH_SECONDS : watchSeconds(typed);
    const watch = isWatched ? every : undefined;
    found({ mode: "status", watchSeconds: watch, json, timeoutSeconds: timeout }, status);
  });
}

function addChange(program: Parser, action: keyof typeof CHANGES, found: FoundControl): void {
  const change = program.command(action).description(CHANGES[action])
    .argument("<queues...>", "the queues");
  if (action === "pause") {
    change.addOption(wordOption("--reason <text>", "why, for all who see the pause"))
      .addOption(forOption("until resume"));
  }
  change.addOption(pidOption()).option("--yes", "do not ask")
    .addOption(jsonOption("print what came of it as JSON")).addOption(timeoutOption())
    .addHelpText("after", example(examples[action]));
  change.action((queues: string[]) => {
    const { reason, for: seconds, pid, yes = false, json = false } = change.opts();
    const { timeout = DEFAULT_TIMEOUT } = change.opts();
    const more = { reason, seconds, pid, yes, json, timeoutSeconds: timeout };
    found({ mode: "change", action, queues, ...more }, change);
  });
}

const examples = {
  pause: 'pause email_senders --for 30m --reason "the SMTP server moves"',
  resume: "resume email_senders",
  restart: "restart email_senders --pid 4711",
} as const;

function addLogLevel(program: Parser, found: FoundControl): void {
  const log = program.command("log-level")
    .description("log from another level on for a while, without a restart")
    .addArgument(choiceArgument("<level>", LOG_LEVELS.join(", "), LOG_LEVELS))
    .addOption(forOption("15m"))
    .addOption(pidOption()).addOption(jsonOption("print what came of it as JSON"))
    .addOption(timeoutOption())
    .addHelpText("after", example("log-level debug --for 5m"));
  log.action((level: string) => {
    const { for: seconds = LOG_LEVEL_SECONDS, pid, json = false } = log.opts();
    const { timeout = DEFAULT_TIMEOUT } = log.opts();
    const more = { seconds, pid, json, timeoutSeconds: timeout };
    found({ mode: "log-level", level: levelOf(level), ...more }, log);
  });
}

function addHealth(program: Parser, found: FoundControl): void {
  const health = program.command("health")
    .description("ask the processes of this host whether they are well; exit with 1 if one is not")
    .option("--live", "whether they are alive (if no other option is given)")
    .option("--ready", "whether they are ready: started, connected, no queue parked")
    .option("--startup", "whether every queue was started")
    .addOption(pidOption()).addOption(jsonOption("print it as JSON")).addOption(timeoutOption())
    .addHelpText("after", example("health --ready"));
  health.action(() => {
    const given = health.opts();
    const probes = (["live", "ready", "startup"] as const).filter((probe) => given[probe]);
    if (probes.length > 1) throw new UsageError("give one of --live, --ready and --startup");
    const { pid, json = false, timeout = DEFAULT_TIMEOUT } = given;
    const [probe = "live"] = probes;
    found({ mode: "health", probe, pid, json, timeoutSeconds: timeout }, health);
  });
}

function timeoutOption(): Option {
  return numberOption("--timeout <seconds>", "how long each process may take to answer", {
    default: DEFAULT_TIMEOUT,
    most: MOST_TIMEOUT,
  });
}

function pidOption(): Option {
  return option("--pid <number>", "only the process with this id", (text) => {
    const pid = /^\d{1,7}$/.test(text) ? Number(text) : 0;
    if (pid >= 1 && pid <= MOST_PID) return pid;
    throw new InvalidArgumentError("It must be the id of a process.");
  });
}

function forOption(usual: string): Option {
  return option("--for <time>", `such as 90s, 30m, 2h or 1d (default: ${usual})`, (text) => {
    const seconds = readDuration(text);
    if (seconds !== undefined) return seconds;
    throw new InvalidArgumentError("It must be a time such as 90s, 30m, 2h or 1d.");
  });
}

function watchSeconds(text: string): number {
  const seconds = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (seconds >= 1) return seconds;
  throw new UsageError(`${text} is no time for --watch: it must be a whole number of seconds`);
}

function levelOf(text: string): LogLevel {
  const level = LOG_LEVELS.find((one) => one === text);
  if (level) return level;
  throw new UsageError(`${text} is no level: it must be ${alternatives(LOG_LEVELS)}`);
}

function example(command: string): string {
  return `\nExample: process-queue ${command}`;
}
