/**
 * The command `manual`, as commander sees it.
 *
 * @module
 */

import type { Command as Parser } from "commander";
import type { ManualCommand } from "../command.ts";
import type { Common } from "../common.ts";

/** Takes the command that was parsed, without what all commands have. */
type Found = (command: Omit<ManualCommand, keyof Common>, subcommand: Parser) => void;

/** Adds the command. */
export function addManual(program: Parser, found: Found): void {
  const manual = program.command("manual")
    .description("print the page of the manual for man: all commands, options and settings")
    .addHelpText(
      "after",
      "\nExample: process-queue manual > process-queue.1 && man ./process-queue.1",
    );
  manual.action(() => found({ mode: "manual" }, manual));
}
