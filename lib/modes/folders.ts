/**
 * Checks of the folders in a configuration.
 *
 * @module
 */

import { dirname } from "node:path";
import type { Config } from "../config/config.ts";
import { ConfigError, type Problem } from "../config/problem.ts";
import { isDiskFull } from "../errors/disk_full.ts";
import { errorData } from "../errors/error_data.ts";
import { remedyFor, unsafetyOf } from "./unsafe_folder.ts";

const FLAG = "--workers-dir";

/** The settings of the folder of workers. */
export type WorkersConfig = Pick<Config, "workersDir" | "allowUnsafeFolder" | "effective">;

/** The problem with `WORKERS_DIR` or `--workers-dir`, where it is set and has one. */
export function workersProblem(config: WorkersConfig): Problem | undefined {
  return unreadableProblem(config) ?? unsafeProblem(config);
}

function unreadableProblem(config: WorkersConfig): Problem | undefined {
  const { workersDir } = config;
  if (workersDir === undefined) return undefined;
  const setting = settingOf(config);
  return problemOf(setting, () => {
    for (const _entry of Deno.readDirSync(workersDir)) return;
  }, {
    wrong: `the folder ${workersDir} cannot be read`,
    fix: `set it${setting === FLAG ? "" : `, or ${FLAG},`} to the folder of your workers`,
  });
}

function unsafeProblem(config: WorkersConfig): Problem | undefined {
  const { workersDir, allowUnsafeFolder } = config;
  if (workersDir === undefined || allowUnsafeFolder) return undefined;
  const wrong = unsafetyOf(workersDir);
  if (wrong === undefined) return undefined;
  return { setting: settingOf(config), wrong, fix: remedyFor(workersDir) };
}

/** Reports whether a worker's code may run as this user. @param file The worker's file. */
export function mayLoad(config: WorkersConfig, file: string): boolean {
  const { workersDir, allowUnsafeFolder } = config;
  if (dirname(file) !== workersDir) return true;
  return allowUnsafeFolder || unsafetyOf(workersDir) === undefined;
}

function settingOf({ effective }: WorkersConfig): string {
  return effective.some(({ source }) => source === FLAG) ? FLAG : "WORKERS_DIR";
}

/**
 * Refuses an option `--workers-dir` that names no folder. `WORKERS_DIR` may be that of another host:
 * a command that runs no worker only warns of it.
 *
 * @throws {ConfigError} Then.
 */
export function requireWorkersFlag(config: WorkersConfig): void {
  const problem = unreadableProblem(config);
  if (problem?.setting === FLAG) throw new ConfigError([problem]);
}

/**
 * Refuses a folder of workers whose code others than this user and root may change.
 *
 * @throws {ConfigError} Then.
 */
export function requireSafeWorkers(config: WorkersConfig): void {
  const problem = unsafeProblem(config);
  if (problem) throw new ConfigError([problem]);
}

/** What {@linkcode writableProblem} allows. */
export interface WritableOptions {
  /** @default {false} */
  readonly mayBeFull?: boolean;
  /** @default {true} */
  readonly mayBeMade?: boolean;
}

/**
 * The problem with a folder that the program writes into, if any.
 *
 * @param options `mayBeFull`: a full disk is no problem; `mayBeMade`: the folder is made, else the
 * nearest folder above one that is missing is tried.
 */
export function writableProblem(
  setting: string,
  dir: string,
  { mayBeFull = false, mayBeMade = true }: WritableOptions = {},
): Problem | undefined {
  return problemOf(setting, () => {
    try {
      if (mayBeMade) Deno.mkdirSync(dir, { recursive: true });
      makeFile(mayBeMade ? dir : nearestThere(dir));
    } catch (error) {
      if (!mayBeFull || !isDiskFull(error)) throw error;
    }
  }, {
    wrong: `no file can be made in ${dir}`,
    fix: "set it to a folder that this user may write",
  });
}

/** The problem with `LOCAL_UPLOADS_DIR`, which must be there, if any. */
export function uploadsProblem(dir: string): Problem | undefined {
  return problemOf("LOCAL_UPLOADS_DIR", () => makeFile(dir), {
    wrong: `no file can be made in ${dir}`,
    fix: "set it to the folder of the uploads, which this user may write",
  });
}

function nearestThere(dir: string): string {
  try {
    Deno.statSync(dir);
    return dir;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound) || dirname(dir) === dir) throw error;
    return nearestThere(dirname(dir));
  }
}

function makeFile(dir: string): void {
  const path = `${dir}/.writable-${crypto.randomUUID()}`;
  Deno.writeTextFileSync(path, "", { createNew: true });
  Deno.removeSync(path);
}

function problemOf(
  setting: string,
  use: () => void,
  { wrong, fix }: Omit<Problem, "setting">,
): Problem | undefined {
  try {
    use();
    return undefined;
  } catch (error) {
    return {
      setting,
      wrong: `${wrong} (${reasonOf(error)})`,
      fix: isDiskFull(error) ? "make room on the disk of that folder" : fix,
    };
  }
}

/** The system's words; Deno adds the path, which the problem names itself. */
function reasonOf(error: unknown): string {
  return errorData(error).message.replace(/(\(os error \d+\)).*$/s, "$1");
}
