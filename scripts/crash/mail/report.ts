/**
 * The report of a run with mails.
 *
 * @module
 */

import { faultLines, named, reasonsText, type Result, row, total } from "../report.ts";
import type { MailVerdict } from "./verdict.ts";

/** What keeps the records. */
export const DATABASES = ["postgres", "sqlite"] as const;

/** One of {@linkcode DATABASES}. */
export type DatabaseName = typeof DATABASES[number];

/** The result of a run. */
export interface MailResult extends Result<MailVerdict> {
  readonly database: DatabaseName;
}

/** Whether nothing was lost or done twice, nothing waits, and nothing else went wrong. */
export function isGoodMail({ verdict, problems }: MailResult): boolean {
  const { lost, waiting, withoutReason, countedTwice, twice } = verdict;
  return [lost, waiting, withoutReason, countedTwice, twice.unexplained, problems]
    .every(({ length }) => length === 0);
}

/** The lines of the report. */
export function mailReport(result: MailResult): string[] {
  const { verdict, recoveries, problems } = result;
  return [
    ...counts(result),
    "",
    ...faultLines(recoveries, "until a mail comes again"),
    "",
    ...list("lost", verdict.lost),
    ...list("received twice", verdict.twice.unexplained),
    ...list("counted twice", verdict.countedTwice),
    ...list("waits", verdict.waiting),
    ...list("failed without a reason", verdict.withoutReason),
    ...problems.map((problem) => `PROBLEM: ${problem}`),
    `${isGoodMail(result) ? "passed" : "FAILED"}; to repeat this run: ${command(result)}`,
  ];
}

function counts({ verdict, unconfirmed }: MailResult): string[] {
  const { published, received, twice, anonymousTwice, failed, reasons, waiting, lost } = verdict;
  const { countedTwice } = verdict;
  const again = twice.explained + twice.unexplained.length;
  return [
    row("published", published),
    row("not confirmed", total(unconfirmed), reasonsText(unconfirmed)),
    row("mails received", received),
    row("received twice", again, `${twice.explained} of them with "maybe sent" in a log`),
    row("twice, without id", anonymousTwice),
    row("counted twice", countedTwice.length),
    row("failed", failed, reasonsText(reasons)),
    row("waiting", waiting.length),
    row("lost", lost.length),
  ];
}

function list(what: string, names: readonly string[]): string[] {
  return names.length === 0 ? [] : [`${what}: ${named(names)}`];
}

function command({ broker, database, seconds, seed, isBroken }: MailResult): string {
  const options = `--mail --broker ${broker} --database ${database}`;
  const more = `--seconds ${seconds} --seed ${seed}${isBroken ? " --broken" : ""}`;
  return `deno task crash ${options} ${more}`;
}
