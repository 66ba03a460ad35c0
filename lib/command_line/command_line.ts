/**
 * The command line: one plain value, or a {@linkcode UsageError} that names the mistake, the
 * nearest name, and all names there are.
 *
 * @module
 */

import { type Command as Parser, CommanderError } from "commander";
import type { Command, Task } from "./command.ts";
import { ManagePy } from "./manage_py.ts";
import { sharedOptions } from "./options.ts";
import { makeProgram } from "./program.ts";
import { optionNames, spelledAsDeclared } from "./spelled.ts";
import { forEachCommand, pathOf } from "./tree.ts";
import { redactText } from "../errors/redact.ts";
import { abbreviates, didYouMean } from "../errors/spelling.ts";
import { UsageError } from "../errors/usage_error.ts";

/**
 * Parses the arguments of the program, or those of Zulip's `manage.py process_queue`. In the names
 * of options `-` and `_` are the same; a part of a name is not enough.
 *
 * @throws {UsageError} When the arguments are wrong.
 */
export function parseCommandLine(args: readonly string[]): Command {
  let command: Task | undefined;
  let text = "";
  const managePy = new ManagePy();
  const program = makeProgram((found) => command = found);
  managePy.addTo(program);
  forEachCommand(program, (each) => {
    each.exitOverride().configureOutput({
      writeOut: (output) => text += output,
      writeErr: () => {},
    });
  });
  try {
    const own = managePy.withoutCommand(args);
    program.parse(spelledAsDeclared(own, program), { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw usageError(error, program);
    return {
      mode: error.code === "commander.version" ? "version" : "help",
      text,
    };
  }
  if (!command) throw unknownCommand(program.args[0] ?? "", program);
  return { ...command, warnings: [...managePy.warnings, ...command.warnings] };
}

/** The options that `--help` lists. */
function shownNames({ options }: Parser): string[] {
  return optionNames({ options: options.filter(({ hidden }) => !hidden) });
}

function unknownCommand(word: string, parser: Parser): UsageError {
  const names = parser.commands.map((each) => each.name());
  return new UsageError(
    redactText(
      `there is no command ${word}${didYouMean(word, names)}\ncommands: `,
    ) +
      names.join(", ") +
      (parser.parent ? "" : "\nto run queues, use --queue_name, --multi_threaded or --all"),
  );
}

function usageError(error: CommanderError, program: Parser): UsageError {
  const parser = parserOf(program);
  const [first, second] = parser.args;
  const word = first === "help" ? second : first;
  if (
    parser.commands.length > 0 && word !== undefined && !word.startsWith("-")
  ) {
    return unknownCommand(word, parser);
  }
  return new UsageError(redactText(explanation(error, parser)));
}

/** The innermost subcommand that was named. */
function parserOf(parser: Parser): Parser {
  const inner = parser.commands.find((each) => each.name() === parser.args[0]);
  return inner ? parserOf(inner) : parser;
}

function explanation(error: CommanderError, parser: Parser): string {
  if (error.code === "commander.help") return needsCommand(parser);
  const message = withoutAddress(error.message.replace("error: ", ""));
  switch (error.code) {
    case "commander.unknownOption":
      return unknownOption(/'([^'=]*)/.exec(message)?.[1] ?? "", parser);
    case "commander.excessArguments":
      return tooMany(parser);
    case "commander.missingArgument":
      return `${commandOf(parser)} needs <${/'(.*)'/.exec(message)?.[1]}>\n${usageOf(parser)}`;
    default:
      return message;
  }
}

/** What may be an address with a password, also a broken one, is not shown. */
function withoutAddress(message: string): string {
  return message.replace(/(argument )'.*@.*'( is invalid)/s, "$1'…'$2");
}

function tooMany(parser: Parser): string {
  const hint = parser.name() === "publish" ? "; put quotes around JSON" : "";
  return `too many arguments for ${parser.name()}${hint}\n${usageOf(parser)}`;
}

function needsCommand(parser: Parser): string {
  return `${parser.name()} needs a command: ${
    parser.commands.map((each) => each.name()).join(", ")
  }`;
}

function unknownOption(typed: string, parser: Parser): string {
  if (parser.parent && parser.commands.length > 0) return needsCommand(parser);
  if (optionNames(parser).includes(typed.slice(2))) return `${typed} takes no value`;
  const names = [...new Set([...shownNames(parser), ...sharedNames()])].map((name) => `--${name}`);
  const meant = abbreviates(typed, names) || didYouMean(typed, names);
  return `there is no option ${typed}${meant}\noptions: ${names.join(", ")}`;
}

function sharedNames(): string[] {
  return sharedOptions().flatMap((option) => option.long?.slice(2) ?? []);
}

function usageOf(parser: Parser): string {
  return `usage: ${pathOf(parser)} ${parser.usage()}`;
}

/** The same without the program, whose name stands before each message. */
function commandOf(parser: Parser): string {
  return pathOf(parser).replace(/^\S+ /, "");
}
