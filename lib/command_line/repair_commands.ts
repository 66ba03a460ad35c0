/**
 * The commands that look at the events of queues, and repair them.
 *
 * @module
 */

import type { Common } from "./common.ts";
import type { FailedFilter } from "./failed_filter.ts";

/** What all commands about dead letters have. */
interface FailedCommon extends Common {
  readonly mode: "failed";
  readonly queue: string;
  readonly json: boolean;
  /** Look where each look counts as a delivery. */
  readonly countsDelivery: boolean;
}

/** Count dead letters by cause. */
export interface FailedGroupsCommand extends FailedCommon {
  readonly action: "groups";
  /** How many to look at. */
  readonly scan: number;
}

/** List dead letters. */
export interface FailedListCommand extends FailedCommon {
  readonly action: "list";
  readonly filter: FailedFilter;
  /** The most to list. */
  readonly limit: number;
}

/** Show all of one dead letter. */
export interface FailedShowCommand extends FailedCommon {
  readonly action: "show";
  readonly handle: string;
  /** Its body and nothing else, with all secrets. */
  readonly raw: boolean;
}

/** What commands that remove dead letters have. */
interface FailedRepairCommon extends FailedCommon {
  readonly filter: FailedFilter;
  /** Whether `--all` or a filter was given. */
  readonly isChosen: boolean;
  /** The most to remove; `undefined`: all. */
  readonly limit: number | undefined;
  /** The most in a second; `undefined`: no bound. */
  readonly rate: number | undefined;
  readonly dryRun: boolean;
  /** Do not ask. */
  readonly yes: boolean;
}

/** Put dead letters back. */
export interface FailedRetryCommand extends FailedRepairCommon {
  readonly action: "retry";
  /** `undefined`: their own queue. */
  readonly to: string | undefined;
  /** The file with another body for one event. */
  readonly bodyFile: string | undefined;
  /** The file to write them to; `undefined`: none. */
  readonly save: string | undefined;
}

/** Delete dead letters. */
export interface FailedDropCommand extends FailedRepairCommon {
  readonly action: "drop";
  /** The file to write them to; `undefined`: one in `STATE_DIR`; `false`: none. */
  readonly save: string | false | undefined;
}

/** Look at dead letters, put them back, or delete them. */
export type FailedCommand =
  | FailedGroupsCommand
  | FailedListCommand
  | FailedShowCommand
  | FailedRetryCommand
  | FailedDropCommand;

/** Show events that wait. */
export interface PeekCommand extends Common {
  readonly mode: "peek";
  readonly queue: string;
  readonly json: boolean;
  /** Look where each look counts as a delivery. */
  readonly countsDelivery: boolean;
  /** The most to show. */
  readonly limit: number;
}

/** Delete events that wait. */
export interface PurgeCommand extends Common {
  readonly mode: "purge";
  readonly queues: readonly string[];
  /** All queues that have a worker. */
  readonly all: boolean;
  /** The file to write them to; `undefined`: none. */
  readonly save: string | undefined;
  /** Dead letters too. */
  readonly includeFailed: boolean;
  /** Events that wait for a retry too. */
  readonly includeRetrying: boolean;
  /** Do not ask. */
  readonly yes: boolean;
  readonly json: boolean;
}
