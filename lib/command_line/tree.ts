/**
 * The tree of commands, as commander has it.
 *
 * @module
 */

import type { Command as Parser, Option } from "commander";
import { sharedOptions } from "./options.ts";

/** Calls a function with a command and all commands below it. */
export function forEachCommand(parser: Parser, visit: (parser: Parser) => void): void {
  visit(parser);
  for (const each of parser.commands) forEachCommand(each, visit);
}

/** The names of the program and its subcommands down to this one. */
export function pathOf(parser: Parser): string {
  return parser.parent ? `${pathOf(parser.parent)} ${parser.name()}` : parser.name();
}

/** The options that the help of a command lists, those of every command last. */
export function listedOptions(command: Parser): Option[] {
  const own = command.createHelp().visibleOptions(command);
  return command.parent ? [...own, ...sharedOptions()] : own;
}

/** The commands that the help of a command lists. */
export function listedCommands(command: Parser): Parser[] {
  return command.createHelp().visibleCommands(command);
}
