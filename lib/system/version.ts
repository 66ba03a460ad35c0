/**
 * The program's version.
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };
import { programFile } from "./program_files.ts";

/** The version as dead letters and statistics name it. */
export const VERSION: string = config.version;

/** The output of `--version`; a binary also names the commit that it was built from. */
export function versionLine(): string {
  const built = commit();
  return `process-queue ${VERSION}` + (built === undefined ? "" : ` (${built})`);
}

/** The commit that a binary was built from; `undefined` without a binary. */
export function commit(): string | undefined {
  return Deno.build.standalone ? embeddedCommit() : undefined;
}

/** The commit that `scripts/compile.ts` wrote into the bundle. */
function embeddedCommit(): string | undefined {
  try {
    return Deno.readTextFileSync(programFile("commit")).trim();
  } catch {
    return undefined;
  }
}
