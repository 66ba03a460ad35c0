/**
 * Checks of the folders in a configuration.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import type { Problem } from "../config/problem.ts";
import { errorData } from "../errors/error_data.ts";

/** The problem with `WORKERS_DIR`, where it is set and has one. */
export function workersProblem({ workersDir }: Pick<Config, "workersDir">): Problem | undefined {
  if (workersDir === undefined) return undefined;
  return problemOf("WORKERS_DIR", () => {
    for (const _entry of Deno.readDirSync(workersDir)) return;
  }, {
    wrong: `the folder ${workersDir} cannot be read`,
    fix: "set it, or --workers-dir, to the folder of your workers",
  });
}

/** The problem with a folder that the program writes into, if any. Creates the folder. */
export function writableProblem(setting: string, dir: string): Problem | undefined {
  return problemOf(setting, () => {
    Deno.mkdirSync(dir, { recursive: true });
    const path = `${dir}/.writable-${crypto.randomUUID()}`;
    Deno.writeTextFileSync(path, "", { createNew: true });
    Deno.removeSync(path);
  }, {
    wrong: `no file can be made in ${dir}`,
    fix: "set it to a folder that this user may write",
  });
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
    return { setting, wrong: `${wrong} (${errorData(error).message})`, fix };
  }
}
