/**
 * What a process says about itself: one value, of which the control socket, the log's status lines,
 * `status`, the dashboard and the metrics are made.
 *
 * @module
 */

import type { Running } from "../engine/executor/executor.ts";
import type { QueueFigures, ThreadFigures } from "../engine/supervisor/queue_runner.ts";
import type { ErrorGroup, LastError } from "./error_groups.ts";
import type { QueueMeasures } from "./measures.ts";

/** The version of the fields' meaning. Fields are added without a new version. */
export const SCHEMA = 1;
/** The most events that run, and the most causes of failures, that a snapshot names. */
const MOST_RUNNING = 5;
const MOST_GROUPS = 20;
/** Heaps are measured in MB, and limited in MiB. */
const BYTES_PER_MB = 1_000_000;
const BYTES_PER_MIB = 1024 * 1024;

/** The states of a process. */
export type ProcessState = "starting" | "running" | "quiet" | "stopping";

/** The states of a queue in one process. */
export type QueueState = "starting" | "consuming" | "paused" | "parked" | "stopped";

/** Every state of a queue in one process. */
export const QUEUE_STATES: readonly QueueState[] = [
  "starting",
  "consuming",
  "paused",
  "parked",
  "stopped",
];

/** An operator's pause. */
export interface PauseRecord {
  /** Who paused the queue. */
  readonly by: string;
  /** When: ISO 8601. */
  readonly at: string;
  readonly reason: string | null;
  /** When it ends by itself: ISO 8601; `null`: when somebody resumes the queue. */
  readonly until: string | null;
}

/** The broker, as the process sees it. */
export interface BrokerSnapshot {
  readonly kind: "rabbitmq" | "embedded";
  /** Without user and password; the file's folder for the embedded broker. */
  readonly address: string;
  readonly version: string | null;
  readonly up: boolean;
  /** Since when it is up or not: ISO 8601. */
  readonly since: string;
  /** Why the broker takes no publishes; `null` where it does. */
  readonly blocked: string | null;
  /** How often it was connected again. */
  readonly reconnects: number;
}

/** One queue of a process. Times are ISO 8601, durations seconds, sizes bytes, unknown is `null`. */
export interface QueueSnapshot {
  readonly queue: string;
  readonly worker_num: number;
  readonly state: QueueState;
  readonly state_since: string;
  readonly state_reason: string | null;
  readonly paused: PauseRecord | null;
  readonly prefetch: number | null;
  readonly in_flight: number;
  /** The five that have run longest. */
  readonly running: readonly {
    readonly id: string;
    readonly age_seconds: number;
    readonly attempt: number;
    readonly suspect: boolean;
  }[];
  readonly running_count: number;
  readonly processed: number;
  readonly discarded: number;
  readonly retried: number;
  readonly failed: number;
  readonly released: number;
  readonly restarts: number;
  /** The last runs, at most 100, and how many of them failed. */
  readonly recent_runs: number;
  readonly recent_failures: number;
  /** When the last dead letter was made. */
  readonly last_failed_at: string | null;
  readonly last_progress_at: string | null;
  readonly oldest_waiting_seconds: number | null;
  readonly wait_seconds: { readonly p50: number | null; readonly p99: number | null };
  readonly run_seconds: {
    readonly p50: number | null;
    readonly p99: number | null;
    readonly mean50: number | null;
  };
  readonly heap_bytes: number | null;
  readonly heap_limit_bytes: number | null;
  readonly last_error: {
    readonly at: string;
    readonly reason: string;
    readonly name: string;
    readonly message: string;
    readonly in_a_row: number;
  } | null;
  /** The 20 commonest. */
  readonly groups: readonly {
    readonly fingerprint: string;
    readonly count: number;
    readonly first_at: string;
    readonly last_at: string;
    readonly name: string;
    readonly message: string;
    readonly sample: string;
  }[];
}

/** A process. Texts are redacted and short; it holds no body of an event. */
export interface ProcessSnapshot {
  readonly schema: typeof SCHEMA;
  /** Differs for each start of a process. */
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  /** How queues were chosen: `one`, `several` or `all`. */
  readonly mode: string;
  readonly started_at: string;
  readonly state: ProcessState;
  readonly log_level: string;
  readonly rss_bytes: number;
  readonly zombie_threads: number;
  readonly broker: BrokerSnapshot;
  /** The address of its HTTP server; `null` where it has none. */
  readonly http: string | null;
  readonly queues: readonly QueueSnapshot[];
}

/** What a queue's snapshot is made of. */
export interface QueueFacts {
  readonly queue: string;
  readonly workerNum: number;
  readonly state: QueueState;
  /** ms since 1970. */
  readonly stateSince: number;
  readonly stateReason: string | null;
  readonly paused: PauseRecord | null;
  readonly figures: Pick<QueueFigures, "prefetch" | "inFlight" | "running">;
  readonly threads: ThreadFigures | undefined;
  readonly measures: QueueMeasures;
  /** `performance.now()` */
  readonly clock: number;
}

/** Makes the snapshot of a queue. */
export function queueSnapshot(facts: QueueFacts): QueueSnapshot {
  const { figures, threads, measures, paused, queue, state, clock } = facts;
  const running = figures.running();
  const { last } = measures.errors;
  const { progressAt, failedAt, outcomesOfLate } = measures;
  return {
    queue,
    worker_num: facts.workerNum,
    state,
    state_since: isoTime(facts.stateSince),
    state_reason: facts.stateReason,
    paused,
    prefetch: figures.prefetch ?? null,
    in_flight: figures.inFlight,
    running: oldest(running).map((run) => runningSnapshot(run, clock)),
    running_count: running.length,
    processed: measures.outcomes("processed"),
    discarded: measures.outcomes("discarded"),
    retried: measures.outcomes("retried"),
    failed: measures.outcomes("failed"),
    released: measures.outcomes("released"),
    restarts: measures.restarts,
    recent_runs: outcomesOfLate.runs,
    recent_failures: outcomesOfLate.failures,
    last_failed_at: failedAt === undefined ? null : isoTime(failedAt),
    last_progress_at: progressAt === undefined ? null : isoTime(progressAt),
    oldest_waiting_seconds: null,
    wait_seconds: { p50: measures.waitSeconds(0.5), p99: measures.waitSeconds(0.99) },
    run_seconds: {
      p50: measures.runSeconds(0.5),
      p99: measures.runSeconds(0.99),
      mean50: measures.meanRunSeconds,
    },
    heap_bytes: bytes(threads?.heapMb, BYTES_PER_MB),
    heap_limit_bytes: bytes(threads?.heapLimitMb, BYTES_PER_MIB),
    last_error: last ? lastErrorSnapshot(last) : null,
    groups: measures.errors.commonest(MOST_GROUPS).map(groupSnapshot),
  };
}

/** The snapshot for readers who may see numbers only: without errors and ids of events. */
export function withoutErrors(snapshot: ProcessSnapshot): ProcessSnapshot {
  const queues = snapshot.queues.map((queue) => ({
    ...queue,
    state_reason: null,
    paused: queue.paused && { ...queue.paused, reason: null },
    running: queue.running.map((run) => ({ ...run, id: "" })),
    last_error: null,
    groups: [],
  }));
  return { ...snapshot, queues };
}

/** ISO 8601 in UTC. @param ms ms since 1970. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

function oldest(running: readonly Running[]): Running[] {
  return [...running].sort((a, b) => a.since - b.since).slice(0, MOST_RUNNING);
}

function runningSnapshot(
  { job: { id, attempt, alone }, since }: Running,
  clock: number,
): QueueSnapshot["running"][number] {
  const age_seconds = Math.round(clock - since) / 1000;
  return { id, age_seconds: Math.max(0, age_seconds), attempt, suspect: alone };
}

function lastErrorSnapshot({ at, inARow, ...error }: LastError): QueueSnapshot["last_error"] {
  return { at: isoTime(at), ...error, in_a_row: inARow };
}

function groupSnapshot(
  { firstAt, lastAt, ...group }: ErrorGroup,
): QueueSnapshot["groups"][number] {
  return { ...group, first_at: isoTime(firstAt), last_at: isoTime(lastAt) };
}

function bytes(count: number | undefined, unit: number): number | null {
  return count === undefined ? null : count * unit;
}
