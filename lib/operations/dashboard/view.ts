/**
 * What the dashboard shows: all queues and processes in one value, as JSON. Times are ISO 8601,
 * durations seconds, sizes bytes, unknown is `null`.
 *
 * @module
 */

import { unsharded } from "../../engine/host/shards.ts";
import type { BrokerSnapshot, ProcessSnapshot, SCHEMA } from "../../monitoring/snapshot.ts";
import type { Task } from "../failed/task.ts";
import type { QueueReport } from "../queue_report.ts";

/** A queue. */
export interface QueueRow extends QueueReport {
  /** The queue it is a shard of; its own name where it is none. */
  readonly parent: string;
}

/** A process of this host that runs queues. */
export interface ProcessRow {
  readonly id: string | null;
  readonly host: string | null;
  readonly pid: number;
  readonly reachable: boolean;
  /** Why it did not answer, as the end of the sentence "it …". */
  readonly error: string | null;
  /** Whether it serves the dashboard. */
  readonly is_self: boolean;
  readonly version: string | null;
  readonly mode: string | null;
  readonly state: ProcessSnapshot["state"] | null;
  readonly started_at: string | null;
  readonly log_level: string | null;
  readonly rss_bytes: number | null;
  readonly zombie_threads: number;
  readonly broker_up: boolean | null;
  readonly broker_blocked: string | null;
  readonly http: string | null;
  readonly queues: readonly string[];
  readonly in_flight: number;
  /** Events that run. */
  readonly running: number;
  readonly oldest_running_seconds: number | null;
  /** Events a second that ended. */
  readonly rate: number | null;
}

/** A process that was asked for its snapshot. */
export interface AskedProcess {
  readonly pid: number;
  /** Its answer; `undefined` where there was none. */
  readonly snapshot?: ProcessSnapshot | undefined;
  /** Why there was none. */
  readonly problem?: string | undefined;
}

/** The whole view. */
export interface DashboardView {
  readonly schema: typeof SCHEMA;
  readonly at: string;
  /** The version of the program that serves it. */
  readonly version: string;
  /** `host`: all queues; `process`: those of the process that serves it. */
  readonly scope: "host" | "process";
  readonly host: string;
  readonly broker: Omit<BrokerSnapshot, "reconnects">;
  /** When the broker was asked last; `null`: not yet. */
  readonly sampled_at: string | null;
  readonly queues: readonly QueueRow[];
  readonly processes: readonly ProcessRow[];
  /** The tasks that run, and those that ended within the last hour. */
  readonly tasks: readonly Task[];
}

/** The row of a queue. */
export function queueRow(report: QueueReport): QueueRow {
  return { ...report, parent: unsharded(report.queue) };
}

/** The row of a process. @param selfId The id of the process that serves the dashboard, if it has one. */
export function processRow(
  { pid, snapshot, problem }: AskedProcess,
  rate: number | null,
  selfId: string | undefined,
): ProcessRow {
  if (!snapshot) return { ...SILENT, pid, error: problem ?? null };
  const { queues, broker } = snapshot;
  const sum = (numbers: readonly number[]) => numbers.reduce((all, each) => all + each, 0);
  const ages = queues.flatMap(({ running }) => running.map(({ age_seconds }) => age_seconds));
  return {
    id: snapshot.id,
    host: snapshot.host,
    pid,
    reachable: true,
    error: null,
    is_self: snapshot.id === selfId,
    version: snapshot.version,
    mode: snapshot.mode,
    state: snapshot.state,
    started_at: snapshot.started_at,
    log_level: snapshot.log_level,
    rss_bytes: snapshot.rss_bytes,
    zombie_threads: snapshot.zombie_threads,
    broker_up: broker.up,
    broker_blocked: broker.blocked,
    http: snapshot.http,
    queues: queues.map(({ queue }) => queue),
    in_flight: sum(queues.map(({ in_flight }) => in_flight)),
    running: sum(queues.map(({ running_count }) => running_count)),
    oldest_running_seconds: ages.length === 0 ? null : Math.max(...ages),
    rate,
  };
}

const SILENT = {
  id: null,
  host: null,
  reachable: false,
  is_self: false,
  version: null,
  mode: null,
  state: null,
  started_at: null,
  log_level: null,
  rss_bytes: null,
  zombie_threads: 0,
  broker_up: null,
  broker_blocked: null,
  http: null,
  queues: [],
  in_flight: 0,
  running: 0,
  oldest_running_seconds: null,
  rate: null,
} as const;

/** The view for who may see numbers only: without texts, as they quote errors and people. */
export function withoutTexts(view: DashboardView): DashboardView {
  return { ...view, queues: view.queues.map(numbersOf), tasks: [] };
}

/** A queue without texts. */
export function numbersOf<Row extends QueueReport>(row: Row): Row {
  const paused = row.paused && { ...row.paused, by: "", reason: null };
  return { ...row, reason: "", advice: "", paused };
}
