/**
 * `--watch`, for development: a parent process that restarts the program when a file changes.
 *
 * @module
 */

import { join } from "node:path";
import type { Config } from "../../config/config.ts";
import { BUILT_IN_DIR } from "../../engine/host/discovery.ts";
import { logLine } from "../../log/log.ts";
import type { Signals } from "../../system/signals.ts";
import { FileWatch } from "./file_watch.ts";
import { Restarter } from "./restarter.ts";

/** The folder of the program's source. */
const ROOT = join(BUILT_IN_DIR, "..");

/**
 * Runs the program in a child process, and restarts it when a file changes. It ends when a signal
 * asks for it, or when the child has nothing more to do.
 *
 * @param args The arguments of the program, `--watch` among them.
 * @param signals Passed on to the child.
 * @returns The exit code of the child.
 */
export async function runWatched(
  args: readonly string[],
  { workersDir, log }: Pick<Config, "workersDir" | "log">,
  signals: Pick<Signals, "letGo">,
): Promise<number> {
  await using child = new Restarter(Deno.execPath(), childArgs(args, log.format));
  signals.letGo();
  using _watch = new FileWatch(watchedPaths(workersDir), {
    onChange: (file) => {
      logLine("info", "{file} changed: the program is restarted", { file }, {});
      child.restart();
    },
    onRefused: logRefused,
  });
  return await child.run();
}

function logRefused(folder: string, error: unknown, isPartial: boolean): void {
  const reason = error instanceof Error ? error.message : String(error);
  logLine("warning", refusal(isPartial), { folder, reason }, {});
}

/** The message about a folder that the system does not watch. */
function refusal(isPartial: boolean): string {
  const problem = isPartial
    ? "{folder} is watched in part: {reason}: some changes in it are not seen"
    : "{folder} cannot be watched: {reason}: changes in it are not seen";
  return `${problem}. If a limit of the system is reached, raise fs.inotify.max_user_watches or ` +
    "fs.inotify.max_user_instances, and restart the program";
}

/** The source files that may change; those in a binary cannot. */
function watchedPaths(workersDir: string | undefined): string[] {
  const own = workersDir === undefined ? [] : [workersDir];
  if (Deno.build.standalone) return own;
  return [join(ROOT, "main.ts"), join(ROOT, "lib"), BUILT_IN_DIR, ...own];
}

/**
 * The arguments that start this program without `--watch`. Without a lock file, as in
 * `deno task dev`: a worker may import npm packages that the program's does not have.
 *
 * @param format The format of the log, where one is set. @default {"text"}
 */
export function childArgs(
  args: readonly string[],
  format: string | undefined,
  isStandalone: boolean = Deno.build.standalone,
): string[] {
  return [
    ...(isStandalone ? [] : ["run", "-A", "--no-lock", join(ROOT, "main.ts")]),
    ...(format === undefined ? ["--log-format", "text"] : []),
    ...args.filter((arg) => arg !== "--watch"),
  ];
}
