/**
 * The commands about pushes, as commander sees them.
 *
 * @module
 */

import type { Command as Parser } from "commander";
import type { PushTestCommand } from "./command.ts";
import type { Common } from "./common.ts";

/** Takes a command without its common part, and the subcommand it comes from. */
export type FoundPush = (command: Omit<PushTestCommand, keyof Common>, subcommand: Parser) => void;

/** Adds `push` with its subcommand. @param found Called once, while parsing. */
export function addPush(program: Parser, found: FoundPush): void {
  const push = program.command("push").description("send a push to a user's devices as a test");
  const test = push.command("test")
    .description(
      "push a test notification to all of a user's devices, and print what each service answers; " +
        "needs no broker",
    )
    .argument("<user>", "the user's id or address, such as 7 or ada@example.com");
  test.action((user: string) => found({ mode: "push", action: "test", user }, test));
}
