/**
 * The names of options, in which `-` and `_` are the same.
 *
 * @module
 */

import type { Command as Parser } from "commander";
import { forEachCommand } from "./tree.ts";

/** Another name for an option, which Zulip's users know. */
const ALIASES: ReadonlyMap<string, string> = new Map([["queue", "queue_name"]]);
/** Where Zulip keeps its configuration. */
const ZULIP_FOLDER = "/etc/zulip";
/** How a folder behind `--zulip` begins, where it is not the name of a queue or command. */
const FOLDER = /^\.{0,2}\//;

/** The arguments with the names of options as they are declared. */
export function spelledAsDeclared(args: readonly string[], program: Parser): string[] {
  const declared = new Map<string, string>();
  forEachCommand(program, (each) => {
    for (const name of optionNames(each)) declared.set(folded(name), name);
  });
  const end = args.includes("--") ? args.indexOf("--") : args.length;
  return args.map((arg, index) => {
    const [, typed = "", rest = ""] = /^--([^=]+)(=.*)?$/s.exec(arg) ?? [];
    if (typed === "" || index >= end) return arg;
    if (arg === "--zulip" && !FOLDER.test(args[index + 1] ?? "")) return `${arg}=${ZULIP_FOLDER}`;
    const name = declared.get(folded(ALIASES.get(typed) ?? typed));
    return name ? `--${name}${rest}` : arg;
  });
}

/** A name in the form in which `-` and `_` are the same. */
export function folded(name: string): string {
  return name.replaceAll("-", "_");
}

/** The names of the options of a command, without their dashes. */
export function optionNames({ options }: Pick<Parser, "options">): string[] {
  return [...options.flatMap((option) => option.long?.slice(2) ?? []), "help"];
}
