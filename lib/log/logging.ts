/**
 * The program's log on standard error, through LogTape.
 *
 * @module
 */

import { configureSync, getLogger, resetSync } from "@logtape/logtape";
import { lineWriter, LOGGER, type LoggingOptions, sendRecords } from "./log.ts";

/**
 * Sends the log to standard error. A line is written before this returns, where it is a pipe that takes
 * the line without a wait, so that the last lines of a process that crashes are seen; otherwise in the
 * background. A further call replaces the setup. LogTape has one configuration for the
 * process, so two runs in one process share their log.
 *
 * Text is coloured on a terminal only, and not where `NO_COLOR` is set (https://no-color.org).
 * Before the first call nothing is logged.
 */
export function setUpLogging(options: LoggingOptions): void {
  configureSync({
    reset: true,
    sinks: { lines: lineWriter(options) },
    loggers: [
      // The level can change, so it is checked before LogTape gets a record.
      { category: LOGGER, sinks: ["lines"], lowestLevel: "debug" },
      { category: ["logtape", "meta"], lowestLevel: null },
    ],
  });
  const logger = getLogger(LOGGER);
  sendRecords(options.level, (entry) => logger.emit(entry));
}

/** Undoes {@linkcode setUpLogging}: nothing more is logged. */
export function resetLogging(): void {
  sendRecords(undefined, () => {});
  resetSync();
}
