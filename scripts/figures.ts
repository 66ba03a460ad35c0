/**
 * Figures about the code, for people to judge: `deno task figures [--all] [folder…]`, by default
 * of `lib`.
 *
 * It prints the length of files and functions, and how many fields of each class change; without
 * `--all` it lists only what is over the limits below. It always exits with 0.
 *
 * @module
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { type ClassFigures, classFigures } from "./figures/classes.ts";
import { type FunctionFigures, functionFigures } from "./figures/functions.ts";
import { parse } from "./figures/program.ts";
import { orUsage } from "./usage.ts";

const ROOT = resolve(import.meta.dirname ?? ".", "..");

/** What is listed: files and functions by lines, classes by fields that change. */
export const LISTED = { file: 300, function: 40, class: 8 } as const;

/** The figures of a set of files. */
export interface Figures {
  readonly files: readonly FileFigures[];
  readonly functions: readonly FunctionFigures[];
  readonly classes: readonly ClassFigures[];
}

/** One file. */
export interface FileFigures {
  readonly file: string;
  readonly lines: number;
}

const USAGE =
  "usage: deno task figures [--all] [FOLDER…]; the folders are relative to the checkout";

if (import.meta.main) {
  const { all, folders } = orUsage(USAGE, () => readArguments(Deno.args));
  console.log(report(measure(folders.flatMap(filesBelow)), all));
}

function readArguments(args: readonly string[]): { all: boolean; folders: string[] } {
  const folders = args.filter((arg) => arg !== "--all");
  const wrong = folders.find((folder) => !existsSync(join(ROOT, folder)));
  if (wrong !== undefined) throw new TypeError(`there is no folder or option ${wrong}`);
  return { all: args.includes("--all"), folders: folders.length > 0 ? folders : ["lib"] };
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(ROOT, folder, name));
}

/** Measures files, given by their absolute paths. */
export function measure(paths: readonly string[]): Figures {
  const program = parse(paths);
  const name = (path: string) => relative(ROOT, path);
  return {
    files: paths.map((path) => ({ file: name(path), lines: linesOf(readFileSync(path, "utf8")) })),
    functions: functionFigures(program, name),
    classes: classFigures(program, name),
  };
}

function linesOf(text: string): number {
  return text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
}

/** The text that the task prints. @param all Lists everything, and not only what is over a limit. */
export function report({ files, functions, classes }: Figures, all: boolean): string {
  const lines = functions.map((one) => one.lines).sort((a, b) => a - b);
  const total = files.reduce((sum, one) => sum + one.lines, 0);
  return [
    ...section("files", `${total} lines`, LISTED.file, all, files, (one) => one.lines, (one) => [
      one.file,
    ]),
    ...section(
      "functions",
      `lines: median ${quantile(lines, 0.5)}, p90 ${quantile(lines, 0.9)}, max ${
        lines.at(-1) ?? 0
      }`,
      LISTED.function,
      all,
      functions,
      (one) => one.lines,
      (one) => [`${one.file}:${one.line}`, one.name],
    ),
    ...section(
      "classes",
      "fields that change",
      LISTED.class,
      all,
      classes,
      (one) => one.changing.length,
      (one) => [`${one.file}:${one.line}`, one.name, one.changing.join(", ")],
    ),
  ].join("\n");
}

/** One kind of thing: a line about all of them, and those over the limit, largest first. */
function section<T>(
  title: string,
  about: string,
  limit: number,
  all: boolean,
  things: readonly T[],
  size: (thing: T) => number,
  columns: (thing: T) => string[],
): string[] {
  const over = things.filter((thing) => size(thing) > limit);
  const listed = (all ? [...things] : over).sort((a, b) => size(b) - size(a));
  return [
    `${things.length} ${title}, ${about}; ${over.length} over ${limit}`,
    ...listed.map((thing) => `  ${String(size(thing)).padStart(4)}  ${columns(thing).join("  ")}`),
  ];
}

/** @param sorted Smallest first. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? 0;
}
