/**
 * Makes a release: `deno task release [--dry-run] <version>`. Sets the version in `deno.json`, the
 * only place where it is written, moves the unreleased changes of the changelog under it, and makes
 * the binary and its checksum.
 *
 * @module
 */

import { basename, dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { compile } from "./compile.ts";
import { writeChecksums } from "./compile/checksums.ts";

/** Why a release cannot be made; the message says what is wrong and what to do. */
export class ReleaseError extends Error {
  override readonly name = "ReleaseError";
}

/** Everything that a release needs. */
export interface ReleaseOptions {
  /** The folder with `deno.json`, `CHANGELOG.md` and `dist`. */
  readonly root: string;
  /** The new version. */
  readonly version: string;
  /** The date of the release, as `YYYY-MM-DD`. */
  readonly date: string;
  /** Prints what a release would do, and changes nothing. */
  readonly isDryRun: boolean;
  readonly os: string;
  readonly arch: string;
  /** Returns what `git status --porcelain` prints. */
  readonly status: () => Promise<string>;
  /** The variable COMPILE, which names another compiler than `deno compile`. */
  readonly compiler: string | undefined;
  /** Makes the binary. @returns What went wrong; `undefined` when the binary is made. */
  readonly compile: (output: string) => Promise<string | undefined>;
  readonly print: (line: string) => void;
}

const USAGE = "usage: deno task release [--dry-run] <version>, as in deno task release 0.2.0";
const UNRELEASED = "## Unreleased\n";

const NUMBER = "(?:0|[1-9]\\d*)";
const PART = `(?:${NUMBER}|\\d*[A-Za-z-][\\dA-Za-z-]*)`;
const VERSION = new RegExp(
  `^(${NUMBER})\\.(${NUMBER})\\.(${NUMBER})(?:-(${PART}(?:\\.${PART})*))?$`,
);

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: readonly string[]): Promise<number> {
  try {
    const root = join(import.meta.dirname ?? ".", "..");
    const date = new Date().toISOString().slice(0, 10);
    const { os, arch } = Deno.build;
    const status = () => gitStatus(root);
    const print = (line: string) => console.log(line);
    await release({
      root,
      date,
      os,
      arch,
      status,
      compiler: Deno.env.get("COMPILE"),
      compile: makeBinary,
      print,
      ...readArguments(args),
    });
    return 0;
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error;
    console.error(error.message);
    return 1;
  }
}

/**
 * Reads the command line.
 *
 * @throws {ReleaseError} When it is not one version, with or without `--dry-run`.
 */
export function readArguments(
  args: readonly string[],
): Pick<ReleaseOptions, "version" | "isDryRun"> {
  try {
    const options = { "dry-run": { type: "boolean", default: false } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [version, ...others] = positionals;
    if (version === undefined || others.length > 0) throw new ReleaseError(USAGE);
    return { version, isDryRun: values["dry-run"] };
  } catch (error) {
    if (error instanceof ReleaseError) throw error;
    throw new ReleaseError(`${messageOf(error)}\n${USAGE}`);
  }
}

/**
 * Makes a release, or prints what it would do. Restores the files when the binary cannot be made.
 *
 * @throws {ReleaseError} When a release cannot be made.
 */
export async function release(options: ReleaseOptions): Promise<void> {
  const { root, version, date, isDryRun, print } = options;
  requireOwnCompiler(options.compiler);
  const files = [join(root, "deno.json"), join(root, "CHANGELOG.md")] as const;
  const [config, changelog] = await Promise.all(files.map((file) => Deno.readTextFile(file)));
  checkNewer(versionOf(config ?? ""), version);
  const after = [
    configWith(config ?? "", version),
    changelogWith(changelog ?? "", version, date),
  ];
  requireClean(await options.status());
  const binary = join(root, "dist", `process-queue-${version}-${options.os}-${options.arch}`);
  if (isDryRun) return plan(options, binary).forEach(print);
  await write(files, after);
  const problem = await tryCompile(options, binary);
  if (problem !== undefined) {
    await write(files, [config ?? "", changelog ?? ""]);
    throw new ReleaseError(`${problem}\ndeno.json and CHANGELOG.md are as they were`);
  }
  writeChecksums(dirname(binary), [binary]);
  done(options, binary).forEach(print);
}

/**
 * Checks that one version may follow another.
 *
 * @throws {ReleaseError} When the wanted version is not a semantic version, or not newer.
 */
export function checkNewer(current: string, wanted: string): void {
  if (!VERSION.test(wanted)) {
    throw new ReleaseError(
      `${wanted} is not a semantic version: give three numbers separated by dots, as in 0.2.0, ` +
        `without a leading v; a pre-release is written as in 0.2.0-rc.1`,
    );
  }
  if (compareVersions(wanted, current) > 0) return;
  throw new ReleaseError(
    `${wanted} is not newer than ${current}, the version in deno.json: give a later version`,
  );
}

/** Compares two semantic versions; the result is over 0 when `a` is later. */
export function compareVersions(a: string, b: string): number {
  const [, ...left] = VERSION.exec(a) ?? [];
  const [, ...right] = VERSION.exec(b) ?? [];
  for (let i = 0; i < 3; i++) {
    const difference = Number(left[i]) - Number(right[i]);
    if (difference !== 0) return difference;
  }
  return comparePrereleases(left[3], right[3]);
}

/** Compares the parts after the dash. A version is later than its own pre-releases. */
function comparePrereleases(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  const left = a.split(".");
  const right = b.split(".");
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = compareParts(left[i] ?? "", right[i] ?? "");
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** Compares one part of two pre-releases. Numbers come before words. */
function compareParts(a: string, b: string): number {
  const isNumber = (part: string) => /^\d+$/.test(part);
  if (isNumber(a) && isNumber(b)) return Number(a) - Number(b);
  if (isNumber(a) !== isNumber(b)) return isNumber(a) ? -1 : 1;
  return a === b ? 0 : a < b ? -1 : 1;
}

/**
 * Moves the unreleased changes of a changelog under a version, and leaves an empty section.
 *
 * @throws {ReleaseError} When there is nothing to release.
 */
export function changelogWith(changelog: string, version: string, date: string): string {
  const start = changelog.search(/^## Unreleased$/m);
  if (start < 0) {
    throw new ReleaseError(`CHANGELOG.md has no line "## Unreleased": add it, and what is new`);
  }
  const from = start + UNRELEASED.length;
  const rest = changelog.slice(from);
  const [section = ""] = rest.split(/^## /m, 1);
  if (section.trim() === "") {
    throw new ReleaseError(
      `CHANGELOG.md has nothing under "## Unreleased": write there what is new for users`,
    );
  }
  return `${changelog.slice(0, from)}\n## ${version} - ${date}\n${rest}`;
}

/**
 * Changes the version in the text of `deno.json`, and nothing else.
 *
 * @throws {ReleaseError} When the text has no version on a line of its own.
 */
export function configWith(config: string, version: string): string {
  const after = config.replace(/^( {2}"version": ")[^"]*(")/m, `$1${version}$2`);
  if (versionOf(after) === version) return after;
  throw new ReleaseError(`deno.json has no version on a line of its own: give it one`);
}

/** The version in the text of `deno.json`. */
function versionOf(config: string): string {
  const { version } = JSON.parse(config) as { readonly version?: unknown };
  if (typeof version === "string" && VERSION.test(version)) return version;
  const wrong = version === undefined ? "no version" : `the version ${JSON.stringify(version)}`;
  throw new ReleaseError(
    `deno.json has ${wrong}: set it to the last version that was released, as in "0.1.0"`,
  );
}

function requireOwnCompiler(other: string | undefined): void {
  if (!other) return;
  throw new ReleaseError(
    `COMPILE is ${other}, but a release is compiled by the project's own Deno: unset the variable`,
  );
}

function requireClean(status: string): void {
  const changes = status.trimEnd();
  if (changes === "") return;
  throw new ReleaseError(
    `there are uncommitted changes: commit or stash them first\n${changes}`,
  );
}

function makeBinary(output: string): Promise<string | undefined> {
  return compile(output, true);
}

/** Makes the binary and never throws. @returns What went wrong. */
async function tryCompile(
  { compile }: ReleaseOptions,
  binary: string,
): Promise<string | undefined> {
  try {
    return await compile(binary);
  } catch (error) {
    return `the binary could not be made: ${messageOf(error)}`;
  }
}

async function write(files: readonly string[], texts: readonly string[]): Promise<void> {
  for (const [index, file] of files.entries()) await Deno.writeTextFile(file, texts[index] ?? "");
}

function plan({ version, date }: ReleaseOptions, binary: string): string[] {
  return [
    "dry run, nothing was changed; a release would:",
    `  set the version in deno.json to ${version}`,
    `  move the unreleased changes of CHANGELOG.md to "## ${version} - ${date}"`,
    `  make dist/${basename(binary)}`,
    "  write dist/SHA256SUMS",
  ];
}

function done({ version }: ReleaseOptions, binary: string): string[] {
  return [
    `made dist/${basename(binary)} and dist/SHA256SUMS`,
    "do the rest by hand:",
    `  git commit --all --message "Release ${version}"`,
    `  git tag v${version}`,
    `  git push origin HEAD v${version}`,
    "  put the binary and SHA256SUMS where users find them",
  ];
}

async function gitStatus(root: string): Promise<string> {
  const command = new Deno.Command("git", { args: ["status", "--porcelain"], cwd: root });
  const { success, stdout, stderr } = await command.output().catch((error) => {
    throw new ReleaseError(`git cannot be run (${messageOf(error)}): install it`);
  });
  const decoder = new TextDecoder();
  if (success) return decoder.decode(stdout);
  throw new ReleaseError(
    `git cannot tell whether everything is committed: ${decoder.decode(stderr).trim()}`,
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
