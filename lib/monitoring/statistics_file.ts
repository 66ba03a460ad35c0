/**
 * The file of a queue's statistics: how it is written, and what if it cannot be.
 *
 * @module
 */

import { join } from "node:path";
import { errorData } from "../errors/error_data.ts";
import { replaceUnderLock } from "./locked_file.ts";
import type { NoticeReport, Reporter } from "../engine/report.ts";

/** ms between two tries when the file cannot be written. */
const RETRY_INTERVAL_MS = 60_000;

/**
 * `<dir>/<queue>.stats`, replaced as a whole under Zulip's lock. When it cannot be written a
 * warning says so once, and again only after it could be.
 */
export class StatisticsFile {
  readonly #queue: string;
  readonly #path: string;
  readonly #notify: Reporter;
  #retryAt = -Infinity;

  /**
   * @param dir The folder; made if it is not there.
   * @param queue Names the file.
   * @param notify Gets the warning, and a notice when all is well again.
   */
  constructor(dir: string, queue: string, notify: Reporter) {
    this.#queue = queue;
    this.#path = join(dir, `${queue}.stats`);
    this.#notify = notify;
  }

  /** Whether a try is sensible: not within a minute of one that failed. @param now In ms. */
  mayTry(now: number): boolean {
    return now >= this.#retryAt;
  }

  /**
   * Writes the content as JSON the way Zulip does: indented by two spaces, with a last newline.
   *
   * @param now The time in ms, on the clock of {@linkcode mayTry}.
   * @returns Whether it was written: not if another process is writing it, or it cannot be.
   */
  write(content: object, now: number): boolean {
    try {
      if (
        !replaceUnderLock(this.#path, JSON.stringify(content, null, 2) + "\n")
      ) return false;
    } catch (error) {
      this.#failed(now, error);
      return false;
    }
    this.#succeeded();
    return true;
  }

  #failed(now: number, error: unknown): void {
    const isFirst = this.#retryAt === -Infinity;
    this.#retryAt = now + RETRY_INTERVAL_MS;
    if (isFirst) {
      this.#notify({
        ...this.#notice("warning", UNWRITABLE),
        error: errorData(error),
      });
    }
  }

  #succeeded(): void {
    const wasBroken = this.#retryAt !== -Infinity;
    this.#retryAt = -Infinity;
    if (wasBroken) {
      this.#notify(
        this.#notice("info", "Statistics are written to {path} again"),
      );
    }
  }

  #notice(level: NoticeReport["level"], message: string): NoticeReport {
    return {
      kind: "notice",
      level,
      queue: this.#queue,
      message,
      properties: { path: this.#path },
    };
  }
}

const UNWRITABLE =
  "Cannot write statistics to {path}: {error}. Processing goes on, and the file is tried again " +
  "every minute. Let this user write to that folder, or set QUEUE_STATS_DIR to another one.";
