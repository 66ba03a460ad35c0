/**
 * Writing the file of a queue's statistics, and trying again when it cannot be written.
 *
 * @module
 */

import { join } from "node:path";
import { notice, type Reporter } from "../engine/report.ts";
import { errorData } from "../errors/error_data.ts";
import { replaceUnderLock } from "./locked_file.ts";
import { SlowDiskError, writeAdvice } from "./write_problem.ts";

/** ms between two tries when the file cannot be written. */
const RETRY_INTERVAL_MS = 60_000;
/** How long a write may take before a warning says so, in ms. */
const SLOW_MS = 10_000;

/**
 * `<dir>/<queue>.stats`, replaced as a whole under Zulip's lock. When it cannot be written, one
 * warning says so, and the next only after it could be written again.
 */
export class StatisticsFile {
  readonly #queue: string;
  readonly #path: string;
  readonly #notify: Reporter;
  #retryAt = -Infinity;
  #writing: Promise<boolean> | undefined;
  #beganAt = 0;

  /**
   * @param dir The folder; made if it does not exist.
   * @param queue Names the file.
   * @param notify Takes the warning, and a notice when the file can be written again.
   */
  constructor(dir: string, queue: string, notify: Reporter) {
    this.#queue = queue;
    this.#path = join(dir, `${queue}.stats`);
    this.#notify = notify;
  }

  /**
   * Whether to try: not while a write is under way, on a disk that may never answer, and not within a
   * minute of a try that failed.
   *
   * @param now In ms.
   */
  mayTry(now: number): boolean {
    return !this.#writing && now >= this.#retryAt;
  }

  /** Warns of a write that does not end. Call this a few times a second. @param now In ms. */
  sweep(now: number): void {
    if (!this.#writing || now - this.#beganAt < SLOW_MS) return;
    this.#failed(now, new SlowDiskError(`it has not answered for ${SLOW_MS / 1000} s`));
  }

  /** Resolves when no write is under way. */
  async idle(): Promise<void> {
    await this.#writing;
  }

  /**
   * Writes the content as JSON the way Zulip does: indented by two spaces, with a last newline. Call
   * this only while no write is under way.
   *
   * @param now The time in ms, on the clock of {@linkcode mayTry}.
   * @returns Whether it was written: not if another process is writing it, or it cannot be.
   */
  write(content: object, now: number): Promise<boolean> {
    this.#beganAt = now;
    return this.#writing = this.#write(JSON.stringify(content, null, 2) + "\n", now)
      .finally(() => this.#writing = undefined);
  }

  async #write(text: string, now: number): Promise<boolean> {
    try {
      if (!await replaceUnderLock(this.#path, text)) return false;
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
    if (!isFirst) return;
    const more = { properties: { path: this.#path }, error: errorData(error) };
    this.#notify(notice("warning", this.#queue, unwritable(error), more));
  }

  #succeeded(): void {
    if (this.#retryAt === -Infinity) return;
    this.#retryAt = -Infinity;
    const properties = { path: this.#path };
    this.#notify(
      notice("info", this.#queue, "Statistics are written to {path} again", { properties }),
    );
  }
}

function unwritable(error: unknown): string {
  return "Cannot write statistics to {path}: {error}. Processing continues, and the file is tried " +
    `again every minute. ${writeAdvice(error)}, or set QUEUE_STATS_DIR to another one.`;
}
