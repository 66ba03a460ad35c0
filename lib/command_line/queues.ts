/**
 * The commands `queues`, `check` and `doctor`.
 *
 * @module
 */

import type { Command as Parser } from "commander";
import { UsageError } from "../errors/usage_error.ts";
import {
  type CheckCommand,
  type DoctorCommand,
  QUEUE_SORTS,
  type QueuesCommand,
} from "./process_commands.ts";
import type { Common } from "./common.ts";
import { choiceOption, jsonOption, numberOption, option, wordOption } from "./options.ts";

/** Takes a command, and the subcommand it comes from. */
export type FoundQueues = (
  command:
    | Omit<QueuesCommand, keyof Common>
    | Omit<CheckCommand, keyof Common>
    | Omit<DoctorCommand, keyof Common>,
  subcommand: Parser,
) => void;

const DEFAULT_TIMEOUT = 10;
const PERFDATA_QUEUES = 50;
const WATCH_SECONDS = 2;

/** Adds the commands. @param found Called once, while parsing. */
export function addQueues(program: Parser, found: FoundQueues): void {
  const queues = program.command("queues")
    .description("show queues: what waits, retries and has failed, consumers, and what is wrong")
    .argument("[queues...]", "only these queues")
    .option("--watch", `show it every ${WATCH_SECONDS} s`)
    .addOption(option("--all", "a line also for each queue that is ok"))
    .addOption(choiceOption("--sort <by>", QUEUE_SORTS.join(", "), QUEUE_SORTS))
    .addOption(jsonOption("print it as JSON; with --watch one object a line"))
    .addOption(timeoutOption())
    .addHelpText("after", "\nExample: process-queue queues --sort failed");
  queues.action((names: string[]) => {
    const { sort = "name", json = false, timeout = DEFAULT_TIMEOUT } = queues.opts();
    // The program has options of these names, and takes them wherever they stand.
    const { watch, all = false } = program.opts();
    const watchSeconds = watch ? WATCH_SECONDS : undefined;
    const more = { watchSeconds, all, sort, json, timeoutSeconds: timeout };
    found({ mode: "queues", queues: names, ...more }, queues);
  });
  addCheck(program, found);
  addDoctor(program, found);
}

function addDoctor(program: Parser, found: FoundQueues): void {
  const doctor = program.command("doctor")
    .description("check settings, broker, queues, processes and this host; exit with 1 on an error")
    .addOption(option("--fix", "mend what belongs to this program, and say what was done"))
    .addOption(
      wordOption(
        "--management <url>",
        "ask RabbitMQ's management, too; without a user in the address, as that of AMQP_URL",
      ),
    )
    .addOption(jsonOption("print it as JSON"))
    .addOption(timeoutOption())
    .addHelpText("after", "\nExample: process-queue doctor --management http://rabbit:15672");
  doctor.action(() => {
    const { fix = false, json = false, timeout = DEFAULT_TIMEOUT } = doctor.opts();
    const management = managementIn(doctor.opts().management);
    found({ mode: "doctor", fix, management, json, timeoutSeconds: timeout }, doctor);
  });
}

/** An address may hold a password, so no message has it. */
function managementIn(text: string | undefined): string | undefined {
  if (text === undefined || /^https?:$/.test(URL.parse(text)?.protocol ?? "")) return text;
  throw new UsageError("--management: it must be an address, such as http://rabbit:15672");
}

function addCheck(program: Parser, found: FoundQueues): void {
  const check = program.command("check")
    .description("check queues for Nagios; exit with 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN")
    .argument("[queues...]", "only these queues")
    .addOption(wordOption("--failed <number>", "warn from this many dead letters on"))
    .addOption(wordOption("--state-file <file>", "write the result there, and exit with 0"))
    .addOption(
      numberOption("--perfdata-queues <number>", "performance data of at most this many queues", {
        default: PERFDATA_QUEUES,
        most: 10_000,
      }),
    )
    .addOption(jsonOption("print it as JSON"))
    .addOption(timeoutOption())
    .addHelpText("after", "\nExample: process-queue check email_senders --failed 100");
  check.action((queues: string[]) => {
    const { failed, stateFile, perfdataQueues = PERFDATA_QUEUES, json = false } = check.opts();
    const { timeout = DEFAULT_TIMEOUT } = check.opts();
    const failedLimit = failed === undefined ? undefined : limitOf(failed);
    const more = { failedLimit, stateFile, perfdataQueues, json, timeoutSeconds: timeout };
    found({ mode: "check", queues, ...more }, check);
  });
}

function limitOf(text: string): number {
  if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text);
  throw new UsageError(`--failed ${text}: it must be a whole number from 1 on`);
}

function timeoutOption() {
  return numberOption("--timeout <seconds>", "how long broker and processes may take to answer", {
    default: DEFAULT_TIMEOUT,
    most: 3600,
  });
}
