/**
 * What is asked of a queue's dead letters on the dashboard, and how far that has come. A task runs
 * beside the pages: closing them changes nothing.
 *
 * @module
 */

import type { FailedFilter } from "../../command_line/failed_filter.ts";
import type { SiftProgress } from "../../engine/broker/sift.ts";
import type { RepairResult } from "./repair.ts";

/** Count groups and keep rows. */
export interface ScanOrder {
  readonly kind: "scan";
  readonly queue: string;
  /** How many events to look at; `null`: all. */
  readonly scan: number | null;
}

/** Put dead letters back, or drop them. */
export interface RepairOrder {
  readonly kind: "retry" | "drop";
  readonly queue: string;
  readonly filter: FailedFilter;
  /** What a row must contain, as a search in the list does. */
  readonly contains?: string | undefined;
  /** Only count. */
  readonly dryRun: boolean;
  /** How many events somebody has confirmed: no more are moved. `null` for a dry run. */
  readonly expected: number | null;
  /** Events a second. */
  readonly rate: number | null;
  /** Another queue than their own to put them into. */
  readonly to?: string | undefined;
  /** Replaces the body of the one event that matches. */
  readonly body?: string | undefined;
  /** Whether what is dropped is written to a file first. */
  readonly save: boolean;
  readonly countsDelivery: boolean;
}

/** What a task does. */
export type TaskOrder = ScanOrder | RepairOrder;

/** What came of a scan. */
export interface ScanResult {
  readonly scanned: number;
  readonly of: number;
  readonly complete: boolean;
  /** How many groups there are. */
  readonly groups: number;
}

/** A task as JSON. */
export interface Task {
  readonly id: string;
  readonly queue: string;
  readonly kind: TaskOrder["kind"];
  readonly dry_run: boolean;
  /** Who asked for it. */
  readonly by: string;
  readonly state: "running" | "done" | "canceled" | "failed";
  /** ISO 8601, as is the end. */
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly progress: SiftProgress | null;
  readonly rate: number | null;
  readonly expected: number | null;
  /** As it was sent. */
  readonly filter: unknown;
  readonly result: ScanResult | RepairResult | null;
  /** Why it failed or stopped before its end. */
  readonly error: string | null;
}

/** How a task ended. */
export interface TaskEnd {
  readonly result: ScanResult | RepairResult;
  /** Why it is incomplete. */
  readonly error?: string | undefined;
}
