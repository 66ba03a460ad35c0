/**
 * What the dashboard's routes ask of dead letters and waiting events. All of it happens beside the
 * main thread, on a connection of its own.
 *
 * @module
 */

import type { FailedFilter } from "../command_line/failed_filter.ts";
import type { SiftProgress } from "../engine/broker/sift.ts";
import type { FailedPage, RowQuery } from "../operations/failed/scan.ts";
import type { FailedEvent } from "../operations/failed/shown.ts";
import type { TaskEnd, TaskOrder } from "../operations/failed/task.ts";

/** An event that waits in a queue. */
export interface PeekedEvent {
  readonly id: string | null;
  /** ISO 8601. */
  readonly published_at: string | null;
  readonly bytes: number;
  readonly properties: unknown;
  readonly headers: unknown;
  readonly body?: string;
  readonly body_base64?: string;
}

/** The first events of a queue. */
export interface Peeked {
  readonly queue: string;
  /** How many are ready. */
  readonly of: number;
  readonly consumers: number;
  readonly events: readonly PeekedEvent[];
}

/** How a task is run. */
export interface RunOptions {
  /** Who asks for it. */
  readonly by: string;
  /** Ends it once what is under way is confirmed. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: SiftProgress) => void;
}

/**
 * Events of queues. Each method throws {@linkcode HttpError}: `not_found` for a queue or an event
 * that is not there, `conflict` where another has the events, `unavailable` where the broker is away.
 */
export interface FailedEvents {
  /**
   * Dead letters out of the last scan; without one it scans 10,000 first.
   *
   * @param isFresh Scan again.
   */
  page(queue: string, query: RowQuery, isFresh: boolean): Promise<FailedPage>;
  /** All of one dead letter. @param isRaw With its secrets. */
  show(queue: string, handle: string, isRaw: boolean): Promise<FailedEvent>;
  /**
   * Dead letters as lines of JSON, at most 10,000 and 64 MB.
   *
   * @param contains What their rows must contain besides.
   */
  lines(queue: string, filter: FailedFilter, contains?: string): Promise<Uint8Array<ArrayBuffer>>;
  /** The first events that wait. @param countsDelivery Also where a look counts as a delivery. */
  peek(queue: string, limit: number, countsDelivery: boolean): Promise<Peeked>;
  /** Refuses an order that cannot be carried out, before it becomes a task. */
  check(order: TaskOrder): Promise<void>;
  /** Carries a task out. */
  run(order: TaskOrder, options: RunOptions): Promise<TaskEnd>;
}
