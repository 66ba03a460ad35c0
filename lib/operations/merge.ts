/**
 * The facts of a queue, out of what the broker and all processes of this host say.
 *
 * @module
 */

import type { PauseRecord, ProcessSnapshot, QueueSnapshot } from "../monitoring/snapshot.ts";
import type { QueueLook } from "./broker_look.ts";
import type { QueueFacts } from "./judge.ts";

/** What is known of a queue from all sources. */
export interface Sources {
  readonly queue: string;
  readonly look: QueueLook;
  /** The processes of this host, also those that do not have the queue. */
  readonly processes: readonly ProcessSnapshot[];
  /** The pause that is kept on this host. */
  readonly pause: PauseRecord | null;
  /** What the file of statistics says, which Zulip's own workers write, too. */
  readonly statistics: StatisticsFacts | null;
  /** Whether the number of waiting events grows or shrinks. */
  readonly trend: "grows" | "shrinks" | null;
  /** ms since 1970 */
  readonly now: number;
}

/** What a file of statistics says of a queue. */
export interface StatisticsFacts {
  /** ms since 1970 */
  readonly updatedAt: number;
  /** The average time of a run, in seconds. */
  readonly meanRunSeconds: number | null;
}

/** The snapshots of a queue in all processes that have it. */
export function snapshotsOf(
  queue: string,
  processes: readonly ProcessSnapshot[],
): readonly QueueSnapshot[] {
  return processes.flatMap(({ queues }) => queues.filter((one) => one.queue === queue));
}

/** The facts by which the queue is judged. */
export function factsOf(sources: Sources): QueueFacts {
  const { queue, look, processes, statistics, now } = sources;
  const all = snapshotsOf(queue, processes);
  return {
    queue,
    now,
    problem: look.problem,
    blocked: alarmOf(processes),
    ready: look.ready,
    failed: look.failed,
    retrying: look.retrying,
    consumers: look.consumers,
    pause: pauseOf(all, sources),
    processes: all.length,
    parked: all.filter(({ state }) => state === "parked").length,
    hasSource: all.length > 0 || statistics !== null,
    wasConsumed: all.length > 0 || statistics !== null || Boolean(look.retrying || look.failed),
    oldestRun: oldestRun(all),
    trend: sources.trend,
    ...progressOf(all, statistics),
    ...errorsOf(all),
  };
}

function progressOf(
  all: readonly QueueSnapshot[],
  statistics: StatisticsFacts | null,
): Pick<QueueFacts, "progressAt" | "meanRunSeconds"> {
  if (all.length === 0) {
    return {
      progressAt: statistics?.updatedAt ?? null,
      meanRunSeconds: statistics?.meanRunSeconds ?? null,
    };
  }
  const means = all.map(({ run_seconds }) => run_seconds.mean50).filter((mean) => mean !== null);
  const times = all.map((one) => Date.parse(one.last_progress_at ?? one.state_since));
  return {
    progressAt: Math.max(...times),
    meanRunSeconds: means.length === 0
      ? null
      : means.reduce((sum, mean) => sum + mean, 0) / means.length,
  };
}

function errorsOf(
  all: readonly QueueSnapshot[],
): Pick<
  QueueFacts,
  "recentRuns" | "recentFailures" | "failedAt" | "commonError" | "lastError"
> {
  const failedAt = all.flatMap(({ last_failed_at: at }) => at === null ? [] : [Date.parse(at)]);
  const groups = all.flatMap(({ groups }) => groups).sort((a, b) => b.count - a.count);
  const last = all.flatMap(({ last_error }) => last_error ?? [])
    .sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
  return {
    recentRuns: all.reduce((sum, { recent_runs }) => sum + recent_runs, 0),
    recentFailures: all.reduce((sum, { recent_failures }) => sum + recent_failures, 0),
    failedAt: failedAt.length === 0 ? null : Math.max(...failedAt),
    commonError: errorText(groups[0]),
    lastError: errorText(last[0]),
  };
}

function errorText(
  error: { readonly name: string; readonly message: string } | undefined,
): string | null {
  return error ? `${error.name}: ${error.message}` : null;
}

/** A pause of one process is none while another consumes the queue. */
function pauseOf(all: readonly QueueSnapshot[], { pause }: Sources): PauseRecord | null {
  if (all.some(({ state }) => state === "consuming")) return null;
  return all.map(({ paused }) => paused).find((one) => one !== null) ?? pause;
}

function alarmOf(processes: readonly ProcessSnapshot[]): QueueFacts["blocked"] {
  const reason = processes.map(({ broker }) => broker.blocked).find((one) => one !== null);
  return reason === undefined || reason === null ? null : { reason, since: null };
}

function oldestRun(all: readonly QueueSnapshot[]): QueueFacts["oldestRun"] {
  const [oldest] = all.flatMap(({ running }) => running)
    .sort((a, b) => b.age_seconds - a.age_seconds);
  return oldest ? { id: oldest.id || "an event", seconds: oldest.age_seconds } : null;
}
