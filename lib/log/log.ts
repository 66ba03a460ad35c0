/**
 * Writing log lines, without the library behind them.
 *
 * @module
 */

import type { LogRecord } from "@logtape/logtape";
import type { EventInfo, WorkerLog } from "../worker.ts";
import { jsonLine, LINE_PARTS, type LineContext, type LineParts, textLine } from "./log_format.ts";
import { outputTo } from "./standard_outputs.ts";

/** The levels of log lines; a limit includes the levels after it. */
export type LogLevel = "debug" | "info" | "warning" | "error";

/** The options of logging. */
export interface LoggingOptions {
  /** The shape of the lines; `undefined` means text on a terminal, JSON elsewhere. */
  readonly format: "json" | "text" | undefined;
  /** The lowest level that is logged. */
  readonly level: LogLevel;
  /** Takes each line, with its newline. @default {to standard error} */
  readonly write?: (line: string) => void;
}

/** A record without its category, which is the same for all. */
export type LogEntry = Omit<LogRecord, "category">;

const SEVERITY: Record<LogLevel, number> = {
  debug: 0,
  info: 1,
  warning: 2,
  error: 3,
};
const OFF = 4;

/** The name of the program's logger, after Zulip's command. */
export const LOGGER = "process_queue";

/**
 * The least severity that is logged. This and `emit` are the log of the whole process or thread, as
 * LogTape's configuration is: log lines come from anywhere, and there is one standard error.
 */
let threshold = OFF;
let emit: (entry: LogEntry) => void = () => {};

/** Sends records to `to`. @param level The lowest level that is logged; `undefined` for none. */
export function sendRecords(level: LogLevel | undefined, to: (entry: LogEntry) => void): void {
  threshold = level === undefined ? OFF : SEVERITY[level];
  current = level;
  emit = to;
}

/**
 * Writes the log of a thread, in the same format as that of the main thread. A logging library would
 * take a tenth of the memory of a thread.
 *
 * @param write Hands a line to the main thread, which writes it.
 */
export function writeThreadLog(
  options: Pick<LoggingOptions, "format" | "level">,
  write: (line: string) => void,
): void {
  const format = lineFormat(options.format, Deno.stderr.isTerminal());
  sendRecords(options.level, (entry) => write(format({ ...entry, category: [LOGGER] })));
}

/** Those who hear of another level. */
const levelListeners = new Set<(level: LogLevel) => void>();
let current: LogLevel | undefined;

/** The lowest level that is logged; `undefined` for none. */
export function logLevel(): LogLevel | undefined {
  return current;
}

/** Logs from another level on, in this thread and in those that listen. */
export function setLogLevel(level: LogLevel): void {
  threshold = SEVERITY[level];
  current = level;
  for (const listener of levelListeners) listener(level);
}

/**
 * Hears of the level where it is not the one that is known, now and whenever it is set.
 *
 * @returns A function that ends that.
 */
export function followLogLevel(known: LogLevel, listener: (level: LogLevel) => void): () => void {
  if (current !== undefined && current !== known) listener(current);
  levelListeners.add(listener);
  return () => void levelListeners.delete(listener);
}

/** A function that writes records as lines. */
export function lineWriter(options: LoggingOptions): (record: LogRecord) => void {
  const isTerminal = options.write === undefined && Deno.stderr.isTerminal();
  const format = lineFormat(options.format, isTerminal);
  const write = options.write ?? standardError(format);
  return (record) => write(format(record));
}

function lineFormat(
  format: LoggingOptions["format"],
  isTerminal: boolean,
): (record: LogRecord) => string {
  if ((format ?? (isTerminal ? "text" : "json")) === "json") return jsonLine;
  const isColored = isTerminal && !Deno.noColor;
  return (record) => textLine(record, isColored);
}

/** Lines that are dropped are counted in the log. */
function standardError(format: (record: LogRecord) => string): (line: string) => void {
  const log = outputTo(2);
  const report = (one: string, many: string) => (count: number) => {
    const message = count === 1 ? one : many;
    const record = { ...lineRecord("warning", message, { count }, {}), category: [LOGGER] };
    void log.keep(format(record));
  };
  log.onLost(report(
    "{count} log line was dropped: standard error did not take it in time",
    "{count} log lines were dropped: standard error did not take them in time",
  ));
  outputTo(1).onLost(report(
    "{count} line was dropped: standard output did not take it in time",
    "{count} lines were dropped: standard output did not take them in time",
  ));
  return (line) => log.write(line);
}

/** Whether lines of this level are written. Cheap, to be asked before a line is made. */
export function isLogged(level: LogLevel): boolean {
  return SEVERITY[level] >= threshold;
}

/**
 * Writes a line. `{name}` in the message stands for the property or the part of the context with that
 * name. Everything is redacted. Never throws.
 */
export function logLine(
  level: LogLevel,
  message: string,
  properties: object,
  context: LineContext,
): void {
  if (isLogged(level)) {
    emit(lineRecord(level, message, properties, context));
  }
}

function lineRecord(
  level: LogLevel,
  message: string,
  properties: object,
  context: LineContext,
): LogEntry {
  const line: LineParts = { context, properties };
  return {
    level,
    timestamp: Date.now(),
    message: [message],
    rawMessage: message,
    properties: { [LINE_PARTS]: line },
  };
}

/**
 * The log of a worker: its lines carry the queue, the worker's number and, where given, the event
 * and its attempt. `{name}` in a message stands for the property of that name.
 *
 * @param event The event that runs; left out for lines that belong to no event.
 */
export function eventLogger(
  queue: string,
  workerNum: number,
  event?: EventInfo,
): WorkerLog {
  const context: LineContext = {
    queue,
    worker_num: workerNum,
    ...(event === undefined ? {} : { event: event.id, attempt: event.attempt }),
  };
  return {
    debug: (message, properties = {}) => logLine("debug", message, properties, context),
    info: (message, properties = {}) => logLine("info", message, properties, context),
    warn: (message, properties = {}) => logLine("warning", message, properties, context),
    error: (message, properties = {}) => logLine("error", message, properties, context),
  };
}
