/**
 * The platforms that a binary is made for, and the command line of `deno task compile`.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { alternatives } from "../../lib/errors/alternatives.ts";

/**
 * The platforms of a release, as `deno compile` calls them. Windows lacks the signals and sockets by
 * which the program is controlled.
 */
export const TARGETS: readonly string[] = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
];

/** What `deno task compile` was given. */
export interface CompileArguments {
  /** One of {@linkcode TARGETS}; `undefined`: this platform. */
  readonly target?: string | undefined;
  /** Make a binary for each platform. */
  readonly all: boolean;
  /** Where to, as it was typed. */
  readonly output?: string | undefined;
}

/** The name of a platform in the names of files: `linux-x86_64`. */
export function platformOf(target: string): string {
  const [arch = "", , os = ""] = target.split("-");
  return `${os}-${arch}`;
}

/** Reads the command line. @returns What is wrong with it, as a text. */
export function readArguments(args: readonly string[]): CompileArguments | string {
  const read = parse(args);
  if (typeof read === "string") return read;
  const { target, all, output, more } = read;
  if (more > 0) return "deno task compile takes one output, a file";
  if (target !== undefined && all) return "give --target or --all-targets, not both";
  if (target !== undefined && !TARGETS.includes(target)) {
    return `there is no platform ${target}: give ${alternatives(TARGETS)}`;
  }
  return { target, all, output };
}

function parse(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { target: { type: "string" }, "all-targets": { type: "boolean", default: false } },
      allowPositionals: true,
    });
    const [output, ...more] = positionals;
    return { target: values.target, all: values["all-targets"], output, more: more.length };
  } catch (error) {
    return (error as Error).message;
  }
}
