/**
 * Makes a release: `deno task release [--dry-run] <version>`. The version stands in `deno.json`
 * alone; the changelog, the binary and its checksum follow it.
 *
 * @module
 */

import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { compile } from "./compile.ts";

/** Why there is no release; the message says what is wrong and what to do. */
export class ReleaseError extends Error {
  override readonly name = "ReleaseError";
}

/** What a release needs. */
export interface ReleaseOptions {
  /** The folder of `deno.json`, `CHANGELOG.md` and `dist`. */
  readonly root: string;
  /** What it is to be called. */
  readonly version: string;
  /** `YYYY-MM-DD`. */
  readonly date: string;
  /** Only say what would be done. */
  readonly isDryRun: boolean;
  readonly os: string;
  readonly arch: string;
  /** What `git status --porcelain` says. */
  readonly status: () => Promise<string>;
  /** Another compiler than `deno compile`, if one is named: COMPILE. */
  readonly compiler: string | undefined;
  /** Makes the binary. @returns What went wrong; `undefined` when it is made. */
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
 * What was typed.
 *
 * @throws {ReleaseError} When it is not one version, with `--dry-run` or without.
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
 * Makes a release, or says what it would do. Where the binary cannot be made, the files are as they
 * were before.
 *
 * @throws {ReleaseError} When there can be no release now.
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
  const problem = await made(options, binary);
  if (problem !== undefined) {
    await write(files, [config ?? "", changelog ?? ""]);
    throw new ReleaseError(`${problem}\ndeno.json and CHANGELOG.md are as they were`);
  }
  await writeChecksum(binary);
  done(options, binary).forEach(print);
}

/**
 * Sees that a version may follow another.
 *
 * @throws {ReleaseError} When it is no semantic version, or not newer.
 */
export function checkNewer(current: string, wanted: string): void {
  if (!VERSION.test(wanted)) {
    throw new ReleaseError(
      `${wanted} is no semantic version: give three numbers with points between them, as 0.2.0, ` +
        `without a v before them; 0.2.0-rc.1 is one, too`,
    );
  }
  if (compareVersions(wanted, current) > 0) return;
  throw new ReleaseError(
    `${wanted} is not newer than ${current}, which deno.json says: give a later version`,
  );
}

/** Which of two semantic versions is the later one: over 0 where `a` is. */
export function compareVersions(a: string, b: string): number {
  const [, ...left] = VERSION.exec(a) ?? [];
  const [, ...right] = VERSION.exec(b) ?? [];
  for (let i = 0; i < 3; i++) {
    const difference = Number(left[i]) - Number(right[i]);
    if (difference !== 0) return difference;
  }
  return comparePrereleases(left[3], right[3]);
}

/** A version is later than its own pre-releases. */
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

/** Numbers come before words. */
function compareParts(a: string, b: string): number {
  const isNumber = (part: string) => /^\d+$/.test(part);
  if (isNumber(a) && isNumber(b)) return Number(a) - Number(b);
  if (isNumber(a) !== isNumber(b)) return isNumber(a) ? -1 : 1;
  return a === b ? 0 : a < b ? -1 : 1;
}

/**
 * The changelog with what was unreleased under a version, and an empty section for what comes.
 *
 * @throws {ReleaseError} When there is nothing to release.
 */
export function changelogWith(changelog: string, version: string, date: string): string {
  const start = changelog.search(/^## Unreleased$/m);
  if (start < 0) {
    throw new ReleaseError(`CHANGELOG.md has no line "## Unreleased": add it, with what is new`);
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
 * `deno.json` with another version and nothing else changed.
 *
 * @throws {ReleaseError} When it has no version.
 */
export function configWith(config: string, version: string): string {
  const after = config.replace(/^( {2}"version": ")[^"]*(")/m, `$1${version}$2`);
  if (versionOf(after) === version) return after;
  throw new ReleaseError(`deno.json has no line   "version": "…"   of its own: give it one`);
}

/** The version that `deno.json` says. */
function versionOf(config: string): string {
  const { version } = JSON.parse(config) as { readonly version?: unknown };
  if (typeof version === "string" && VERSION.test(version)) return version;
  throw new ReleaseError(
    `deno.json has the version ${JSON.stringify(version) ?? "of none"}: set it to the last one ` +
      `that was released, as "0.1.0"`,
  );
}

/** A line of `SHA256SUMS`, as `sha256sum --check` reads it. */
export async function checksumLine(name: string, bytes: BufferSource): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return `${digest.toHex()}  ${name}\n`;
}

function requireOwnCompiler(other: string | undefined): void {
  if (!other) return;
  throw new ReleaseError(
    `COMPILE is ${other}, and a release is compiled by the project's own Deno: take the variable out`,
  );
}

function requireClean(status: string): void {
  const changes = status.trimEnd();
  if (changes === "") return;
  throw new ReleaseError(
    `there are changes that are not committed: commit or stash them first\n${changes}`,
  );
}

function makeBinary(output: string): Promise<string | undefined> {
  return compile(output, true);
}

/** Makes the binary, whatever is thrown meanwhile. @returns What went wrong. */
async function made({ compile }: ReleaseOptions, binary: string): Promise<string | undefined> {
  try {
    return await compile(binary);
  } catch (error) {
    return `the binary could not be made: ${messageOf(error)}`;
  }
}

async function write(files: readonly string[], texts: readonly string[]): Promise<void> {
  for (const [index, file] of files.entries()) await Deno.writeTextFile(file, texts[index] ?? "");
}

async function writeChecksum(binary: string): Promise<void> {
  const line = await checksumLine(basename(binary), await Deno.readFile(binary));
  await Deno.writeTextFile(join(binary, "..", "SHA256SUMS"), line);
}

function plan({ version, date }: ReleaseOptions, binary: string): string[] {
  return [
    "this would be done, and nothing was:",
    `  set the version in deno.json to ${version}`,
    `  move what is unreleased in CHANGELOG.md to "## ${version} - ${date}"`,
    `  make dist/${basename(binary)}`,
    "  write dist/SHA256SUMS",
  ];
}

function done({ version }: ReleaseOptions, binary: string): string[] {
  return [
    `made dist/${basename(binary)} and dist/SHA256SUMS`,
    "left to do by hand:",
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
    `git cannot say whether all is committed: ${decoder.decode(stderr).trim()}`,
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
