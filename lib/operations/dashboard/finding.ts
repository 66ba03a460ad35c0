/**
 * What is found amiss, for the screen with the checks.
 *
 * @module
 */

import type { Finding } from "../doctor/finding.ts";
import { STATUS, type Status } from "../judge.ts";
import type { QueueReport } from "../queue_report.ts";

/** The findings of the checks, and what a monitoring system sees. */
export interface Checks {
  /** ISO 8601 */
  readonly at: string;
  /** How long they took. */
  readonly seconds: number;
  readonly findings: readonly Finding[];
  readonly check: {
    readonly status: Status;
    /** The line that the command `check` prints. */
    readonly text: string;
  };
}

const LEVEL: Readonly<Record<Status, Finding["level"]>> = {
  [STATUS.ok]: "ok",
  [STATUS.warning]: "warning",
  [STATUS.critical]: "error",
  [STATUS.unknown]: "error",
};

/** What is found of a queue by judging it. */
export function findingOf({ queue, status, state, reason, advice }: QueueReport): Finding {
  const message = reason === "" ? `${queue} is ${state}` : `${queue}: ${reason}`;
  const isCommand = advice.startsWith("process-queue ");
  return { level: LEVEL[status], area: "check", queue, message, fix: isCommand ? advice : null };
}
