/**
 * Reads the command line, by the parser of all commands only where that is needed.
 *
 * @module
 */

import type { Command } from "./command.ts";
import { plainRun } from "./plain_run.ts";

/** The command. @throws {UsageError} When the arguments are wrong. */
export async function readCommand(args: readonly string[]): Promise<Command> {
  const plain = plainRun(args);
  if (plain) return plain;
  const { parseCommandLine } = await import("./command_line.ts");
  return parseCommandLine(args);
}
