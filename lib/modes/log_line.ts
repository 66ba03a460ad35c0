/**
 * Log lines of the commands that run until a signal ends them.
 *
 * @module
 */

import { logLine } from "../log/log.ts";

/** Writes a log line; the message names its properties in braces. */
export type LogLine = (
  level: "debug" | "info" | "warning" | "error",
  message: string,
  properties: Readonly<Record<string, unknown>>,
) => void;

/** Writes to the program's log. */
export const log: LogLine = (level, message, properties) => logLine(level, message, properties, {});
