/**
 * The command `publish`, as commander sees it.
 *
 * @module
 */

import type { Command as Parser } from "commander";
import { UsageError } from "../errors/usage_error.ts";
import type { PublishCommand } from "./command.ts";
import type { Common } from "./common.ts";
import { numberOption, timeOption, wordOption } from "./options.ts";

/** Takes the command that was parsed, without what all commands have. */
export type FoundPublish = (
  command: Omit<PublishCommand, keyof Common>,
  subcommand: Parser,
) => void;

const DEFAULT_WINDOW = 1000;

/** Adds the command. */
export function addPublish(program: Parser, found: FoundPublish): void {
  const publish = program.command("publish")
    .description("publish one event, or those on the standard input, one JSON object a line")
    .argument("<queue>", "the queue")
    .argument("[json]", "the event, a JSON object")
    .option("--any-queue", "also publish to a queue that has no worker")
    .addOption(
      wordOption("--from <file>", "publish the events that failed drop or purge --save has saved"),
    )
    .addOption(
      timeOption("--delay <time>", "run the events after this time, as 90s, 10m, 2h or 1d"),
    )
    .addOption(
      numberOption("--window <number>", "publish at most this many before the first is confirmed", {
        default: DEFAULT_WINDOW,
        most: 100_000,
      }),
    );
  publish.action((queue: string, event: string | undefined) => {
    const { anyQueue = false, delay: delaySeconds, window = DEFAULT_WINDOW, from } = publish.opts();
    if (from !== undefined && event !== undefined) {
      throw new UsageError("publish takes an event or --from, not both");
    }
    if (from !== undefined && delaySeconds !== undefined) {
      throw new UsageError("publish --from publishes at once: leave --delay out");
    }
    const later = delaySeconds === undefined ? {} : { delaySeconds };
    found({ mode: "publish", queue, event, from, anyQueue, ...later, window }, publish);
  });
}
