/**
 * Makes the binary: `deno task compile [output]`, by default `dist/process-queue`.
 *
 * Set the variable COMPILE to use another compiler than `deno compile`; it gets the same options.
 *
 * @module
 */

import { writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { bundle } from "./compile/bundle.ts";
import { run } from "./compile/command.ts";
import { contentsOf } from "./compile/contents.ts";
import { writeKit } from "./kit.ts";

/**
 * What the binary may do: no native libraries, no code from the network. It gives up `run` at its
 * start, unless it is to restart itself (`--watch`), so no worker starts a program.
 */
export const PERMISSIONS: readonly string[] = ["net", "read", "write", "env", "sys", "run"];

const ROOT = join(import.meta.dirname ?? ".", "..");
const OUTPUT = join(ROOT, "dist/process-queue");

if (import.meta.main) Deno.exit(await main(Deno.args[0] ?? OUTPUT));

async function main(output: string): Promise<number> {
  const problem = await compile(resolve(output));
  if (problem === undefined) console.log(`made ${output}`);
  else console.error(problem);
  return problem === undefined ? 0 : 1;
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
  const problem = await bundle(ROOT, folder, contentsOf(ROOT));
  if (problem !== undefined) return problem;
  await writeKit(ROOT, join(folder, "kit.gz"));
  const source = isRelease ? `release, after ${await commit()}` : await commit("--dirty=+");
  writeFileSync(join(folder, "commit"), source);
  return await compileBundle(folder, output);
}

/**
 * Makes a binary of a bundle.
 *
 * @param folder The bundle, with `main.js`; an absolute path, as is the output's.
 * @returns What went wrong and what to do; `undefined` when the binary is made.
 */
export async function compileBundle(folder: string, output: string): Promise<string | undefined> {
  const [program = "", ...args] = compiler();
  const permissions = PERMISSIONS.map((name) => `--allow-${name}`);
  const options = [...permissions, "--no-check", "-o", output, "main.js"];
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
