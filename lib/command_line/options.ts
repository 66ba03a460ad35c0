/**
 * The options of the command line, and the values they take.
 *
 * @module
 */

import { Argument, InvalidArgumentError, Option } from "commander";
import { LOG_FORMATS, LOG_LEVELS } from "../config/log_choices.ts";
import { alternatives } from "../errors/alternatives.ts";

/** The options that every mode takes, as commander names them. */
export interface SharedOptions {
  readonly amqp_url?: string;
  readonly workersDir?: string;
  readonly allowUnsafeFolder?: true;
  readonly logFormat?: string;
  readonly logLevel?: string;
  readonly zulip?: string;
}

/** The options that run queues, as commander names them. */
export interface RunOptions {
  readonly queue_name?: string;
  readonly worker_num?: number;
  readonly multi_threaded?: string[];
  readonly skipUnknown?: true;
  readonly all?: true;
  readonly except?: string[];
  readonly inline?: true;
  readonly drain?: true;
  readonly watch?: true;
  readonly lock?: string;
  readonly exitWhenParked?: true;
  readonly http?: string;
  readonly max_events?: number;
  readonly max_seconds?: number;
}

type Read<T> = (text: string, previous: T | undefined) => T;

/** The options that run queues. The names are Zulip's where Zulip has one. */
export function runOptions(): Option[] {
  return [
    option("--queue_name <queue>", "run one queue (also: --queue)", one(word)),
    option(
      "--worker_num <number>",
      "the number of this worker; with shards, the shard it consumes (default: 0)",
      one(wholeNumber(0, 65_535)),
    ),
    option(
      "--multi_threaded <queue...>",
      "run these queues, each in a thread",
      listOfWords,
    ),
    option("--skip-unknown", "with --multi_threaded: skip the queues that have no worker here"),
    option("--all", "run every active queue, each in a thread"),
    option("--except <queue...>", "with --all: leave these queues out", listOfWords),
    option(
      "--inline",
      "with --queue_name: run the worker in the main thread, for debuggers and least memory; an " +
        "event that crashes or hangs there ends the process, and an endless loop blocks signals",
    ),
    option("--drain", "exit when the queues are empty"),
    option("--watch", "for development: restart when a file of a worker changes"),
    option(
      "--lock <file>",
      "run only if no other process holds the lock on this file; else exit with 0, for cron",
      one(word),
    ),
    option(
      "--exit-when-parked",
      "exit with 3 when a queue is parked because its worker keeps failing, as Zulip does",
    ),
    option(
      "--http <address>",
      "answer HTTP on this port, or host:port: probes, metrics, control (HTTP)",
      one(word),
    ),
    ...limitOptions(),
  ];
}

/** The options that end a run. */
function limitOptions(): Option[] {
  return [
    option(
      "--max_events <number>",
      "with --queue_name: exit after this many events",
      one(wholeNumber(1, 1e12)),
    ),
    option("--max_seconds <number>", "exit after this many seconds", one(wholeNumber(1, 1e9))),
  ];
}

/** The options that every mode takes; they override the environment. */
export function sharedOptions(): Option[] {
  return [
    option(
      "--amqp_url <url>",
      "RabbitMQ's address; put a password into the variable AMQP_URL instead",
      one(word),
    ),
    option("--workers-dir <folder>", "a folder of your own workers (WORKERS_DIR)", one(word)),
    option(
      "--allow-unsafe-folder",
      "run workers also of a folder that others than you and root may write (ALLOW_UNSAFE_FOLDER)",
    ),
    choiceOption("--log-format <format>", `${LOG_FORMATS.join(" or ")} (LOG_FORMAT)`, LOG_FORMATS),
    choiceOption("--log-level <level>", `${LOG_LEVELS.join(", ")} (LOG_LEVEL)`, LOG_LEVELS),
    option(
      "--zulip [folder]",
      "take what the environment does not set from a Zulip server's configuration; a folder " +
        "other than /etc/zulip begins with /, ./ or ../",
      one(word),
    ),
  ];
}

/** `--json`. @param what Its description. */
export function jsonOption(what: string): Option {
  return option("--json", what);
}

/** An option that takes a whole number, with a default. */
export function numberOption(
  flags: string,
  description: string,
  number: { readonly default: number; readonly most: number },
): Option {
  const read = one(wholeNumber(1, number.most));
  return option(flags, `${description} (default: ${number.default})`, read);
}

/** An option that takes a whole number, and has no default. */
export function countOption(
  flags: string,
  description: string,
  least: number,
  most: number,
): Option {
  return option(flags, description, one(wholeNumber(least, most)));
}

/** An option that takes one text or more, and may be given again. */
export function wordsOption(flags: string, description: string): Option {
  return option(flags, description, listOfWords);
}

/** An option that takes a port. @param least 0 where that stands for any port. */
export function portOption(flags: string, description: string, least: 0 | 1): Option {
  return option(flags, description, one(wholeNumber(least, 65_535)));
}

/** An option that takes a text that is not empty. */
export function wordOption(flags: string, description: string): Option {
  return option(flags, description, one(word));
}

/** The most seconds of a time: ten years. */
const MOST_SECONDS = 315_360_000;
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** An option that takes a time, as `90`, `90s`, `10m`, `2h` or `1d`; its value has seconds. */
export function timeOption(flags: string, description: string): Option {
  return option(flags, description, one(timeIn));
}

/** An option that takes a time with its unit, as `90s` or `30d`: a wrong guess of it may cost events. */
export function ageOption(flags: string, description: string): Option {
  return option(flags, description, one(ageIn));
}

function ageIn(text: string): number {
  if (/[smhd]$/.test(text)) return timeIn(text);
  throw new InvalidArgumentError("It must be a number and s, m, h or d, such as 90s or 2d.");
}

function timeIn(text: string): number {
  const [, number = "", unit = "s"] = /^([0-9]{1,9})([smhd]?)$/.exec(text) ?? [];
  const seconds = Number(number) * (SECONDS[unit || "s"] ?? 1);
  if (number !== "" && seconds >= 1 && seconds <= MOST_SECONDS) return seconds;
  throw new InvalidArgumentError(
    "It must be a time of at least 1 s and at most 3650 days, as 90s, 10m, 2h or 1d.",
  );
}

/** An option that takes one of some words. */
export function choiceOption(
  flags: string,
  description: string,
  choices: readonly string[],
): Option {
  return new Option(flags, description).choices(choices).argParser(one(choices));
}

/** An argument that is one of some words. Its command checks it, and says what is wrong. */
export function choiceArgument(
  name: string,
  description: string,
  choices: readonly string[],
): Argument {
  return new Argument(name, description).choices(choices).argParser((text: string) => text);
}

/** An option; one that takes a value says how its text is read. */
export function option<T>(flags: string, description: string, read?: Read<T>): Option {
  const made = new Option(flags, description);
  return read ? made.argParser(read) : made;
}

/** Reads an option that may be given once only. */
function one<T>(read: ((text: string) => T) | readonly string[]): Read<T | string> {
  return (text, previous) => {
    if (previous !== undefined) throw new InvalidArgumentError("It is given more than once.");
    return typeof read === "function" ? read(text) : choice(text, read);
  };
}

function listOfWords(text: string, previous: string[] = []): string[] {
  return [...previous, word(text)];
}

function word(text: string): string {
  if (text === "") throw new InvalidArgumentError("It is empty.");
  if (text.startsWith("--")) throw new InvalidArgumentError("It is an option, not a value.");
  return text;
}

function choice(text: string, choices: readonly string[]): string {
  if (choices.includes(text)) return text;
  throw new InvalidArgumentError(`It must be ${alternatives(choices)}.`);
}

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = /^[0-9]{1,15}$/.test(text) ? Number(text) : -1;
    if (number >= least && number <= most) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}
