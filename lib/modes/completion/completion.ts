/**
 * The command `completion`: the script of a shell, and what may come next on a command line.
 *
 * @module
 */

import type { CompletionCommand } from "../../command_line/command.ts";
import { complete } from "../../command_line/completion/complete.ts";
import { answerTo, scriptOf, typedWords } from "../../command_line/completion/scripts.ts";
import { makeProgram } from "../../command_line/program.ts";
import type { Config } from "../../config/config.ts";
import type { Services } from "../services.ts";
import { queueNames } from "./queue_names.ts";

/**
 * Prints the script, or what may come next.
 *
 * @returns The exit code 0.
 */
export async function runCompletion(
  { shell, words }: Pick<CompletionCommand, "shell" | "words">,
  config: Pick<Config, "workersDir" | "statsDir" | "shards">,
  services: Pick<Services, "listQueues" | "print">,
): Promise<number> {
  if (words.length === 0) {
    services.print(scriptOf(shell).trimEnd());
    return 0;
  }
  const completion = complete(makeProgram(() => {}), typedWords(shell, words));
  const { kind, workersDir = config.workersDir } = completion;
  const names = kind === "queue" ? await queueNames({ ...config, workersDir }, services) : [];
  for (const line of answerTo(shell, completion, names)) services.print(line);
  return 0;
}
