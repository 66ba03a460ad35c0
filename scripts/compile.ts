/**
 * Makes the binary: `deno task compile [output]`, by default `dist/process-queue`.
 *
 *   deno task compile --target aarch64-unknown-linux-gnu dist/process-queue   for another platform
 *   deno task compile --all-targets dist/process-queue                        for all of them
 *
 * With `--all-targets`, the name of the platform is added to the output, as in
 * `dist/process-queue-linux-x86_64`, and `SHA256SUMS` is written beside it.
 *
 * Set the variable COMPILE to use another compiler than `deno compile`; it gets the same options.
 *
 * @module
 */

import { writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { bundle } from "./compile/bundle.ts";
import { run } from "./compile/command.ts";
import { writeChecksums } from "./compile/checksums.ts";
import { contentsOf } from "./compile/contents.ts";
import { type CompileArguments, platformOf, readArguments, TARGETS } from "./compile/targets.ts";
import { writeKit } from "./kit.ts";

/**
 * What the binary may do: no native libraries, no code from the network. It gives up `run` at its
 * start, unless it is to restart itself (`--watch`), so no worker starts a program.
 */
export const PERMISSIONS: readonly string[] = ["net", "read", "write", "env", "sys", "run"];

/**
 * The binary keeps no compiled code: Deno would write it to a file of a known name in the folder for
 * temporary files, where another user of the host could leave code of their own. It starts as fast
 * without.
 */
const OPTIONS: readonly string[] = ["--no-check", "--no-code-cache"];

const ROOT = join(import.meta.dirname ?? ".", "..");
const OUTPUT = join(ROOT, "dist/process-queue");

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: readonly string[]): Promise<number> {
  const given = readArguments(args);
  const problem = typeof given === "string" ? given : await compileAll(given);
  if (problem !== undefined) console.error(problem);
  return problem === undefined ? 0 : 1;
}

async function compileAll(
  { target, all, output = OUTPUT }: CompileArguments,
): Promise<string | undefined> {
  const file = resolve(output);
  const folder = join(dirname(file), "bundle");
  const made = all ? TARGETS.map((each) => `${file}-${platformOf(each)}`) : [file];
  let problem = await makeBundle(folder, false);
  for (const [index, each] of made.entries()) {
    problem ??= await compileBundle(folder, each, all ? TARGETS[index] : target);
    if (problem === undefined) console.log(`made ${each}`);
  }
  if (all && problem === undefined) writeChecksums(dirname(file), made);
  return problem;
}

/**
 * Makes the binary, of a bundle that it leaves in the folder `bundle` beside it, and writes its
 * commit into it. A release is compiled before it is committed, so its binary names the commit
 * before it.
 *
 * @param output The path of the binary, absolute.
 * @returns What went wrong and what to do; `undefined` when the binary is made.
 */
export async function compile(
  output: string,
  isRelease = false,
): Promise<string | undefined> {
  const folder = join(dirname(output), "bundle");
  return await makeBundle(folder, isRelease) ?? await compileBundle(folder, output);
}

async function makeBundle(folder: string, isRelease: boolean): Promise<string | undefined> {
  const problem = await bundle(ROOT, folder, contentsOf(ROOT));
  if (problem !== undefined) return problem;
  await writeKit(ROOT, join(folder, "kit.gz"));
  const source = isRelease ? `release, after ${await commit()}` : await commit("--dirty=+");
  writeFileSync(join(folder, "commit"), source);
  return undefined;
}

/**
 * Makes a binary of a bundle.
 *
 * @param folder The bundle, with `main.js`; an absolute path, as is the output's.
 * @param target The platform, as `deno compile` calls it; `undefined`: this one.
 * @returns What went wrong and what to do; `undefined` when the binary is made.
 */
export async function compileBundle(
  folder: string,
  output: string,
  target?: string,
): Promise<string | undefined> {
  const [program = "", ...args] = compiler();
  const permissions = PERMISSIONS.map((name) => `--allow-${name}`);
  const platform = target === undefined ? [] : ["--target", target];
  const options = [...permissions, ...OPTIONS, ...platform, "-o", output, "main.js"];
  const { success, stderr } = await run(program, [...args, ...options], folder);
  return success ? undefined : problemOf(stderr);
}

/** Explains why the compiler failed. @param stderr What the compiler printed. */
export function problemOf(stderr: string): string {
  const help = isRuntimeMissing(stderr)
    ? "\nThe runtime that goes into the binary (denort) could not be downloaded: download it on " +
      "another machine, from the release of the same version of Deno, and set the variable " +
      "DENORT_BIN to the path of its file"
    : "";
  return `the binary could not be made:\n${stderr.trim()}${help}`;
}

/** Reports whether a compiler failed because it could not download the binary's runtime. */
export function isRuntimeMissing(stderr: string): boolean {
  return /denort|download|error sending request|dns error|npm error network/i.test(stderr);
}

function compiler(): string[] {
  const given = Deno.env.get("COMPILE");
  return given ? given.split(" ") : [Deno.execPath(), "compile"];
}

/** The commit, or "no commit" where git knows none. */
async function commit(...options: readonly string[]): Promise<string> {
  const { success, stdout } = await run("git", ["describe", "--always", ...options], ROOT);
  return success ? stdout.trim() : "no commit";
}
