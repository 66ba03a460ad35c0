/**
 * The bundle: the program and its packages in a few JavaScript files, in a folder of their own. The
 * binary is made of it, and is smaller and starts faster than one that is made of the source.
 *
 * @module
 */

import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { run } from "./command.ts";
import type { BundleContents } from "./contents.ts";
import { misplacedModules } from "./misplaced.ts";
import { withOwnPaths } from "./source_map.ts";

/** The fields of `deno.json` that matter in the bundle. */
interface ProgramConfig {
  readonly imports: Readonly<Record<string, string>>;
  readonly unstable?: readonly string[];
}

/** Deno's options for a bundle whose modules share their code, and whose stacks name the source. */
const OPTIONS: readonly string[] = [
  "--quiet",
  "--platform=deno",
  "--code-splitting",
  "--sourcemap=linked",
];

/** How a bundle is made. */
export interface BundleOptions {
  /** Whether the types are checked first, which takes longer than the rest. @default {true} */
  readonly check?: boolean;
}

/**
 * Makes a bundle.
 *
 * @param root The folder of the program, with `deno.json` and `deno.lock`; an absolute path.
 * @param out The folder of the bundle, which is replaced; an absolute path.
 * @returns What went wrong and what to do; `undefined` when the bundle is made.
 */
export async function bundle(
  root: string,
  out: string,
  contents: BundleContents,
  { check = true }: BundleOptions = {},
): Promise<string | undefined> {
  rmSync(out, { recursive: true, force: true });
  const { modules, faces, assets, wholePackages } = contents;
  const entries = new Set([...modules, ...Object.values(faces)]);
  const externals = wholePackages.map((name) => `--external=${name}`);
  const checked = check ? ["--check"] : [];
  const args = ["bundle", ...OPTIONS, ...checked, ...externals, `--outdir=${out}`, ...entries];
  const { success, stderr } = await run(Deno.execPath(), args, root);
  if (!success) return `the program could not be bundled:\n${stderr.trim()}`;
  const problem = misplacedIn(out);
  if (problem !== undefined) return problem;
  for (const file of globSync(join(out, "**/*.map"))) {
    writeFileSync(file, withOwnPaths(readFileSync(file, "utf8"), { file, out, root }));
  }
  for (const asset of assets) copy(join(root, asset), join(out, asset));
  for (const [name, file] of Object.entries(contents.packageFiles)) {
    compress(fileURLToPath(file), join(out, packageFile(name)));
  }
  writeConfig(root, out, contents);
  return undefined;
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true });
}

/** Writes a file as `readPackageFile` of `lib/system/package_file.ts` reads it. */
function compress(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, gzipSync(readFileSync(from), { level: 9 }));
}

function misplacedIn(out: string): string | undefined {
  const files = globSync(join(out, "**/*.js"));
  const modules = files.flatMap((file) => misplacedModules(readFileSync(file, "utf8")));
  if (modules.length === 0) return undefined;
  return `these modules look for files beside themselves, and would not find them in the bundle:\n` +
    `${modules.join("\n")}\nTake the file of the program from lib/system/program_files.ts; add a ` +
    `package to wholePackages in scripts/compile/contents.ts`;
}

/** The bundle's `deno.json`: whoever imports a face or a file, also from outside, gets the bundle's. */
function writeConfig(root: string, out: string, contents: BundleContents): void {
  const { faces, packageFiles, wholePackages } = contents;
  const { imports, unstable } = JSON.parse(
    readFileSync(join(root, "deno.json"), "utf8"),
  ) as ProgramConfig;
  const shared = Object.entries(faces).map(([name, path]) => [name, `./${bundled(path)}`]);
  const files = Object.keys(packageFiles).map((name) => [name, `./${packageFile(name)}`]);
  const whole = wholePackages.map((name) => [name, imports[name]]);
  const config = {
    imports: Object.fromEntries([...shared, ...files, ...whole]),
    unstable,
    compile: { include: ["."] },
  };
  writeFileSync(join(out, "deno.json"), JSON.stringify(config, undefined, 2));
  if (wholePackages.length > 0) copy(join(root, "deno.lock"), join(out, "deno.lock"));
}

/** The path of a package's file in the bundle. One name may be the folder of another. */
function packageFile(name: string): string {
  return `packages/${name.replaceAll("/", "+")}`;
}

/** The path of a module in the bundle. */
function bundled(path: string): string {
  return path.replace(/\.ts$/, ".js");
}
