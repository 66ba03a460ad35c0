/**
 * The page of the manual: all commands, options and settings, by the parser and the table of
 * settings.
 *
 * @module
 */

import type { Argument, Command as Parser, Option } from "commander";
import { SETTING_GROUPS } from "../../config/settings.ts";
import type { SettingInfo } from "../../config/setting.ts";
import { sharedOptions } from "../options.ts";
import { forEachCommand, listedOptions, pathOf } from "../tree.ts";
import { entry, macro, textLine } from "./roff.ts";

const DESCRIPTION = [
  "process-queue takes events from RabbitMQ queues and passes each one to the worker of its queue. " +
  "An event is processed, waits for a retry, or is in <queue>.failed with the reason.",
  "Without AMQP_URL, events are kept in an embedded broker, in one SQLite file in STATE_DIR. In the " +
  "names of options, - and _ are the same.",
];

const SIGNALS: readonly (readonly [signal: string, effect: string])[] = [
  [
    "SIGTERM, SIGINT, SIGHUP",
    "Finish what runs within STOP_GRACE_SECONDS, release the rest, and exit with 0. A second one " +
    "releases everything at once.",
  ],
  ["SIGQUIT", "Release everything at once."],
  ["SIGUSR1", "As SIGTERM, and exit with 3, so that a supervisor restarts the program."],
  ["SIGTSTP, SIGCONT", "Take no more events; take events again."],
  ["SIGUSR2", "Log how each queue is."],
];

const EXIT_CODES: readonly (readonly [code: string, meaning: string])[] = [
  ["0", "Stopped, or done."],
  ["1", "Failed; the last line on standard error says why."],
  ["2", "Wrong command line."],
  ["3", "Restart requested. check: unknown."],
];

const FILES: readonly (readonly [path: string, meaning: string])[] = [
  [".env", "In the working folder: settings that the environment does not have."],
  ["<STATE_DIR>/broker.sqlite", "The events of the embedded broker."],
  ["<STATE_DIR>/journal/", "Which events run, for the process that follows one that died."],
  ["<STATE_DIR>/control/", "The sockets by which commands reach processes."],
  ["<QUEUE_STATS_DIR>/<queue>.stats", "Statistics, in Zulip's format."],
];

/**
 * The page, in roff.
 *
 * @param version The version of the program.
 */
export function manualPage(program: Parser, version: string): string {
  const name = program.name();
  return [
    macro("TH", name.toUpperCase(), "1", "", `${name} ${version}`, "User Commands"),
    ...[macro("SH", "NAME"), textLine(`${name} - ${program.description()}`)],
    ...[macro("SH", "SYNOPSIS"), ...synopsis(program)],
    ...[macro("SH", "DESCRIPTION"), ...DESCRIPTION.flatMap((text) => [".PP", textLine(text)])],
    ...[macro("SH", "OPTIONS THAT RUN QUEUES"), ...runningOptions(program).flatMap(optionEntry)],
    ...[macro("SH", "OPTIONS OF EVERY COMMAND"), ...sharedOptions().flatMap(optionEntry)],
    ...[macro("SH", "COMMANDS"), ...commandsOf(program).flatMap(commandSection)],
    ...[macro("SH", "SIGNALS"), ...entries(SIGNALS)],
    ...[macro("SH", "EXIT STATUS"), ...entries(EXIT_CODES)],
    ...[macro("SH", "ENVIRONMENT"), ...SETTING_GROUPS.flatMap(settingsSection)],
    ...[macro("SH", "FILES"), ...entries(FILES)],
    ...[macro("SH", "SEE ALSO"), textLine("systemd.service(5), rabbitmqctl(8)")],
    "",
  ].join("\n");
}

function synopsis(program: Parser): string[] {
  const lines = program.usage().split("\n").map((line) => line.trim());
  return lines.flatMap((line, at) => {
    const command = line.startsWith(program.name()) ? line : `${program.name()} ${line}`;
    return at === 0 ? [textLine(command)] : [".br", textLine(command)];
  });
}

/** The options of the program that are not those of every command. */
function runningOptions(program: Parser): Option[] {
  const shared = new Set(sharedOptions().map(({ flags }) => flags));
  return listedOptions(program).filter(({ flags }) => !shared.has(flags));
}

/** All commands that do something, in the order of the help. */
function commandsOf(program: Parser): Parser[] {
  const found: Parser[] = [];
  forEachCommand(program, (each) => {
    if (each.parent && each.commands.length === 0) found.push(each);
  });
  return found;
}

function commandSection(command: Parser): string[] {
  const shared = new Set(sharedOptions().map(({ flags }) => flags));
  const own = listedOptions(command).filter(({ flags }) => !shared.has(flags));
  const usage = [pathOf(command).replace(/^\S+ /, ""), ...command.registeredArguments.map(shown)];
  return [
    macro("SS", usage.join(" ")),
    textLine(sentence(command.description())),
    ...command.registeredArguments.flatMap((each) => entry(shown(each), each.description)),
    ...own.filter(({ long }) => long !== "--help").flatMap(optionEntry),
  ];
}

/** An argument as the usage has it: `<queue>`, `[json]`, `<queues...>`. */
function shown(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

function optionEntry({ flags, description }: Option): string[] {
  return entry(flags, sentence(description));
}

function settingsSection(
  { title, settings }: { readonly title: string; readonly settings: readonly SettingInfo[] },
): string[] {
  return [macro("SS", title), ...settings.flatMap(settingEntry)];
}

function settingEntry({ name, default: text, description }: SettingInfo): string[] {
  const plain = sentence(description.replaceAll("`", ""));
  return text === undefined ? entry(name, plain) : entry(name, plain, `Default: ${text}`);
}

function entries(rows: readonly (readonly [term: string, text: string])[]): string[] {
  return rows.flatMap(([term, text]) => entry(term, text));
}

function sentence(text: string): string {
  const [first = "", rest = ""] = [text.slice(0, 1), text.slice(1)];
  return `${first.toUpperCase()}${rest}${/[.!?]$/.test(text) || text === "" ? "" : "."}`;
}
