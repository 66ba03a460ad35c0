/**
 * The command line as commander sees it: options and subcommands, and how they become a
 * {@linkcode Task}.
 *
 * @module
 */

import { Command as Parser, type HelpConfiguration } from "commander";
import { UsageError } from "../errors/usage_error.ts";
import { versionLine } from "../system/version.ts";
import type { QueueSelection, RunCommand, Task } from "./command.ts";
import type { Common } from "./common.ts";
import { addCompletion } from "./completion/completion.ts";
import { addEvents } from "./events.ts";
import { addControl } from "./control.ts";
import { addMail } from "./mail.ts";
import { addManual } from "./manual/manual.ts";
import { addMirror } from "./mirror.ts";
import { addPublish } from "./publish.ts";
import { addPush } from "./push.ts";
import { addQueues } from "./queues.ts";
import { addFailed, addPeek, addPurge, type FoundRepair } from "./repairs.ts";
import {
  jsonOption,
  type RunOptions,
  runOptions,
  type SharedOptions,
  sharedOptions,
  wordOption,
} from "./options.ts";
import { passwordWarnings } from "./password_warnings.ts";

/** Takes the command that was parsed. */
export type Found = (command: Task) => void;

type WithoutCommon<Each> = Each extends Task ? Omit<Each, keyof Common> : never;
/** A command without what all commands have. */
type Added = WithoutCommon<Task>;

const EXIT_CODES = `
Exit codes: 0 stopped, 1 failed, 2 wrong command line, 3 restart requested.
Settings come from the environment and from a file .env; "process-queue check-config" lists them.
Words for Zulip's manage.py are ignored: process_queue before other words, --skip-checks, --settings,
--pythonpath, --automated, --traceback, --verbosity, --no-color, --force-color.`;

const SHARED_TITLE = "Options of every command:";

/** The help of a command lists the options that every command takes, and none that run queues. */
const SHARED_HELP: HelpConfiguration = {
  showGlobalOptions: true,
  visibleGlobalOptions: ({ parent }) => parent ? sharedOptions() : [],
  // Descriptions name the choices.
  optionDescription: ({ description }) => description,
  argumentDescription: ({ description }) => description,
  styleTitle: (title) => title === "Global Options:" ? SHARED_TITLE : title,
};

/**
 * Makes the parser.
 *
 * @param found Called once, while parsing, with the command.
 */
export function makeProgram(found: Found): Parser {
  const program = new Parser("process-queue")
    .description("Runs a queue processing worker")
    .usage("--queue_name <queue> [options]\n       process-queue <command> [options]")
    .version(versionLine(), "--version", "print the version")
    .helpOption("-h, --help", "print this help")
    .configureHelp(SHARED_HELP)
    .showSuggestionAfterError(false)
    .allowExcessArguments(false)
    .helpCommand("help [command]", "print the help of a command")
    .addHelpText("after", EXIT_CODES)
    .optionsGroup("Run queues:");
  for (const each of runOptions()) program.addOption(each);
  program.optionsGroup(SHARED_TITLE);
  for (const each of sharedOptions()) program.addOption(each);
  const add = (command: Added, subcommand: Parser) => {
    found({ ...command, ...common(program, subcommand) });
  };
  addPublish(program, add);
  const foundRepair: FoundRepair = (command, subcommand) => {
    const taken = subcommand.options.some(({ long }) => long === "--all") ? ["all"] as const : [];
    found({ ...command, ...common(program, subcommand, taken) });
  };
  addFailed(program, foundRepair);
  addPeek(program, foundRepair);
  addPurge(program, foundRepair);
  addNew(program, found);
  addTypes(program, found);
  addMigrate(program, found);
  addSeed(program, found);
  addCheckConfig(program, found);
  addRecover(program, found);
  addMail(program, add);
  addPush(program, add);
  addControl(program, (command, subcommand) => {
    found({ ...command, ...common(program, subcommand, ["watch"]) });
  });
  addQueues(program, (command, subcommand) => {
    const taken = command.mode === "queues" ? ["watch", "all"] as const : [];
    found({ ...command, ...common(program, subcommand, taken) });
  });
  addDeliverScheduled(program, found);
  addEnqueueDigests(program, found);
  addMirror(program, add);
  addEvents(program, add);
  addDashboard(program, found);
  addCompletion(program, add);
  addManual(program, add);
  // An unknown subcommand is an argument to commander: the caller reports it.
  return program.allowExcessArguments().action(() => {
    if (program.args.length === 0) found(runCommand(program));
  });
}

function addNew(program: Parser, found: Found): void {
  const made = program.command("new")
    .description("make a folder with a worker, its test, and what Deno and editors need there")
    .argument("<folder>", "the folder");
  made.action((folder: string) => found({ mode: "new", folder, ...common(program, made) }));
}

function addTypes(program: Parser, found: Found): void {
  const types = program.command("types")
    .description("write the modules that workers import, with their types, into a folder")
    .argument("<folder>", "the folder of the workers");
  types.action((folder: string) => found({ mode: "types", folder, ...common(program, types) }));
}

function addMigrate(program: Parser, found: Found): void {
  const migrate = program.command("migrate")
    .description("bring the database of DATABASE_URL to the newest schema");
  migrate.action(() => found({ mode: "migrate", ...common(program, migrate) }));
}

function addSeed(program: Parser, found: Found): void {
  const seed = program.command("seed")
    .description(
      "fill an empty database with organizations, users and messages to try workers with",
    )
    .addOption(wordOption("--env <file>", "also write a file of settings to run workers with"));
  seed.action(() => {
    const { env } = seed.opts();
    found({ mode: "seed", envFile: env, ...common(program, seed) });
  });
}

function addCheckConfig(program: Parser, found: Found): void {
  const check = program.command("check-config")
    .description(
      "print the settings in effect, and check folders, workers, mail, broker and database",
    )
    .addOption(jsonOption("print it as JSON"));
  check.action(() => {
    const { json = false } = check.opts();
    found({ mode: "check-config", json, ...common(program, check) });
  });
}

function addRecover(program: Parser, found: Found): void {
  const recover = program.command("recover")
    .description("copy the events of a damaged file of the embedded broker into a new file")
    .argument("<file>", "the damaged file; it is only read")
    .argument("<new>", "the new file, which must not exist");
  recover.action((from: string, to: string) => {
    found({ mode: "recover", from, to, ...common(program, recover) });
  });
}

function addDeliverScheduled(program: Parser, found: Found): void {
  const deliver = program.command("deliver-scheduled-emails")
    .description("publish Zulip's scheduled mails when they are due, as deliver_scheduled_emails")
    .option(
      "--once",
      "deliver what is due now and exit, for cron; 1 if something was not published",
    )
    .addOption(runOption("lock"));
  deliver.action(() => {
    const { once = false } = deliver.opts();
    // The program has an option of this name, and takes it wherever it stands.
    const { lock } = program.opts<RunOptions>();
    const shared = common(program, deliver, ["lock"]);
    found({ mode: "deliver-scheduled-emails", once, lock, ...shared });
  });
}

function addEnqueueDigests(program: Parser, found: Found): void {
  const enqueue = program.command("enqueue-digest-emails")
    .description("publish the events of today's digests, for cron, as enqueue_digest_emails")
    .option("--dry-run", "print who gets a digest and why others do not; publish nothing");
  enqueue.action(() => {
    const { dryRun = false } = enqueue.opts();
    found({ mode: "enqueue-digest-emails", dryRun, ...common(program, enqueue) });
  });
}

function addDashboard(program: Parser, found: Found): void {
  const dashboard = program.command("dashboard")
    .description(
      "serve a page that shows all queues and processes, and repairs what failed; it consumes nothing",
    )
    .addOption(
      wordOption("--http <address>", "listen on this port, or host:port (default: HTTP, or 9890)"),
    )
    .addHelpText("after", "\nExample: process-queue dashboard --http 9890");
  dashboard.action(() => {
    found({ mode: "dashboard", ...common(program, dashboard, ["http"]) });
  });
}

/** One of the options that run queues. @param attribute Its name in {@linkcode RunOptions}. */
function runOption(attribute: keyof RunOptions) {
  const found = runOptions().find((each) => each.attributeName() === attribute);
  if (!found) throw new Error(`There is no option ${attribute}`);
  return found;
}

function runCommand(program: Parser): RunCommand {
  const given = program.opts<RunOptions>();
  const queues = selection(given);
  if (queues.kind !== "one") forbid(given, ["worker_num", "inline", "max_events"], "queue_name");
  if (queues.kind !== "several") forbid(given, ["skipUnknown"], "multi_threaded");
  if (queues.kind !== "all") forbid(given, ["except"], "all");
  return {
    mode: "run",
    queues,
    inline: given.inline ?? false,
    drain: given.drain ?? false,
    watch: given.watch ?? false,
    lock: given.lock,
    exitWhenParked: given.exitWhenParked ?? false,
    maxEvents: given.max_events,
    maxSeconds: given.max_seconds,
    ...common(program),
  };
}

function selection(given: RunOptions): QueueSelection {
  const modes = (["queue_name", "multi_threaded", "all"] as const)
    .filter((mode) => given[mode] !== undefined);
  if (modes.length > 1) {
    const names = modes.map((mode) => `--${mode}`).join(" and ");
    throw new UsageError(`${names} cannot be combined: give one of them`);
  }
  if (given.all) return { kind: "all", except: given.except ?? [] };
  if (given.multi_threaded) {
    const { multi_threaded: queues, skipUnknown = false } = given;
    return { kind: "several", queues, skipUnknown };
  }
  if (given.queue_name === undefined) return { kind: "none" };
  return { kind: "one", queue: given.queue_name, workerNum: given.worker_num ?? 0 };
}

/** Refuses options that need another one. */
function forbid(
  given: RunOptions,
  attributes: readonly (keyof RunOptions)[],
  needed: string,
): void {
  const option = runOptions().find((each) =>
    attributes.some((name) => name === each.attributeName() && given[name] !== undefined)
  );
  if (option) throw new UsageError(`${option.long} needs --${needed}`);
}

/**
 * The common part of every command; refuses options for queues beside a subcommand.
 *
 * @param taken Those of them that the subcommand takes.
 */
function common(
  program: Parser,
  subcommand?: Parser,
  taken: readonly (keyof RunOptions)[] = [],
): Common {
  const given = program.opts<SharedOptions>();
  const misplaced = runOptions().find((each) =>
    subcommand && program.getOptionValue(each.attributeName()) !== undefined &&
    !taken.some((name) => name === each.attributeName())
  );
  if (misplaced) {
    throw new UsageError(`${misplaced.long} runs queues, and "${subcommand?.name()}" does not`);
  }
  const { amqp_url: amqpUrl, workersDir, logFormat, logLevel, zulip } = given;
  const allowUnsafeFolder = given.allowUnsafeFolder ? "true" : undefined;
  const { http } = program.opts<RunOptions>();
  return {
    flags: { amqpUrl, workersDir, allowUnsafeFolder, logFormat, logLevel, zulip, http },
    warnings: passwordWarnings({ amqpUrl, management: subcommand?.opts().management }),
  };
}
