/**
 * Turns what the engine reports into log lines.
 *
 * @module
 */

import { redactText } from "../errors/redact.ts";
import type { LineContext } from "../log/log_format.ts";
import { isLogged, logLine } from "../log/log.ts";
import { failedQueueName } from "../engine/settle/retry.ts";
import type { NoticeReport, Reporter, SettledReport } from "../engine/report.ts";

/** The most characters of a body in a debug line. */
const MAX_BODY = 4096;

/**
 * Turns reports into log lines. An event that is done is a debug line, one that is retried a warning
 * (info where its handler asked for it), one that failed for good an error with Zulip's text, which
 * for a timeout is that of the error, and the queue of its dead letter. Bodies appear in debug lines only, at most 4096 characters of
 * them, redacted.
 *
 * @param workerNum The number given by `--worker_num`.
 */
export function logReporter(workerNum: number): Reporter {
  return (report) => {
    if (report.kind === "settled") logSettled(report, workerNum);
    else if (report.kind === "notice") logNotice(report, workerNum);
  };
}

function logNotice(notice: NoticeReport, workerNum: number): void {
  const { queue, error, isErrorInMessage = false } = notice;
  const isLeftOut = error === undefined || (isErrorInMessage && !isLogged("debug"));
  const properties = isLeftOut ? notice.properties : { ...notice.properties, error };
  const context = {
    ...(queue === undefined ? {} : { queue }),
    worker_num: workerNum,
  };
  logLine(notice.level, notice.message, properties ?? {}, context);
}

function logSettled(report: SettledReport, workerNum: number): void {
  if (report.outcome === "retried") logRetried(report, workerNum);
  else if (report.outcome === "failed") logFailed(report, workerNum);
  else if (isLogged("debug")) logFinished(report, workerNum);
}

function logFinished(report: SettledReport, workerNum: number): void {
  const { outcome, error } = report;
  const why = outcome === "discarded" ? error?.message : undefined;
  const message = {
    processed: "Processed an event of queue {queue}",
    discarded: `Discarded an event of queue {queue}${why ? ": {why}" : ""}`,
    released: "Released an event to queue {queue}",
  }[outcome as "processed" | "discarded" | "released"];
  const properties = { ...times(report), ...(why && { why }), error };
  logLine("debug", message, properties, contextOf(report, workerNum));
}

function logRetried(report: SettledReport, workerNum: number): void {
  const { reason, delay, error } = report;
  const properties = { ...times(report), reason, delay, error };
  const context = contextOf(report, workerNum);
  if (reason === "retry-later") {
    const message = "Event on queue {queue} (attempt {attempt}) runs again in {delay}s: {error}";
    logLine("info", message, properties, context);
  } else {
    const message =
      "Event failed on queue {queue} (attempt {attempt}), retrying in {delay}s: {error}";
    logLine("warning", message, properties, context);
  }
  logBody(report, context);
}

function logFailed(report: SettledReport, workerNum: number): void {
  const { reason, error } = report;
  const context = contextOf(report, workerNum);
  const dead_letter_queue = failedQueueName(report.queue);
  const properties = { ...times(report), reason, dead_letter_queue, error };
  // Zulip logs the error's own text for a timeout.
  const isTimeout = reason === "timeout" && error !== undefined;
  const message = isTimeout ? error.message : "Problem handling data on queue {queue}";
  logLine("error", message, properties, context);
  logBody(report, context);
}

function logBody({ body }: SettledReport, context: LineContext): void {
  if (!isLogged("debug") || body === undefined) return;
  const start = body.slice(0, MAX_BODY);
  const text = typeof start === "string" ? start : new TextDecoder().decode(start);
  logLine("debug", "The event's body on queue {queue}: {body}", {
    body: redactText(text),
  }, context);
}

function contextOf(report: SettledReport, workerNum: number): LineContext {
  const { queue, id, attempt } = report;
  return {
    queue,
    worker_num: workerNum,
    ...(id === "" ? {} : { event: id }),
    attempt,
  };
}

/** Times in ms, rounded to the microsecond. */
function times(report: SettledReport): { duration: number; wait: number } {
  return { duration: micros(report.runMs), wait: micros(report.waitMs) };
}

function micros(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
