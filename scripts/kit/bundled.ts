/**
 * JavaScript of modules that others import, with all that they need.
 *
 * @module
 */

import { globSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { run } from "../compile/command.ts";

/**
 * Bundles modules. What two of them share is in files of its own.
 *
 * @param root The folder of the program; an absolute path.
 * @param folder An empty folder to work in; an absolute path.
 * @param modules Their paths in the program.
 * @param externals Packages that stay imports.
 * @returns The texts of the files by their paths; each module has its own name.
 * @throws {Error} When they cannot be bundled; has what Deno says.
 */
export async function bundledFiles(
  root: string,
  folder: string,
  modules: readonly string[],
  externals: readonly string[],
): Promise<Map<string, string>> {
  const outside = externals.map((name) => `--external=${name}`);
  const options = ["--quiet", "--platform=deno", "--code-splitting", `--outdir=${folder}`];
  const args = ["bundle", ...options, ...outside, ...modules];
  const { success, stderr } = await run(Deno.execPath(), args, root);
  if (!success) throw new Error(`The kit could not be bundled:\n${stderr.trim()}`);
  const files = globSync(join(folder, "**/*.js"));
  return new Map(files.map((file) => [relative(folder, file), readFileSync(file, "utf8")]));
}
