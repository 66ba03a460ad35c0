/**
 * The variables the program is configured by: the environment's, and below them those of a file
 * `.env` in the working directory.
 *
 * @module
 */

// By its namespace: runtimes before Deno 2.7 have no parseEnv, and can do without where no file is.
import * as util from "node:util";
import { ConfigError } from "./problem.ts";

/** The key under which {@linkcode Environment} says which of its variables `.env` has set. */
export const FROM_FILE: unique symbol = Symbol("set by .env");

/** Variables by name, and which of them come from a file. */
export interface Environment {
  readonly [name: string]: string | undefined;
  readonly [FROM_FILE]?: ReadonlySet<string>;
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

/**
 * Puts an environment over the text of a `.env` file.
 *
 * @param file `NAME=value` lines, as `node --env-file` takes them.
 */
export function mergeEnvironment(
  environment: Readonly<Record<string, string>>,
  file: string,
): Environment {
  const fromFile = Object.entries(file === "" ? {} : util.parseEnv(file))
    .filter(([name]) => environment[name] === undefined);
  return {
    ...Object.fromEntries(fromFile),
    ...environment,
    [FROM_FILE]: new Set(fromFile.map(([name]) => name)),
  };
}

function readFile(path: string): string {
  try {
    return Deno.statSync(path).isFile ? Deno.readTextFileSync(path) : "";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    const wrong = `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    throw new ConfigError([{ setting: path, wrong, fix: "make it readable, or remove it" }]);
  }
}
