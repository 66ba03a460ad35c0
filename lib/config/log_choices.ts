/**
 * The values of the settings of the log. They are apart from the settings, so that the command line
 * offers them without loading zod.
 *
 * @module
 */

/** The format of a log line. */
export type LogFormat = "json" | "text";
/** The lowest level of the lines that are written. */
export type LogLevel = "debug" | "info" | "warning" | "error";

/** The values of `LOG_FORMAT` and `--log-format`. */
export const LOG_FORMATS: readonly [LogFormat, ...LogFormat[]] = ["json", "text"];
/** The values of `LOG_LEVEL` and `--log-level`. */
export const LOG_LEVELS: readonly [LogLevel, ...LogLevel[]] = [
  "debug",
  "info",
  "warning",
  "error",
];
