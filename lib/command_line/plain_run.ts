/**
 * The command lines of services, such as `--queue_name Q --worker_num 1` or `--all --http 8080`, read
 * without the parser of all commands, which takes longer to load than all that runs a queue.
 *
 * @module
 */

import { LOG_FORMATS, LOG_LEVELS } from "../config/log_choices.ts";
import type { QueueSelection, RunCommand } from "./command.ts";

/** How the words behind an option are read; `undefined`: the parser of all commands must say. */
type Read = (words: readonly string[]) => unknown;

const flag: Read = (words) => words.length === 0 ? true : undefined;
const word: Read = ([text, ...others]) => others.length === 0 && text ? text : undefined;
const words: Read = (texts) => texts.length > 0 && texts.every(Boolean) ? texts : undefined;

function oneOf(choices: readonly string[]): Read {
  return (texts) => choices.find((choice) => choice === word(texts));
}

function wholeNumber(least: number, most: number): Read {
  return (texts) => {
    const text = String(word(texts));
    const number = /^[0-9]{1,15}$/.test(text) ? Number(text) : -1;
    return number >= least && number <= most ? number : undefined;
  };
}

/** The options of such command lines, as `options.ts` has them, with `_` for `-`. */
const READS = {
  queue_name: word,
  worker_num: wholeNumber(0, 65_535),
  multi_threaded: words,
  skip_unknown: flag,
  all: flag,
  except: words,
  inline: flag,
  drain: flag,
  watch: flag,
  lock: word,
  exit_when_parked: flag,
  http: word,
  max_events: wholeNumber(1, 1e12),
  max_seconds: wholeNumber(1, 1e9),
  workers_dir: word,
  allow_unsafe_folder: flag,
  log_format: oneOf(LOG_FORMATS),
  log_level: oneOf(LOG_LEVELS),
} as const satisfies Record<string, Read>;

type Name = keyof typeof READS;

/** What was given, by the names of options. */
class Given {
  readonly #values = new Map<Name, unknown>();

  /** @returns Whether it could be read, and was not given before. */
  add(name: string, texts: readonly string[]): boolean {
    if (!isName(name) || this.#values.has(name)) return false;
    const value = READS[name](texts);
    this.#values.set(name, value);
    return value !== undefined;
  }

  has(name: Name): boolean {
    return this.#values.has(name);
  }

  text(name: Name): string | undefined {
    return this.#values.get(name) as string | undefined;
  }

  number(name: Name): number | undefined {
    return this.#values.get(name) as number | undefined;
  }

  list(name: Name): readonly string[] {
    return (this.#values.get(name) ?? []) as string[];
  }
}

/**
 * The command of a plain command line that runs queues.
 *
 * @returns `undefined` where the line is anything else, or wrong: the parser of all commands reads it.
 */
export function plainRun(args: readonly string[]): RunCommand | undefined {
  const given = read(args);
  const queues = given && selection(given);
  if (!queues) return undefined;
  return {
    mode: "run",
    queues,
    inline: given.has("inline"),
    drain: given.has("drain"),
    watch: given.has("watch"),
    lock: given.text("lock"),
    exitWhenParked: given.has("exit_when_parked"),
    maxEvents: given.number("max_events"),
    maxSeconds: given.number("max_seconds"),
    flags: {
      amqpUrl: undefined,
      workersDir: given.text("workers_dir"),
      allowUnsafeFolder: given.has("allow_unsafe_folder") ? "true" : undefined,
      logFormat: given.text("log_format"),
      logLevel: given.text("log_level"),
      zulip: undefined,
      http: given.text("http"),
    },
    warnings: [],
  };
}

function read(args: readonly string[]): Given | undefined {
  const given = new Given();
  for (let index = 0; index < args.length;) {
    const name = nameIn(args[index]);
    const next = args.findIndex((arg, at) => at > index && arg.startsWith("-"));
    const end = next === -1 ? args.length : next;
    if (name === undefined || !given.add(name, args.slice(index + 1, end))) return undefined;
    index = end;
  }
  return given;
}

function nameIn(arg: string | undefined): string | undefined {
  return /^--([a-z_-]+)$/.exec(arg ?? "")?.[1]?.replaceAll("-", "_");
}

function isName(name: string): name is Name {
  return Object.hasOwn(READS, name);
}

/** The queues, where nothing is given that needs another option. */
function selection(given: Given): QueueSelection | undefined {
  const [isOne, isSeveral, isAll] = [
    given.has("queue_name"),
    given.has("multi_threaded"),
    given.has("all"),
  ];
  const isAny = (...names: Name[]) => names.some((name) => given.has(name));
  if ([isOne, isSeveral, isAll].filter(Boolean).length !== 1) return undefined;
  if (!isOne && isAny("worker_num", "inline", "max_events")) return undefined;
  if (!isSeveral && isAny("skip_unknown")) return undefined;
  if (!isAll && isAny("except")) return undefined;
  if (isAll) return { kind: "all", except: given.list("except") };
  const queue = given.text("queue_name");
  if (queue !== undefined) {
    return { kind: "one", queue, workerNum: given.number("worker_num") ?? 0 };
  }
  const queues = given.list("multi_threaded");
  return { kind: "several", queues, skipUnknown: given.has("skip_unknown") };
}
