/**
 * The log of a worker under test, kept in a list.
 *
 * @module
 */

import type { LogLevel } from "../config/log_choices.ts";
import { LOGGER } from "../log/log.ts";
import { jsonLine, LINE_PARTS, type LineContext } from "../log/log_format.ts";
import { redactValue } from "../errors/redact_value.ts";
import type { EventInfo, WorkerLog } from "../worker.ts";
import type { LoggedLine } from "./results.ts";

/** A log that adds its lines to a list. @param event The event that runs, if any. */
export function keptLog(lines: LoggedLine[], queue: string, event?: EventInfo): WorkerLog {
  const context: LineContext = {
    queue,
    worker_num: 0,
    event: event?.id,
    attempt: event?.attempt,
  };
  const at = (level: LogLevel): WorkerLog["info"] => (message, properties = {}) => {
    lines.push({
      level,
      message: filledIn(level, message, properties, context),
      properties: redactValue(properties) as Record<string, unknown>,
    });
  };
  return { debug: at("debug"), info: at("info"), warn: at("warning"), error: at("error") };
}

/** The message as in the program's log. */
function filledIn(
  level: LogLevel,
  message: string,
  properties: object,
  context: LineContext,
): string {
  const line = jsonLine({
    level,
    timestamp: 0,
    category: [LOGGER],
    message: [message],
    rawMessage: message,
    properties: { [LINE_PARTS]: { context, properties } },
  });
  return (JSON.parse(line) as { message: string }).message;
}
