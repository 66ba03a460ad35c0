/**
 * The statistics of a queue, for those who watch it: `<queue>.stats`.
 *
 * @module
 */

import { pid } from "node:process";
import type { Report, Reporter } from "../engine/report.ts";
import { type Counts, QueueCounts, toMicros } from "./queue_counts.ts";
import { StatisticsFile } from "./statistics_file.ts";
import { WriteSchedule } from "./write_schedule.ts";

/** What {@linkcode QueueStatistics} needs. */
export interface StatisticsOptions {
  readonly queue: string;
  /** The number given by `--worker_num`. */
  readonly workerNum: number;
  /** The folder of the file; made if it does not exist. */
  readonly dir: string;
  /** The program's version. */
  readonly version: string;
  /** The event that has run longest, if one runs. */
  readonly running: () =>
    | { readonly id: string; readonly ageSeconds: number }
    | undefined;
  /** What the queue waits for, where its worker has paused it. */
  readonly waitingFor: () => string | undefined;
  /** Takes the warning when the file cannot be written. */
  readonly notify: Reporter;
  /** The time in ms since 1970. @default {Date.now} */
  readonly now?: () => number;
  /** The time in ms on a clock that only runs forward. @default {performance.now} */
  readonly clock?: () => number;
}

/** The content of a statistics file. Its first four fields are Zulip's; all times in seconds. */
export interface StatisticsSnapshot extends Counts {
  /** When something last happened before the file was written, since 1970. */
  readonly update_time: number;
  readonly pid: number;
  readonly worker_num: number;
  readonly version: string;
  /** The id of the event that has run longest; `null` when none runs, or it has no id. */
  readonly current_event_id: string | null;
  /** For how long that event has run; `null` when none runs. */
  readonly current_event_age: number | null;
  /** What the queue waits for, where its worker has paused it; `null` where it does not wait. */
  readonly waiting_for: string | null;
}

/**
 * Counts what becomes of one queue's events and keeps `<dir>/<queue>.stats` up to date, in Zulip's
 * format, under Zulip's lock and by Zulip's rules: at the start; when an event comes to an idle
 * queue, before it runs; when the queue is empty; every 50 events; at an event 30 s or more after
 * the last write.
 *
 * Zulip writes during the event in all these cases. Here only the first event of an idle queue
 * causes a write at once, and that at most once a second. All other writes wait for the next
 * {@linkcode QueueStatistics.sweep}: at most 4 a second, not hundreds at 30,000 events a second. The
 * sweep after a queue woke, and one every 5 s while an event runs, also writes the event's id and age
 * but leaves `update_time` alone: an old `update_time` is how Zulip's `check-rabbitmq-queue` finds a
 * queue that is stuck. The file is written in the background: a worker that blocks the main thread
 * (`--inline`) keeps it as it was.
 *
 * Processes that share a queue share its file, which holds what the last of them wrote, as with
 * Zulip.
 */
export class QueueStatistics {
  readonly #options: StatisticsOptions;
  readonly #file: StatisticsFile;
  readonly #now: () => number;
  readonly #clock: () => number;
  readonly #counts: QueueCounts;
  readonly #schedule = new WriteSchedule();
  #updatedAt = 0;
  #waitingFor: string | null = null;

  /** Begins to write the file. */
  constructor(options: StatisticsOptions) {
    this.#options = options;
    this.#file = new StatisticsFile(options.dir, options.queue, options.notify);
    this.#now = options.now ?? Date.now;
    this.#clock = options.clock ?? (() => performance.now());
    this.#counts = new QueueCounts(this.#now, this.#clock());
    void this.#write(this.#clock());
  }

  /** Takes the engine's reports; ignores those of other queues. */
  readonly report: Reporter = (report: Report): void => {
    if (report.queue !== this.#options.queue) return;
    if (report.kind === "woke") return this.#woke();
    if (report.kind !== "settled") return;
    this.#counts.settled(report);
    this.#schedule.settled(report);
  };

  /**
   * Writes the file if it is due; to be called every 250 ms.
   *
   * @param now The time on the options' clock, in ms.
   */
  sweep(now: number): void {
    this.#counts.rotate(now);
    this.#file.sweep(now);
    if (this.#waitingFor !== this.#waitsFor()) this.#schedule.writeNext();
    if (this.#file.mayTry(now) && this.#schedule.isDue(now, this.#isRunning)) void this.#write(now);
  }

  /**
   * Writes the file, due or not, when a write that is under way has ended.
   *
   * @returns Whether it was written: not if another process is writing it, or it cannot be written.
   */
  async flush(): Promise<boolean> {
    await this.idle();
    return await this.#write(this.#clock());
  }

  /** Resolves when no write of the file is under way. */
  async idle(): Promise<void> {
    await this.#file.idle();
  }

  /** The content of the file, as of now. */
  snapshot(): StatisticsSnapshot {
    const running = this.#options.running();
    const { processed, retried, failed, in_flight, wait_p50, wait_p99, ...zulips } = this.#counts
      .snapshot();
    return {
      update_time: this.#updatedAt / 1000,
      ...zulips,
      pid,
      worker_num: this.#options.workerNum,
      version: this.#options.version,
      processed,
      retried,
      failed,
      in_flight,
      current_event_id: running?.id || null,
      current_event_age: running === undefined ? null : toMicros(running.ageSeconds),
      wait_p50,
      wait_p99,
      waiting_for: this.#waitsFor(),
    };
  }

  #waitsFor(): string | null {
    return this.#options.waitingFor() ?? null;
  }

  readonly #isRunning = (): boolean => this.#options.running() !== undefined;

  #woke(): void {
    const now = this.#clock();
    this.#counts.woke();
    if (!this.#schedule.woke(now, this.#file.mayTry(now))) return;
    void this.#write(now);
    this.#schedule.writeNext(); // The event that woke the queue does not run yet.
  }

  async #write(now: number): Promise<boolean> {
    if (this.#schedule.hasNews) this.#updatedAt = this.#now();
    this.#schedule.written(now);
    this.#waitingFor = this.#waitsFor();
    const isWritten = await this.#file.write(this.snapshot(), now);
    if (!isWritten) this.#schedule.writeNext();
    return isWritten;
  }
}
