/**
 * Files of events that failed for good, as Zulip keeps them: `<queue>.errors`.
 *
 * @module
 */

import { join } from "node:path";
import { errorData } from "../errors/error_data.ts";
import { notice, type Report, type Reporter, type SettledReport } from "../engine/report.ts";
import { appendUnderLock } from "./locked_file.ts";
import { SlowDiskError, writeAdvice } from "./write_problem.ts";

/** ms between two warnings. */
const WARNING_INTERVAL_MS = 60_000;
/** The most characters that wait to be written. */
const MAX_WAITING = 1024 * 1024;

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

const strictDecoder = new TextDecoder("utf-8", { fatal: true });
const lossyDecoder = new TextDecoder();

/**
 * Appends every event of one queue that failed for good to `<dir>/<queue>.errors`, in the format of
 * Zulip's `_handle_consume_exception`: the local time as C's `asctime` writes it, a tab, the events
 * as a JSON array, a newline. The array has one event. Its body is written as it was published, so
 * that no digit of a large number is lost; a body that is not JSON is written as a JSON string.
 *
 * The file is made with mode 0600, since bodies may hold secrets. It is written in the background,
 * so that a disk that does not answer holds up nothing; 1 MiB waits for it at most. A warning says
 * when an event could not be written, at most once a minute.
 */
export class ErrorFile {
  readonly #queue: string;
  readonly #path: string;
  readonly #notify: Reporter;
  readonly #now: () => number;
  #waiting = "";
  #writing: Promise<void> | undefined;
  #warnedAt = -Infinity;

  /**
   * @param dir The folder; made when it is first needed.
   * @param queue Names the file.
   * @param notify Takes the warning.
   * @param now The time in ms since 1970. @default {Date.now}
   */
  constructor(dir: string, queue: string, notify: Reporter, now: () => number = Date.now) {
    this.#queue = queue;
    this.#path = join(dir, `${queue}.errors`);
    this.#notify = notify;
    this.#now = now;
  }

  /** Takes the engine's reports; ignores those of other queues. */
  readonly report: Reporter = (report: Report): void => {
    if (report.kind !== "settled" || report.outcome !== "failed") return;
    if (report.queue === this.#queue) this.#append(errorLine(report, this.#now()));
  };

  /** Resolves when all is written, or could not be. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  #append(line: string): void {
    if (this.#waiting !== "" && this.#waiting.length + line.length > MAX_WAITING) {
      return this.#warn(new SlowDiskError("it does not take them in time"));
    }
    this.#waiting += line;
    this.#writing ??= this.#writeWaiting();
  }

  async #writeWaiting(): Promise<void> {
    while (this.#waiting !== "") {
      const text = this.#waiting;
      this.#waiting = "";
      await appendUnderLock(this.#path, text).catch((error) => this.#warn(error));
    }
    this.#writing = undefined;
  }

  #warn(error: unknown): void {
    const now = this.#now();
    if (now - this.#warnedAt < WARNING_INTERVAL_MS) return;
    this.#warnedAt = now;
    const more = { properties: { path: this.#path }, error: errorData(error) };
    this.#notify(notice("warning", this.#queue, unwritable(error), more));
  }
}

function unwritable(error: unknown): string {
  return "Cannot write {path}: {error}. Failed events are still kept in {queue}.failed. " +
    `${writeAdvice(error)}, or unset QUEUE_ERROR_DIR.`;
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
