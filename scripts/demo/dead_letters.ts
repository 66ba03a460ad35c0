/** Shows the command `process-queue failed` and what it prints. */

import { parseCommandLine } from "../../lib/command_line/command_line.ts";
import { loadConfig } from "../../lib/config/config.ts";
import { runFailed } from "../../lib/modes/failed/failed.ts";
import { embeddedPlace } from "../../lib/modes/place.ts";
import { SystemServices } from "../../lib/modes/system.ts";
import { settings } from "./settings.ts";

const MOST = 10;

/** Lists or retries the dead letters of a queue. @param say Prints a line. */
export async function failed(
  action: "list" | "retry",
  queue: string,
  say: (line: string) => void,
): Promise<void> {
  const config = loadConfig(settings());
  const services = new class extends SystemServices {
    override print(line: string): void {
      say(line.replace(embeddedPlace(config), ""));
    }
  }();
  const more = action === "retry" ? ["--all", "--yes"] : ["--limit", String(MOST)];
  const args = ["failed", action, queue, ...more];
  const command = parseCommandLine(args);
  if (command.mode !== "failed") throw new Error(`${args.join(" ")} is no such command`);
  say(`$ process-queue ${args.join(" ")}`);
  await runFailed(command, config, services);
}
