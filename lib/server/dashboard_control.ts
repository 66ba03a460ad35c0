/**
 * What the dashboard's routes ask of the process that serves them.
 *
 * @module
 */

import type { LogLevel } from "../log/log.ts";
import type { FailureListener } from "../monitoring/failure_feed.ts";
import type { Checks } from "../operations/dashboard/finding.ts";
import type { History } from "../operations/dashboard/history.ts";
import type { QueueDetails } from "../operations/dashboard/queue_details.ts";
import type { DashboardView } from "../operations/dashboard/view.ts";
import type { QueueAction, QueueActionResult } from "../operations/queue_action.ts";
import type { PauseRequest, ProcessRequest } from "./process_control.ts";

/** What a process is asked over its control socket. */
export type ProcessOrder =
  | { readonly kind: ProcessRequest }
  | { readonly kind: "log-level"; readonly level: LogLevel; readonly seconds: number };

/** Knows the queues and processes that the dashboard shows. Nothing here waits for the broker. */
export interface DashboardControl {
  /** All queues, processes and tasks. */
  view(): DashboardView;
  /** The last half hour of each queue. */
  histories(): Readonly<Record<string, History>>;
  /** All of one queue; `undefined` where it is not known. */
  queue(name: string): QueueDetails | undefined;
  /** Hears of failed events. @returns A function that ends that. */
  onFailure(listener: FailureListener): () => void;
  /** Says whether somebody watches: numbers are fresher then. */
  setWatched(isWatched: boolean): void;
  /** Has numbers be taken again soon, as something has changed. */
  refresh(): void;
  /**
   * Changes a queue in every process of this host that has it.
   *
   * @throws {HttpError} `not_found` where none has it.
   */
  change(
    action: QueueAction,
    queue: string,
    request: PauseRequest,
  ): Promise<readonly QueueActionResult[]>;
  /**
   * Passes an order on to a process of this host.
   *
   * @param id The id in its snapshot.
   * @throws {HttpError} `not_found` where there is no such process, `unavailable` where it does not
   * answer.
   */
  order(id: string, order: ProcessOrder, by: string): Promise<unknown>;
  /** What is amiss. @param isFresh Check again; else what was found within the last minute will do. */
  checks(isFresh: boolean): Promise<Checks>;
}
