/**
 * What is found amiss, for the screen with the checks.
 *
 * @module
 */

import { STATUS, type Status } from "../judge.ts";
import type { QueueReport } from "../queue_report.ts";

/** Something that was checked. */
export interface CheckFinding {
  readonly level: "ok" | "warning" | "error";
  /** What was checked, such as `queue`. */
  readonly area: string;
  readonly queue: string | null;
  /** A sentence. */
  readonly message: string;
  /** The command that mends it; `null` where none does. */
  readonly fix: string | null;
}

/** The findings of the checks, and what a monitoring system sees. */
export interface Checks {
  /** ISO 8601 */
  readonly at: string;
  /** How long they took. */
  readonly seconds: number;
  readonly findings: readonly CheckFinding[];
  readonly check: {
    readonly status: Status;
    /** The line that the command `check` prints. */
    readonly text: string;
  };
}

const LEVEL: Readonly<Record<Status, CheckFinding["level"]>> = {
  [STATUS.ok]: "ok",
  [STATUS.warning]: "warning",
  [STATUS.critical]: "error",
  [STATUS.unknown]: "error",
};

/** What is found of a queue by judging it. */
export function findingOf({ queue, status, state, reason, advice }: QueueReport): CheckFinding {
  const message = reason === "" ? `${queue} is ${state}` : `${queue}: ${reason}`;
  const isCommand = advice.startsWith("process-queue ");
  return { level: LEVEL[status], area: "queue", queue, message, fix: isCommand ? advice : null };
}
