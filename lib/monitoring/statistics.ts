/**
 * What a queue has done, for those who watch it: `<queue>.stats`.
 *
 * @module
 */

import { Histogram } from "./histogram.ts";
import type { Report, Reporter, SettledReport } from "../engine/report.ts";
import { StatisticsFile } from "./statistics_file.ts";

/** Runs that make the recent average; Zulip's number. */
const RECENT_RUNS = 50;
/** Zulip's CONSUME_ITERATIONS_BEFORE_UPDATE_STATS_NUM. */
const EVENTS_BEFORE_WRITE = 50;
/** Zulip's MAX_SECONDS_BEFORE_UPDATE_STATS, in ms. */
const MAX_WRITE_INTERVAL_MS = 30_000;
/** ms between two writes because the queue woke. */
const MIN_WAKE_INTERVAL_MS = 1000;
/** ms between two writes while an event runs, for its age. */
const AGE_INTERVAL_MS = 5000;

/** What {@linkcode QueueStatistics} is made of. */
export interface StatisticsOptions {
  readonly queue: string;
  /** The number given by `--worker_num`. */
  readonly workerNum: number;
  /** The folder of the file; it is made if it is not there. */
  readonly dir: string;
  /** The program's version. */
  readonly version: string;
  /** The event that has run longest, if one runs. */
  readonly running: () =>
    | { readonly id: string; readonly ageSeconds: number }
    | undefined;
  /** Gets the warning when the file cannot be written. */
  readonly notify: Reporter;
  /** The time in ms since 1970. @default {Date.now} */
  readonly now?: () => number;
  /** The time in ms on a clock that is never set. @default {performance.now} */
  readonly clock?: () => number;
}

/** The content of a statistics file. The first four fields are Zulip's; all times in seconds. */
export interface StatisticsSnapshot {
  /** When something last happened and was written down, since 1970. */
  readonly update_time: number;
  /** Of the last 50 runs that went well; `null` when there was none. */
  readonly recent_average_consume_time: number | null;
  /** When the last event that had been taken was settled, since 1970; at first the start. */
  readonly queue_last_emptied_timestamp: number;
  /** Events processed since then. */
  readonly consumed_since_last_emptied: number;
  readonly pid: number;
  readonly worker_num: number;
  readonly version: string;
  /** Since the start; those that were discarded are among them. */
  readonly processed: number;
  /** Runs since the start that led to another one. */
  readonly retried: number;
  /** Given up, since the start. */
  readonly failed: number;
  /** Taken and not settled, when last heard of. */
  readonly in_flight: number;
  /** Of the event that has run longest; `null` when none runs, or it has no id. */
  readonly current_event_id: string | null;
  /** `null` when none runs. */
  readonly current_event_age: number | null;
  /** Half of the events of the last 5 to 10 minutes waited no longer; `null` when there were none. */
  readonly wait_p50: number | null;
  /** 99 of 100 waited no longer. */
  readonly wait_p99: number | null;
}

/**
 * Counts what becomes of one queue's events and keeps `<dir>/<queue>.stats` up to date, in Zulip's
 * format and under Zulip's lock, by Zulip's rules: at the start; when an event comes to an idle
 * queue, before it runs; when the queue is empty; every 50 events; at an event 30 s or more after
 * the last write.
 *
 * Zulip writes during the event in all these cases. Here only the waking queue does, at most once
 * a second, so that a worker that hangs its process is seen; all other writes, and waking more
 * often, wait for the next {@linkcode sweep}, which makes at most 4 writes a second out of what
 * would be hundreds at 30,000 events a second. The sweep after a queue woke, and then every 5 s
 * while an event runs, writes the file too, for the event's id and age, but `update_time` stays:
 * that it grows old is how Zulip's `check-rabbitmq-queue` finds a queue that is stuck.
 *
 * Processes that share a queue share its file; the last one to write it is seen, as with Zulip.
 */
export class QueueStatistics {
  readonly #options: StatisticsOptions;
  readonly #file: StatisticsFile;
  readonly #now: () => number;
  readonly #clock: () => number;
  readonly #runMs = new Float64Array(RECENT_RUNS);
  readonly #waits: Histogram;
  #runs = 0;
  #processed = 0;
  #retried = 0;
  #failed = 0;
  #inFlight = 0;
  #consumedSinceEmptied = 0;
  #emptiedAt: number;
  #updatedAt = 0;
  #unwritten = 0;
  #isDue = true;
  #hasNews = true;
  #writtenAt = -Infinity;
  #wokeAt = -Infinity;

  /** Makes the file. */
  constructor(options: StatisticsOptions) {
    this.#options = options;
    this.#file = new StatisticsFile(options.dir, options.queue, options.notify);
    this.#now = options.now ?? Date.now;
    this.#clock = options.clock ?? (() => performance.now());
    this.#waits = new Histogram(this.#clock());
    this.#emptiedAt = this.#now();
    this.flush();
  }

  /** Takes the engine's reports; those of other queues are ignored. */
  readonly report: Reporter = (report: Report): void => {
    if (report.kind === "notice" || report.queue !== this.#options.queue) {
      return;
    }
    if (report.kind === "woke") this.#woke();
    else this.#settled(report);
  };

  /**
   * Writes the file if it is due; to be called every 250 ms.
   *
   * @param now The time on the options' clock, in ms.
   */
  sweep(now: number): void {
    this.#waits.rotate(now);
    if (this.#file.mayTry(now) && (this.#isDue || this.#isLate(now))) {
      this.#write(now);
    }
  }

  /**
   * Writes the file, due or not.
   *
   * @returns Whether it was written: not if another process is writing it, or it cannot be written.
   */
  flush(): boolean {
    return this.#write(this.#clock());
  }

  /** What the file would say now. */
  snapshot(): StatisticsSnapshot {
    const running = this.#options.running();
    return {
      update_time: this.#updatedAt / 1000,
      recent_average_consume_time: this.#averageSeconds(),
      queue_last_emptied_timestamp: this.#emptiedAt / 1000,
      consumed_since_last_emptied: this.#consumedSinceEmptied,
      pid: Deno.pid,
      worker_num: this.#options.workerNum,
      version: this.#options.version,
      processed: this.#processed,
      retried: this.#retried,
      failed: this.#failed,
      in_flight: this.#inFlight,
      current_event_id: running?.id || null,
      current_event_age: running === undefined ? null : rounded(running.ageSeconds),
      wait_p50: seconds(this.#waits.percentile(0.5)),
      wait_p99: seconds(this.#waits.percentile(0.99)),
    };
  }

  #settled(report: SettledReport): void {
    this.#inFlight = report.inFlight;
    this.#hasNews = true;
    if (report.outcome === "released") {
      if (report.inFlight === 0) this.#isDue = true;
      return;
    }
    this.#waits.add(report.waitMs);
    this.#count(report);
    if (report.inFlight === 0) this.#emptied();
    else if (++this.#unwritten >= EVENTS_BEFORE_WRITE) this.#isDue = true;
  }

  #count({ outcome, runMs }: SettledReport): void {
    if (outcome === "retried") this.#retried++;
    else if (outcome === "failed") this.#failed++;
    else {
      this.#processed++;
      this.#consumedSinceEmptied++;
      this.#runMs[this.#runs++ % RECENT_RUNS] = runMs;
    }
  }

  #emptied(): void {
    this.#emptiedAt = this.#now();
    this.#consumedSinceEmptied = 0;
    this.#isDue = true;
  }

  #woke(): void {
    const now = this.#clock();
    this.#inFlight = Math.max(1, this.#inFlight);
    this.#hasNews = true;
    this.#isDue = true;
    if (now - this.#wokeAt < MIN_WAKE_INTERVAL_MS || !this.#file.mayTry(now)) {
      return;
    }
    this.#wokeAt = now;
    this.#write(now);
    // What woke it is not running yet.
    this.#isDue = true;
  }

  /** Whether the last write is long ago, with something to tell. */
  #isLate(now: number): boolean {
    const ms = now - this.#writtenAt;
    if (ms >= AGE_INTERVAL_MS && this.#options.running() !== undefined) return true;
    return ms >= MAX_WRITE_INTERVAL_MS && this.#hasNews;
  }

  #write(now: number): boolean {
    if (this.#hasNews) this.#updatedAt = this.#now();
    this.#isDue = !this.#file.write(this.snapshot(), now);
    if (this.#isDue) return false;
    this.#writtenAt = now;
    this.#unwritten = 0;
    this.#hasNews = false;
    return true;
  }

  #averageSeconds(): number | null {
    const runs = Math.min(this.#runs, RECENT_RUNS);
    if (runs === 0) return null;
    return this.#runMs.subarray(0, runs).reduce((sum, ms) => sum + ms, 0) /
      runs / 1000;
  }
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : rounded(ms / 1000);
}

/** To the microsecond. */
function rounded(secs: number): number {
  return Math.round(secs * 1e6) / 1e6;
}
