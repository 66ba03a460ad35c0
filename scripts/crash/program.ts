/**
 * The program that the suite runs: from its source, or bundled, as it is in the binary. The source has
 * more modules to find and to load: a start of all queues took 1.2 s of CPU, and 0.9 s bundled.
 *
 * @module
 */

import { globSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "../compile/bundle.ts";
import { contentsOf } from "../compile/contents.ts";

/** Where a program is. */
export interface CrashProgram {
  /** Its first module. */
  readonly main: string;
  /** The module that runs it with the engine that loses events. */
  readonly brokenMain: string;
  /** The folder of the suite's workers. */
  readonly workersDir: string;
  /** The module that runs it with a worker of mails that loses them. */
  readonly brokenMailMain: string;
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const BROKEN_MAIN = "scripts/crash/broken_main";
const WORKERS = "scripts/crash/workers";
const BROKEN_MAIL_MAIN = "scripts/crash/mail/broken_main";

/** The program from its source. */
export const FROM_SOURCE: CrashProgram = programIn(ROOT, "ts");

/**
 * Bundles the program, the engine that loses events, and the suite's workers. The types are not
 * checked: `deno check` and the bundle of a release do that.
 *
 * @param folder A folder for the bundle, which is replaced; an absolute path.
 * @throws {Error} When it cannot be bundled.
 */
export async function bundleProgram(folder: string): Promise<CrashProgram> {
  const contents = contentsOf(ROOT);
  const mains = [BROKEN_MAIN, BROKEN_MAIL_MAIN].map((main) => `${main}.ts`);
  const own = [...mains, ...globSync(`${WORKERS}/*.ts`, { cwd: ROOT })];
  const modules = [...contents.modules, ...own];
  const problem = await bundle(ROOT, folder, { ...contents, modules }, { check: false });
  if (problem !== undefined) throw new Error(problem);
  return programIn(folder, "js");
}

function programIn(folder: string, extension: string): CrashProgram {
  return {
    main: join(folder, `main.${extension}`),
    brokenMain: join(folder, `${BROKEN_MAIN}.${extension}`),
    workersDir: join(folder, WORKERS),
    brokenMailMain: join(folder, `${BROKEN_MAIL_MAIN}.${extension}`),
  };
}
