/**
 * Counts of what became of a queue's events.
 *
 * @module
 */

import type { SettledReport } from "../engine/report.ts";
import { Histogram } from "./histogram.ts";
import { RecentRuns } from "./recent_runs.ts";

/** The counts of one queue, as its statistics file names them. All times in seconds. */
export interface Counts {
  /**
   * The worker's time for one event, on average over the last 50 runs that succeeded: where several
   * run at once, less than a run takes. `null` when there was none.
   */
  readonly recent_average_consume_time: number | null;
  /** When no taken event was left to settle, since 1970; the start before that. */
  readonly queue_last_emptied_timestamp: number;
  /** Events processed since then. */
  readonly consumed_since_last_emptied: number;
  /** Events done since the start, also those that were discarded. */
  readonly processed: number;
  /** Runs since the start that led to another one. */
  readonly retried: number;
  /** Events given up since the start. */
  readonly failed: number;
  /** Events taken and not settled, at the last report. */
  readonly in_flight: number;
  /** Half of the events of the last 5 to 10 minutes waited no longer; `null` when there were none. */
  readonly wait_p50: number | null;
  /** 99 of 100 of these waited no longer. */
  readonly wait_p99: number | null;
}

/** Counts the events of one queue since the start of the process. */
export class QueueCounts {
  readonly #now: () => number;
  readonly #recent = new RecentRuns();
  readonly #waits: Histogram;
  #processed = 0;
  #retried = 0;
  #failed = 0;
  #inFlight = 0;
  #consumedSinceEmptied = 0;
  #emptiedAt: number;

  /** @param now The time in ms since 1970. @param clock The time in ms, for {@linkcode rotate}. */
  constructor(now: () => number, clock: number) {
    this.#now = now;
    this.#waits = new Histogram(clock);
    this.#emptiedAt = now();
  }

  /** An event comes to the idle queue. */
  woke(): void {
    this.#inFlight = Math.max(1, this.#inFlight);
  }

  /** An event was settled. */
  settled(report: SettledReport): void {
    this.#inFlight = report.inFlight;
    if (report.outcome === "released") return;
    this.#waits.add(report.waitMs);
    this.#count(report);
    if (report.inFlight > 0) return;
    this.#emptiedAt = this.#now();
    this.#consumedSinceEmptied = 0;
  }

  /** Forgets waits that are too old; to be called regularly. */
  rotate(clock: number): void {
    this.#waits.rotate(clock);
  }

  /** The counts now. */
  snapshot(): Counts {
    return {
      recent_average_consume_time: this.#recent.averageSeconds(),
      queue_last_emptied_timestamp: this.#emptiedAt / 1000,
      consumed_since_last_emptied: this.#consumedSinceEmptied,
      processed: this.#processed,
      retried: this.#retried,
      failed: this.#failed,
      in_flight: this.#inFlight,
      wait_p50: seconds(this.#waits.percentile(0.5)),
      wait_p99: seconds(this.#waits.percentile(0.99)),
    };
  }

  #count({ outcome, shareMs }: SettledReport): void {
    if (outcome === "retried") this.#retried++;
    else if (outcome === "failed") this.#failed++;
    else {
      this.#processed++;
      this.#consumedSinceEmptied++;
      this.#recent.add(shareMs);
    }
  }
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : toMicros(ms / 1000);
}

/** Seconds, rounded to the microsecond. */
export function toMicros(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6;
}
