/**
 * `process-queue mail`: the commands about mail.
 *
 * @module
 */

import type { MailCommand } from "../../command_line/command.ts";
import type { Config } from "../../config/config.ts";
import type { Services } from "../services.ts";
import { runPreview } from "./preview.ts";
import { runMailTest } from "./test_mail.ts";

/** Runs a command about mail. @returns The exit code. */
export async function runMail(
  command: MailCommand,
  config: Pick<Config, "mail" | "site">,
  services: Pick<Services, "print" | "warn">,
): Promise<number> {
  switch (command.action) {
    case "preview":
      return runPreview(command, config, services);
    case "test":
      return await runMailTest(command, config, services);
  }
}
