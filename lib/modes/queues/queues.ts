/**
 * The command `queues`: all queues with their state.
 *
 * @module
 */

import type { QueuesCommand } from "../../command_line/process_commands.ts";
import { TerminalKeys } from "../../command_line/terminal/keys.ts";
import {
  CLEAR,
  type Screen,
  standardScreen,
  terminalSize,
  watch,
} from "../../command_line/terminal/watch.ts";
import type { Config } from "../../config/config.ts";
import { isoTime, SCHEMA } from "../../monitoring/snapshot.ts";
import type { History } from "../../operations/sampler.ts";
import { EXIT } from "../../system/signals.ts";
import { printLine } from "../../system/standard_streams.ts";
import { runChange } from "../control/change.ts";
import type { Services } from "../services.ts";
import { gather, type Gathered, nothingKnown } from "./gather.ts";
import { ORDERS, queuesLines } from "./lines.ts";
import type { WatchAction } from "./watch_state.ts";
import { Watching } from "./watching.ts";

/** With more queues those that are ok share one line. */
const MANY = 20;

/**
 * Shows the queues.
 *
 * @returns 0, or 1 where nothing is known of a queue, or of any.
 * @throws {UsageError} For a queue that has no worker here and is not on the broker.
 */
export async function runQueues(
  command: QueuesCommand,
  config: Config,
  services: Services,
  screen: Screen = standardScreen(printLine),
): Promise<number> {
  const { queues, watchSeconds, all, sort, json, timeoutSeconds } = command;
  const histories = watchSeconds === undefined ? {} : { histories: new Map<string, History>() };
  const options = { queues, failedLimit: null, timeoutSeconds, ...histories };
  const look = () => gather(options, config, services);
  const isCleared = screen.isTerminal && !json;
  if (watchSeconds !== undefined && isCleared && services.asking.isTerminal) {
    return await watchWithKeys(command, config, services, look, watchSeconds);
  }
  return await watch({ ...screen, isTerminal: isCleared }, watchSeconds, async () => {
    const found = await look();
    const reports = found.reports.toSorted(ORDERS[sort]);
    const code = codeOf(found);
    if (reports.length === 0) services.warn(nothingKnown(config));
    if (json) {
      const at = isoTime(Date.now());
      const value = { schema: SCHEMA, at, broker: found.broker, queues: reports };
      return { lines: [JSON.stringify(value)], code };
    }
    if (reports.length === 0) return { lines: [], code };
    const showsAll = all || queues.length > 0 || reports.length <= MANY;
    return { lines: queuesLines({ ...found, reports }, showsAll, screen.width), code };
  });
}

function codeOf({ reports }: Pick<Gathered, "reports">): number {
  const isKnown = reports.length > 0 && reports.every(({ state }) => state !== "unknown");
  return isKnown ? EXIT.stopped : EXIT.failed;
}

async function watchWithKeys(
  command: QueuesCommand,
  config: Config,
  services: Services,
  look: () => Promise<Gathered>,
  seconds: number,
): Promise<number> {
  using interruption = services.interruption();
  const watching = new Watching({
    order: command.sort,
    seconds,
    look,
    change: (action) => change(action, command, config),
    // A raw terminal does not go back to the first column by itself.
    draw: (lines) => printLine(CLEAR + lines.join("\r\n") + "\r"),
    size: terminalSize,
    signal: interruption.signal,
  });
  using _keys = new TerminalKeys(watching.onKey);
  const found = await watching.run();
  return found ? codeOf(found) : EXIT.failed;
}

/** Pauses or resumes a queue, which was confirmed. @returns What came of it. */
async function change(
  { change: action, queue }: Exclude<WatchAction, "end">,
  { timeoutSeconds, flags, warnings }: QueuesCommand,
  config: Config,
): Promise<string> {
  const said: string[] = [];
  const say = (line: string) => void said.push(line);
  const none = { reason: undefined, seconds: undefined, pid: undefined };
  const command = { mode: "change", action, queues: [queue], yes: true, json: false } as const;
  const more = { timeoutSeconds, flags, warnings, ...none };
  await runChange({ ...command, ...more }, config, { print: say, warn: say });
  return said.join("; ");
}
