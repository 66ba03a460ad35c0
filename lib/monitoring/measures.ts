/**
 * What is measured of one queue: counters and histograms, made from the engine's reports. The
 * snapshot and the metrics are both made from them.
 *
 * @module
 */

import type { Report, SettledReport, ThreadCause } from "../engine/report.ts";
import { Buckets } from "./buckets.ts";
import { ErrorGroups } from "./error_groups.ts";
import { Histogram } from "./histogram.ts";
import { RecentOutcomes } from "./recent_outcomes.ts";
import { RecentRuns } from "./recent_runs.ts";

/** What can become of an event. */
export const OUTCOMES = ["processed", "discarded", "retried", "failed", "released"] as const;
/** What became of an event. */
export type MeasuredOutcome = typeof OUTCOMES[number];

/** Why a run fails, as metrics name it. */
export const REASONS = [
  "error",
  "timeout",
  "fail",
  "invalid",
  "crashed",
  "out_of_memory",
  "waited_too_long",
  "retry_later",
] as const;
/** Why a run failed, as metrics name it. */
export type MeasuredReason = typeof REASONS[number];

/** Why a thread is started, as metrics name it. */
export const CAUSES = [
  "start",
  "crashed",
  "out_of_memory",
  "hung",
  "unresponsive",
  "unhandled_error",
  "not_started",
  "refused",
  "resized",
  "restarted",
] as const satisfies readonly ThreadCause[];

const REASON_NAMES: Readonly<Record<NonNullable<SettledReport["reason"]>, MeasuredReason>> = {
  "error": "error",
  "timeout": "timeout",
  "fail": "fail",
  "invalid": "invalid",
  "crashed": "crashed",
  "out of memory": "out_of_memory",
  "waited too long": "waited_too_long",
  "retry-later": "retry_later",
};

/** The bounds of waits, in seconds. */
export const WAIT_BOUNDS = [.005, .025, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 180, 600, 3600];
/** The bounds of runs, in seconds. */
export const RUN_BOUNDS = [.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60];

/** Counts by a fixed set of names. Counting allocates nothing. */
class Counters<Name extends string> {
  readonly #counts: Record<Name, number>;

  constructor(names: readonly Name[]) {
    this.#counts = Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
  }

  add(name: Name): void {
    this.#counts[name]++;
  }

  of(name: Name): number {
    return this.#counts[name];
  }
}

/** Measures one queue since the start of the process. */
export class QueueMeasures {
  /** How long events waited, from their publishing; only those whose publisher set a time. */
  readonly wait = new Buckets(WAIT_BOUNDS);
  /** How long handlers ran. */
  readonly run = new Buckets(RUN_BOUNDS);
  /** Failures by their cause. */
  readonly errors = new ErrorGroups();
  /** How the last 100 runs ended; those that ask for a retry themselves do not count. */
  readonly outcomesOfLate = new RecentOutcomes();
  readonly #now: () => number;
  readonly #counts = {
    outcomes: new Counters<MeasuredOutcome>(OUTCOMES),
    reasons: new Counters<MeasuredReason>(REASONS),
    causes: new Counters<ThreadCause>(CAUSES),
    publishes: new Counters<"confirmed" | "failed">(["confirmed", "failed"]),
  };
  /** The times of late. */
  readonly #recent: {
    readonly waits: Histogram;
    readonly runs: Histogram;
    readonly shares: RecentRuns;
  };
  #hasProgressed = false;
  #progressAt: number | undefined;
  #failedAt: number | undefined;

  /**
   * @param clock The time in ms, on the clock of {@linkcode sweep}.
   * @param now The time in ms since 1970. @default {Date.now}
   */
  constructor(clock: number, now: () => number = Date.now) {
    this.#now = now;
    this.#recent = {
      waits: new Histogram(clock),
      runs: new Histogram(clock),
      shares: new RecentRuns(),
    };
  }

  /** Takes the engine's reports of the queue. */
  readonly report = (report: Report): void => {
    if (report.kind === "settled") this.#settled(report);
    else if (report.kind === "thread") this.#counts.causes.add(report.cause);
    else if (report.kind === "published") {
      this.#counts.publishes.add(report.isConfirmed ? "confirmed" : "failed");
    }
  };

  /** Forgets durations that are too old for percentiles; call it a few times a second. */
  sweep(clock: number): void {
    this.#recent.waits.rotate(clock);
    this.#recent.runs.rotate(clock);
    this.#noteProgress();
  }

  /** How many events came to this end; with retries, how many runs. */
  outcomes(outcome: MeasuredOutcome): number {
    return this.#counts.outcomes.of(outcome);
  }

  /** How many runs failed for this reason. */
  failures(reason: MeasuredReason): number {
    return this.#counts.reasons.of(reason);
  }

  /** How many threads were started for this cause. */
  threadStarts(cause: ThreadCause): number {
    return this.#counts.causes.of(cause);
  }

  /** How many threads were started after the first. */
  get restarts(): number {
    return CAUSES.reduce((sum, cause) => sum + this.#counts.causes.of(cause), 0) -
      this.#counts.causes.of("start") - this.#counts.causes.of("resized");
  }

  /** How many events the worker published, by whether the broker confirmed them. */
  publishes(result: "confirmed" | "failed"): number {
    return this.#counts.publishes.of(result);
  }

  /** When an event was last settled, in ms since 1970; within a quarter of a second. */
  get progressAt(): number | undefined {
    this.#noteProgress();
    return this.#progressAt;
  }

  /** When the last dead letter was made, in ms since 1970. */
  get failedAt(): number | undefined {
    return this.#failedAt;
  }

  /** A percentile of the waits of the last 5 to 10 minutes, in seconds; `null` without any. */
  waitSeconds(share: number): number | null {
    return seconds(this.#recent.waits.percentile(share));
  }

  /** A percentile of the runs of the last 5 to 10 minutes, in seconds; `null` without any. */
  runSeconds(share: number): number | null {
    return seconds(this.#recent.runs.percentile(share));
  }

  /** The average of the last 50 runs that succeeded, in seconds; `null` without any. */
  get meanRunSeconds(): number | null {
    return this.#recent.shares.averageSeconds();
  }

  /** The time of day is asked for a few times a second only. */
  #noteProgress(): void {
    if (this.#hasProgressed) this.#progressAt = this.#now();
    this.#hasProgressed = false;
  }

  #settled(report: SettledReport): void {
    const { outcome, waitMs, runMs, reason } = report;
    this.#counts.outcomes.add(outcome);
    if (outcome === "released") return;
    this.#hasProgressed = true;
    if (report.hasNoTime === undefined) this.wait.add(waitMs);
    this.run.add(runMs);
    this.#recent.waits.add(waitMs);
    this.#recent.runs.add(runMs);
    if (outcome === "processed" || outcome === "discarded") {
      this.#recent.shares.add(report.shareMs);
      this.errors.succeeded();
      this.outcomesOfLate.add(false);
      return;
    }
    if (reason !== undefined) this.#counts.reasons.add(REASON_NAMES[reason]);
    if (outcome === "failed") this.#failedAt = this.#now();
    if (reason === "retry-later") return;
    this.outcomesOfLate.add(true);
    this.errors.failed(report, this.#now());
  }
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 1000) / 1e6;
}
