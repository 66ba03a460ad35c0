/**
 * The settings that a worker requires. The main thread looks at them: it knows all settings there
 * are, and has to say which are missing.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import { ConfigError } from "../../config/problem.ts";
import { SETTINGS } from "../../config/settings.ts";
import { enumeration } from "../../errors/alternatives.ts";
import { didYouMean } from "../../errors/spelling.ts";
import type { WorkerDescription } from "../executor/executor.ts";
import { WorkerDeclarationError, type WorkerFile } from "./discovery.ts";

/** The settings there are, except those of one queue. */
const NAMES: ReadonlySet<string> = new Set(
  SETTINGS.map(({ name }) => name).filter((name) => !name.includes("<")),
);

const ONLY_THE_PROGRAMS =
  "`requires` names settings of the program, and no others; a worker reads " +
  "a variable of its own in `setup`";

/**
 * The settings that a worker requires and that are not set, or set to nothing.
 *
 * @throws {WorkerDeclarationError} When it requires a setting that there is not; the message names
 * the file and the nearest one.
 */
export function missingSettings(
  { requires }: Pick<WorkerDescription, "requires">,
  { file }: Pick<WorkerFile, "file">,
  { effective }: Pick<Config, "effective">,
): string[] {
  const unknown = requires.find((name) => !NAMES.has(name));
  if (unknown !== undefined) {
    throw new WorkerDeclarationError(
      `${file} requires the setting ${unknown}, which does not exist${
        didYouMean(unknown, NAMES) || `: ${ONLY_THE_PROGRAMS}`
      }`,
    );
  }
  const set = new Set(effective.filter(({ value }) => value).map(({ name }) => name));
  return [...new Set(requires)].filter((name) => !set.has(name));
}

/** The settings with what is wrong with them: `A is not set`, `A and B are not set`. */
export function areNotSet(missing: readonly string[]): string {
  return `${enumeration(missing)} ${missing.length === 1 ? "is" : "are"} not set`;
}

/** Why a worker that is not for the database of a Zulip server does not run, as in a line. */
export const IN_ZULIPS = "DATABASE_URL is the database of a Zulip server, which it is not for";

/** The error of a worker that is not for the database of a Zulip server. */
export function inZulipsError(queue: string): ConfigError {
  return new ConfigError([{
    setting: "DATABASE_URL",
    wrong: `it is the database of a Zulip server, which the worker of ${queue} is not for`,
    fix: "leave this queue to manage.py, or set it to a database of this program's own",
  }]);
}

/** The error of a worker that cannot run without these settings, at least one. */
export function missingError(queue: string, missing: readonly string[]): ConfigError {
  return new ConfigError(missing.map((setting) => ({
    setting,
    wrong: `it is not set, and the worker of ${queue} requires it`,
    fix: "set it, or do not run this queue",
  })));
}
