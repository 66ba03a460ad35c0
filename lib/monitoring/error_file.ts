/**
 * Files of events that failed for good, as Zulip keeps them: `<queue>.errors`.
 *
 * @module
 */

import { join } from "node:path";
import { errorData } from "../errors/error_data.ts";
import { notice, type NoticeReport, type Reporter, type SettledReport } from "../engine/report.ts";
import { AppendedFile } from "./locked_file.ts";

/** ms between two warnings. */
const WARNING_INTERVAL_MS = 60_000;

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

const strictDecoder = new TextDecoder("utf-8", { fatal: true });
const lossyDecoder = new TextDecoder();

/**
 * Appends every event that failed for good to `<dir>/<queue>.errors`, in the format of Zulip's
 * `_handle_consume_exception`: the local time as C's `asctime` writes it, a tab, the events as a
 * JSON array, a newline. The array has one event. Its body is written as it was published, so that
 * no digit of a large number is lost; a body that is not JSON is written as a JSON string.
 *
 * Files are made with mode 0600, since bodies may hold secrets. Where one cannot be written, a
 * warning says so, at most once a minute.
 *
 * @param dir The folder; made when it is first needed.
 * @param notify Takes the warning.
 * @param now The time in ms since 1970. @default {Date.now}
 */
export function errorFileReporter(
  dir: string,
  notify: Reporter,
  now: () => number = Date.now,
): Reporter {
  const files = new Map<string, AppendedFile>();
  let warnedAt = -Infinity;
  return (report) => {
    if (report.kind !== "settled" || report.outcome !== "failed") return;
    const { queue } = report;
    const path = join(dir, `${queue}.errors`);
    const file = files.get(queue) ?? new AppendedFile(path);
    files.set(queue, file);
    try {
      file.append(errorLine(report, now()));
    } catch (error) {
      if (now() - warnedAt < WARNING_INTERVAL_MS) return;
      warnedAt = now();
      notify(unwritable(queue, path, error));
    }
  };
}

function unwritable(queue: string, path: string, error: unknown): NoticeReport {
  const message = "Cannot write {path}: {error}. Failed events are still kept in " +
    "{queue}.failed. Let this user write to that folder, or unset QUEUE_ERROR_DIR.";
  return notice("warning", queue, message, { properties: { path }, error: errorData(error) });
}

function errorLine(report: SettledReport, now: number): string {
  return `${asctime(new Date(now))}\t[${eventJson(report.body)}]\n`;
}

/** The body as JSON on one line, without tabs. */
function eventJson(body: string | Uint8Array | undefined): string {
  if (body === undefined) return "";
  const text = typeof body === "string" ? body : strictText(body);
  if (text === undefined) {
    return JSON.stringify(lossyDecoder.decode(body as Uint8Array));
  }
  return isJson(text) ? text.trim().replace(/[\t\r\n]+/g, " ") : JSON.stringify(text);
}

function strictText(bytes: Uint8Array): string | undefined {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return undefined;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Local time in the format of C's and Python's asctime: `Thu Dec 18 13:06:14 2025`. */
export function asctime(time: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  const day = String(time.getDate()).padStart(2);
  return `${DAYS[time.getDay()]} ${MONTHS[time.getMonth()]} ${day} ${clock} ${time.getFullYear()}`;
}
