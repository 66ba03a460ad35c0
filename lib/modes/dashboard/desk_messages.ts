/**
 * What the main thread and the thread of the dashboard say to each other.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import type { SiftProgress } from "../../engine/broker/sift.ts";
import type { Report } from "../../engine/report.ts";
import type { FailedFilter } from "../../command_line/failed_filter.ts";
import type { RowQuery } from "../../operations/failed/scan.ts";
import type { TaskOrder } from "../../operations/failed/task.ts";
import type { ErrorCode } from "../../server/http_error.ts";
import type { KnownQueue } from "../services.ts";

/** What the thread starts with. */
export interface DeskData {
  readonly config: Config;
  /** The connection's name in the broker's lists. */
  readonly name: string;
}

/** How much of a queue's events may be shown: without these secrets; `null`: types and lengths only. */
export type Secrets = readonly string[] | null;

/** What is asked. */
export type DeskRequest =
  | {
    readonly kind: "page";
    readonly queue: string;
    readonly secrets: Secrets;
    readonly query: RowQuery;
    readonly isFresh: boolean;
  }
  | {
    readonly kind: "show";
    readonly queue: string;
    readonly secrets: Secrets;
    readonly handle: string;
    readonly isRaw: boolean;
  }
  | {
    readonly kind: "lines";
    readonly queue: string;
    readonly secrets: Secrets;
    readonly filter: FailedFilter;
    readonly contains: string | undefined;
  }
  | {
    readonly kind: "peek";
    readonly queue: string;
    readonly secrets: Secrets;
    readonly limit: number;
    readonly countsDelivery: boolean;
  }
  /** Checks an event against the schema of its worker. */
  | { readonly kind: "fits"; readonly worker: KnownQueue; readonly body: string }
  | {
    readonly kind: "task";
    readonly secrets: Secrets;
    readonly order: TaskOrder;
    /** Who asks, for the headers of what is put back and for the file of what is dropped. */
    readonly by: string;
  };

/** A message to the thread. */
export type ToDesk =
  | readonly ["ask", id: number, request: DeskRequest]
  | readonly ["abort", id: number]
  /** Ends what is under way, and closes the connection. */
  | readonly ["close"];

/** What the thread says. */
export type FromDesk =
  | readonly ["progress", id: number, progress: SiftProgress]
  | readonly ["answer", id: number, value: unknown]
  | readonly ["error", id: number, code: ErrorCode, message: string]
  | readonly ["report", report: Report]
  | readonly ["closed"];
