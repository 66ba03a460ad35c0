/**
 * Makes the binary: `deno task compile [output]`, by default `dist/process-queue`.
 *
 * Set the variable COMPILE to use another compiler than `deno compile`; it gets the same options.
 *
 * @module
 */

import { dirname, join } from "node:path";

/**
 * What the binary may do: no native libraries, no code from the network. It gives up `run` at its
 * start, unless it is to restart itself (`--watch`), so no worker starts a program.
 */
export const PERMISSIONS: readonly string[] = ["net", "read", "write", "env", "sys", "run"];

const ROOT = join(import.meta.dirname ?? ".", "..");
const COMMIT = join(ROOT, "dist/commit");
const OUTPUT = join(ROOT, "dist/process-queue");

if (import.meta.main) Deno.exit(await main(Deno.args[0] ?? OUTPUT));

async function main(output: string): Promise<number> {
  const problem = await compile(output);
  if (problem === undefined) console.log(`made ${output}`);
  else console.error(problem);
  return problem === undefined ? 0 : 1;
}

/**
 * Makes the binary and writes its commit into it. A release is compiled before it is committed, so
 * its binary names the commit before it.
 *
 * @returns What went wrong and what to do; `undefined` when the binary is made.
 */
export async function compile(
  output: string,
  isRelease = false,
): Promise<string | undefined> {
  await Deno.mkdir(dirname(COMMIT), { recursive: true });
  await Deno.mkdir(dirname(output), { recursive: true });
  const source = isRelease ? `release, after ${await commit()}` : await commit("--dirty=+");
  await Deno.writeTextFile(COMMIT, source);
  const [program = "", ...args] = compiler();
  const permissions = PERMISSIONS.map((name) => `--allow-${name}`);
  // Without this, packages that only scripts and tests import are in the binary too.
  const options = [...permissions, "--exclude-unused-npm", "-o", output, "main.ts"];
  const { success, stderr } = await run(program, [...args, ...options]);
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
  const { success, stdout } = await run("git", ["describe", "--always", ...options]);
  return success ? stdout.trim() : "no commit";
}

async function run(
  program: string,
  args: readonly string[],
): Promise<{ readonly success: boolean; readonly stdout: string; readonly stderr: string }> {
  try {
    const output = await new Deno.Command(program, {
      args: [...args],
      cwd: ROOT,
      stdout: "piped",
      stderr: "piped",
    }).output();
    const decoder = new TextDecoder();
    return {
      success: output.success,
      stdout: decoder.decode(output.stdout),
      stderr: decoder.decode(output.stderr),
    };
  } catch (error) {
    return { success: false, stdout: "", stderr: `${program}: ${(error as Error).message}` };
  }
}
