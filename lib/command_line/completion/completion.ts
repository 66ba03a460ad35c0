/**
 * The command `completion`, as commander sees it.
 *
 * @module
 */

import type { Command as Parser } from "commander";
import { alternatives } from "../../errors/alternatives.ts";
import { UsageError } from "../../errors/usage_error.ts";
import type { CompletionCommand } from "../command.ts";
import type { Common } from "../common.ts";
import { choiceArgument } from "../options.ts";
import { type Shell, SHELLS } from "./scripts.ts";

/** Takes the command that was parsed, without what all commands have. */
type Found = (command: Omit<CompletionCommand, keyof Common>, subcommand: Parser) => void;

/** Adds the command. */
export function addCompletion(program: Parser, found: Found): void {
  const completion = program.command("completion")
    .description("print the script that completes command lines in a shell")
    .addArgument(choiceArgument("<shell>", "bash, zsh or fish", SHELLS))
    .argument("[words...]", "behind --: print what may come next, as the script asks")
    .addHelpText("after", "\nExample: . <(process-queue completion bash)");
  completion.action((shell: string, words: string[]) => {
    found({ mode: "completion", shell: shellOf(shell), words }, completion);
  });
}

function shellOf(text: string): Shell {
  const shell = SHELLS.find((each) => each === text);
  if (shell) return shell;
  throw new UsageError(`there is no completion for ${text}: give ${alternatives(SHELLS)}`);
}
