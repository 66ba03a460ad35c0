/**
 * The report of a run with missed messages.
 *
 * @module
 */

import type { DatabaseName } from "../mail/report.ts";
import { type BrokerName, named, row } from "../report.ts";
import { growthOf, isFlat, type MemorySample, memoryText } from "./memory.ts";
import type { MissedVerdict } from "./verdict.ts";

/** The result of a run. */
export interface MissedResult {
  readonly broker: BrokerName;
  readonly database: DatabaseName;
  /** Whether the mails were sent, so that the SMTP server's are counted. */
  readonly isSent: boolean;
  readonly users: number;
  readonly verdict: MissedVerdict;
  readonly kills: number;
  /** Events that were committed, and left in the outbox by a process that was killed. */
  readonly leftInOutbox: number;
  /** How long the rows took, in s. */
  readonly seconds: number;
  /** Of the process that is not killed at intervals. */
  readonly memory: readonly MemorySample[];
  /** Descriptions of what went wrong, besides the verdict. */
  readonly problems: readonly string[];
}

/** Whether each row was mailed once, in memory that does not grow, and nothing else went wrong. */
export function isGoodMissed({ verdict, memory, problems }: MissedResult): boolean {
  const { lost, twice } = verdict;
  return [lost, twice, problems].every(({ length }) => length === 0) && isFlat(growthOf(memory));
}

/** The lines of the report. */
export function missedReport(result: MissedResult): string[] {
  const { verdict, memory, problems } = result;
  const growth = growthOf(memory);
  return [
    ...counts(result),
    "",
    `memory: ${memoryText(memory)}`,
    ...(isFlat(growth) ? [] : [`grows by ${growth} MB`]),
    ...list("not mailed", verdict.lost),
    ...list("mailed twice", verdict.twice),
    ...problems.map((problem) => `PROBLEM: ${problem}`),
    `${isGoodMissed(result) ? "passed" : "FAILED"}; to repeat this run: ${command(result)}`,
  ];
}

function counts({ verdict, users, kills, leftInOutbox, seconds, isSent }: MissedResult): string[] {
  const rate = Math.round(verdict.rows / Math.max(seconds, 0.1));
  return [
    row("rows", verdict.rows, `${rate}/s, the start of the processes among it`),
    row("users", users),
    row("mails", verdict.mails, isSent ? "received by the SMTP server" : "events of email_senders"),
    row("published again", verdict.again, "with the same id, so that one is sent"),
    row("SIGKILL", kills),
    row("left in the outbox", leftInOutbox, "by a process that was killed"),
    row("mailed twice", verdict.twice.length),
    row("not mailed", verdict.lost.length),
  ];
}

function list(what: string, rows: readonly number[]): string[] {
  return rows.length === 0 ? [] : [`${what}: ${named(rows.map(String))}`];
}

function command({ broker, database, verdict, users, isSent }: MissedResult): string {
  const options = `--missed --broker ${broker} --database ${database}`;
  return `deno task crash ${options} --rows ${verdict.rows} --users ${users}${
    isSent ? " --send" : ""
  }`;
}
