/**
 * What is reported of an event that has been settled.
 *
 * @module
 */

import type { RunTime } from "../../executor/executor.ts";
import type { SettledReport } from "../../report.ts";
import type { EventSecrets } from "../../settle/event_secrets.ts";
import type { Outcome, Settlement } from "../../settle/outcome.ts";
import type { Entry } from "../entry.ts";

/** How an event came to its end, for now or for good. */
export interface Ending {
  readonly settlement: Settlement;
  /** What its run came to; `undefined` when no executor had it. */
  readonly outcome: Outcome | undefined;
  readonly time: RunTime;
}

/** What each settlement is called once it has been carried out. */
const NAMES = {
  done: "processed",
  release: "released",
  republish: "released",
  retry: "retried",
  fail: "failed",
} as const;

/**
 * The report of an event that has been settled.
 *
 * @param inFlight How many deliveries of the queue are still unsettled.
 * @param dayOffset The time of day, in ms since 1970, when `performance.now()` was 0.
 */
export function settledReport(
  queue: string,
  entry: Entry,
  ending: Ending,
  inFlight: number,
  dayOffset: number,
): SettledReport {
  const { settlement, outcome, time: { startedAt, runMs, shareMs } } = ending;
  const report: SettledReport = {
    kind: "settled",
    queue,
    id: entry.id,
    outcome: outcomeName(settlement, outcome),
    attempt: outcome && "attempt" in outcome ? outcome.attempt : entry.attempt,
    waitMs: waitMs(entry, startedAt, dayOffset),
    runMs,
    shareMs,
    bytes: entry.bytes,
    inFlight,
  };
  const cause = causeOf(entry, settlement, outcome);
  const known = cause ? { ...report, ...cause } : report;
  return queuedAt(entry) > 0 ? known : { ...known, hasNoTime: true };
}

/** The report without the secrets in its body. */
export function shownReport(report: SettledReport, secrets: EventSecrets): SettledReport {
  const { body, reason } = report;
  if (body === undefined) return report;
  return { ...report, body: secrets.shownBody(body, reason === "invalid") };
}

/** Whether the event comes again, and nothing is counted. */
export function isUncounted(settlement: Settlement): boolean {
  const { kind } = settlement;
  return kind === "release" || kind === "republish" || isWaiting(settlement);
}

/** Whether the event was not run and only waits on for its time. */
function isWaiting(settlement: Settlement): boolean {
  return settlement.kind === "retry" && settlement.waiting === true;
}

/** What only waits on was not run: it is reported as released. */
function outcomeName(
  settlement: Settlement,
  outcome: Outcome | undefined,
): SettledReport["outcome"] {
  if (outcome?.kind === "discarded") return "discarded";
  return NAMES[isWaiting(settlement) ? "release" : settlement.kind];
}

function causeOf(
  entry: Entry,
  settlement: Settlement,
  outcome: Outcome | undefined,
): Partial<SettledReport> | undefined {
  if (settlement.kind === "done") {
    return outcome?.kind === "discarded" ? { error: outcome.error } : undefined;
  }
  if (!("reason" in settlement) || isWaiting(settlement)) return undefined;
  const { reason, error } = settlement;
  const cause = { reason, error, body: entry.content };
  return settlement.kind === "retry" ? { ...cause, delay: settlement.delay } : cause;
}

/** When the event came into its queue, in ms since 1970: what it spent as a dead letter is no wait. */
function queuedAt({ publishedAt, retriedAt }: Pick<Entry, "publishedAt" | "retriedAt">): number {
  return Math.max(publishedAt, retriedAt);
}

function waitMs(entry: Entry, startedAt: number, dayOffset: number): number {
  const at = queuedAt(entry);
  const since = at > 0 ? at - dayOffset : entry.receivedAt;
  return Math.max(0, startedAt - since);
}
