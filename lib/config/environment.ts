/**
 * The variables the program is configured by: the environment's, below them those of a file `.env`
 * in the working directory, and below those the configuration of a Zulip server.
 *
 * @module
 */

import { nearest } from "../errors/spelling.ts";
import { type EnvEntry, type EnvMistake, parseEnvFile } from "./env_file.ts";
import { ConfigError, type Problem } from "./problem.ts";
import { SETTINGS } from "./settings.ts";
import { readTextFile } from "./text_file.ts";

/** The key under which {@linkcode Environment} says which of its variables `.env` has set. */
export const FROM_FILE: unique symbol = Symbol("set by .env");

/** The key under which {@linkcode Environment} has the problems of `.env`. */
export const FILE_PROBLEMS: unique symbol = Symbol("problems of .env");

/** The key under which {@linkcode Environment} has the variables that may be mistyped. */
export const WARNINGS: unique symbol = Symbol("variables that may be mistyped");

/** The key under which {@linkcode Environment} has the place of each variable of a Zulip server. */
export const FROM_ZULIP: unique symbol = Symbol("set by a Zulip server's files");

/** How the place of a problem in `.env` begins. */
const LINE = ".env line";

/** Variables by name, and which of them come from a file. */
export interface Environment {
  readonly [name: string]: string | undefined;
  readonly [FROM_FILE]?: ReadonlySet<string>;
  readonly [FROM_ZULIP]?: ReadonlyMap<string, string>;
  readonly [FILE_PROBLEMS]?: readonly Problem[];
  readonly [WARNINGS]?: readonly string[];
}

/**
 * Reads the environment over the file `.env` of the working directory, if there is one: where
 * both set a variable, the environment wins.
 *
 * @param file The file. @default {".env"}
 * @throws {ConfigError} When the file is there and cannot be read.
 */
export function readEnvironment(file: string = ".env"): Environment {
  return mergeEnvironment(Deno.env.toObject(), readFile(file));
}

/** Whether a problem is one of `.env`, so that any setting may be missing. */
export function isOfEnvFile({ setting }: Problem): boolean {
  return setting.startsWith(LINE);
}

/**
 * Puts an environment over the text of a `.env` file. A name that is nearly that of a setting is a
 * problem in the file; in the environment, which other programs share, it is a warning. It is neither
 * where that setting is set, too.
 *
 * @param file Lines of `NAME=value`, see {@linkcode parseEnvFile}.
 */
export function mergeEnvironment(
  environment: Readonly<Record<string, string>>,
  file: string,
): Environment {
  const { entries, mistakes } = parseEnvFile(file);
  const fromFile = entries.filter(({ name }) => environment[name] === undefined);
  const set = new Set([...Object.keys(environment), ...entries.map(({ name }) => name)]);
  return {
    ...Object.fromEntries(fromFile.map(({ name, value }) => [name, value])),
    ...environment,
    [FROM_FILE]: new Set(fromFile.map(({ name }) => name)),
    [FILE_PROBLEMS]: [...mistakes, ...entries.flatMap((entry) => misnamed(entry, set))]
      .toSorted((a, b) => a.line - b.line)
      .map(({ line, wrong, fix }) => ({ setting: `${LINE} ${line}`, wrong, fix })),
    [WARNINGS]: Object.keys(environment).flatMap((name) => warningOf(name, set)),
  };
}

function misnamed({ name, line }: EnvEntry, set: ReadonlySet<string>): EnvMistake[] {
  const meant = meantBy(name, set);
  if (meant === undefined) return [];
  return [{ line, wrong: `there is no setting ${name}`, fix: `did you mean ${meant}?` }];
}

function warningOf(name: string, set: ReadonlySet<string>): string[] {
  if (OF_OTHERS.has(name)) return [];
  const meant = meantBy(name, set);
  if (meant === undefined) return [];
  return [`the environment has ${name}, and there is no such setting; did you mean ${meant}?`];
}

/** The setting that a name differs from only by a letter, by `_`, or in upper and lower case. */
function meantBy(name: string, set: ReadonlySet<string>): string | undefined {
  if (NAMES.has(name)) return undefined;
  const meant = BY_LETTERS.get(letters(name)) ?? nearest(name, NAMES, 1);
  return meant !== undefined && set.has(meant) ? undefined : meant;
}

/** Settings of queues, which have a part that varies, are checked where they are read. */
const NAMES: ReadonlySet<string> = new Set(
  SETTINGS.map(({ name }) => name).filter((name) => !name.includes("<")),
);
/** What other programs, and Deno itself, take from the environment under nearly the same name. */
const OF_OTHERS: ReadonlySet<string> = new Set([
  ...["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"],
]);
const BY_LETTERS: ReadonlyMap<string, string> = new Map(
  [...NAMES].map((name) => [letters(name), name]),
);

function letters(name: string): string {
  return name.toUpperCase().replaceAll("_", "");
}

function readFile(path: string): string {
  try {
    return Deno.statSync(path).isFile ? readTextFile(path) : "";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    const wrong = `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    throw new ConfigError([{ setting: path, wrong, fix: "make it readable, or remove it" }]);
  }
}
