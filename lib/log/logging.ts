/**
 * The program's log, on standard error, by way of LogTape.
 *
 * @module
 */

import { configureSync, getLogger, resetSync } from "@logtape/logtape";
import { lineWriter, LOGGER, type LoggingOptions, sendRecords } from "./log.ts";

/**
 * Sends the log to standard error, a line at a time and synchronously, so that the last words of
 * a dying process are seen. May be called again, and then replaces what was set up before.
 *
 * Text is coloured on a terminal only, and not where `NO_COLOR` is set (https://no-color.org).
 * Before the first call nothing is logged.
 */
export function setUpLogging(options: LoggingOptions): void {
  configureSync({
    reset: true,
    sinks: { lines: lineWriter(options) },
    loggers: [
      { category: LOGGER, sinks: ["lines"], lowestLevel: options.level },
      { category: ["logtape", "meta"], lowestLevel: null },
    ],
  });
  const logger = getLogger(LOGGER);
  sendRecords(options.level, (entry) => logger.emit(entry));
}

/** Undoes {@linkcode setUpLogging}: nothing is logged any more. */
export function resetLogging(): void {
  sendRecords(undefined, () => {});
  resetSync();
}
