/**
 * All that the dashboard shows of one queue.
 *
 * @module
 */

import { isoTime, type ProcessSnapshot, type QueueSnapshot } from "../../monitoring/snapshot.ts";
import type { QueueLook, RetryStep } from "../broker_look.ts";
import type { QueueReport } from "../queue_report.ts";
import type { History } from "./history.ts";
import { numbersOf, type QueueRow, queueRow } from "./view.ts";

/** A process that has the queue. */
export interface QueueConsumer {
  /** The process's id. */
  readonly process: string;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly state: QueueSnapshot["state"];
  readonly state_since: string;
  readonly state_reason: string | null;
  readonly prefetch: number | null;
  readonly in_flight: number;
  readonly restarts: number;
  readonly heap_bytes: number | null;
  readonly heap_limit_bytes: number | null;
}

/** An event that runs. */
export interface RunningEvent {
  readonly id: string;
  readonly process: string;
  readonly host: string;
  readonly pid: number;
  readonly attempt: number;
  readonly age_seconds: number;
  readonly suspect: boolean;
}

/** A setting of the queue, and where its value comes from. */
export interface QueueSetting {
  readonly name: string;
  readonly value: string;
  readonly source: string;
}

/** The queue. */
export interface QueueDetails extends QueueRow {
  readonly at: string;
  readonly history: History | null;
  readonly retry_steps: readonly RetryStep[] | null;
  readonly consumers_list: readonly QueueConsumer[];
  /** The oldest first. */
  readonly running: readonly RunningEvent[];
  readonly last_error: QueueSnapshot["last_error"];
  /** Failures since the processes started, the commonest first. */
  readonly groups: QueueSnapshot["groups"];
  /** Events since the processes started. */
  readonly totals: Readonly<Record<Total, number>>;
  readonly settings: readonly QueueSetting[];
}

const TOTALS = ["processed", "discarded", "retried", "failed", "released"] as const;
type Total = typeof TOTALS[number];

/** What is known of a queue. */
export interface QueueDetailsSources {
  readonly report: QueueReport;
  readonly look: QueueLook | undefined;
  readonly processes: readonly ProcessSnapshot[];
  readonly history: History | null;
  readonly settings: readonly QueueSetting[];
  /** ms since 1970 */
  readonly now: number;
}

/** Makes the details. */
export function queueDetails(
  { report, look, processes, history, settings, now }: QueueDetailsSources,
): QueueDetails {
  const places = processes.flatMap((process) =>
    process.queues.filter(({ queue }) => queue === report.queue).map((one) => ({ process, one }))
  );
  const errors = places.flatMap(({ one }) => one.last_error ?? []);
  return {
    ...queueRow(report),
    at: isoTime(now),
    history,
    retry_steps: look?.retrySteps ?? null,
    consumers_list: places.map(consumerOf),
    running: places.flatMap(runningOf).sort((a, b) => b.age_seconds - a.age_seconds),
    last_error: errors.sort((a, b) => Date.parse(b.at) - Date.parse(a.at))[0] ?? null,
    groups: mergedGroups(places.flatMap(({ one }) => one.groups)),
    totals: totalsOf(places.map(({ one }) => one)),
    settings,
  };
}

/** The details for who may see numbers only: without texts, as they quote errors and people. */
export function detailsWithoutTexts(details: QueueDetails): QueueDetails {
  const consumers = details.consumers_list.map((one) => ({ ...one, state_reason: null }));
  const nothing = { running: [], last_error: null, groups: [], settings: [] };
  return { ...numbersOf(details), ...nothing, consumers_list: consumers };
}

interface Place {
  readonly process: ProcessSnapshot;
  readonly one: QueueSnapshot;
}

function consumerOf({ process, one }: Place): QueueConsumer {
  const { id, host, pid, version } = process;
  const { state, state_since, state_reason, prefetch, in_flight, restarts } = one;
  const { heap_bytes, heap_limit_bytes } = one;
  const numbers = { prefetch, in_flight, restarts, heap_bytes, heap_limit_bytes };
  return { process: id, host, pid, version, state, state_since, state_reason, ...numbers };
}

function runningOf({ process: { id: process, host, pid }, one }: Place): RunningEvent[] {
  return one.running.map((event) => ({ ...event, process, host, pid }));
}

function totalsOf(all: readonly QueueSnapshot[]): QueueDetails["totals"] {
  const sums = TOTALS.map((total) => [total, all.reduce((sum, one) => sum + one[total], 0)]);
  return Object.fromEntries(sums);
}

/** The groups of all processes; those with one fingerprint together. */
function mergedGroups(groups: QueueSnapshot["groups"]): QueueDetails["groups"] {
  const merged = new Map<string, QueueSnapshot["groups"][number]>();
  for (const group of groups) {
    const known = merged.get(group.fingerprint) ?? { ...group, count: 0 };
    const last = group.last_at > known.last_at ? group : known;
    merged.set(group.fingerprint, {
      ...last,
      count: known.count + group.count,
      first_at: group.first_at < known.first_at ? group.first_at : known.first_at,
    });
  }
  return [...merged.values()].sort((a, b) => b.count - a.count);
}
