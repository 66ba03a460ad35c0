/**
 * The command `check`: the queues for Nagios and its like.
 *
 * @module
 */

import { chmodSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CheckCommand } from "../../command_line/process_commands.ts";
import { grouped } from "../../command_line/terminal/humanize.ts";
import { cutEnd, printable } from "../../command_line/terminal/text.ts";
import type { Config } from "../../config/config.ts";
import { counted, nounFor } from "../../errors/counted.ts";
import { errorData } from "../../errors/error_data.ts";
import { isoTime, SCHEMA } from "../../monitoring/snapshot.ts";
import { STATUS, type Status } from "../../operations/judge.ts";
import type { QueueReport } from "../../operations/queue_report.ts";
import { demandsOn } from "../../operations/thresholds.ts";
import type { Services } from "../services.ts";
import { gather, nothingKnown } from "./gather.ts";

const NAMES = ["OK", "WARNING", "CRITICAL", "UNKNOWN"] as const;
/** The worst first. */
const ORDER: readonly Status[] = [
  STATUS.critical,
  STATUS.unknown,
  STATUS.warning,
  STATUS.ok,
];
/** The most columns that the first line has for a queue; the queue's own line has all. */
const MOST_WIDTH = 120;
const STATE_FILE = "check-process-queue-results";

/**
 * Checks the queues.
 *
 * @returns Nagios's code, 0 to 3. With a state file 0, or 3 where it cannot be written.
 * @throws {UsageError} For a queue that has no worker here and is not on the broker.
 */
export async function runCheck(
  { queues, failedLimit, stateFile, perfdataQueues, json, timeoutSeconds }: CheckCommand,
  config: Config,
  services: Services,
): Promise<number> {
  const options = { queues, failedLimit: failedLimit ?? null, timeoutSeconds };
  const { reports } = await gather(options, config, services);
  const status = worst(reports);
  const [message = "", ...details] = reports.length === 0
    ? [`QUEUES ${NAMES[status]} - ${plain(nothingKnown(config))}`]
    : checkLines(reports, perfdataQueues, config);
  const value = { schema: SCHEMA, at: isoTime(Date.now()), status, queues: reports };
  if (json) services.print(JSON.stringify(value));
  else for (const line of [message, ...details]) services.print(line);
  if (stateFile === undefined) return status;
  try {
    writeState(stateFile, status, message.split(" | ")[0] ?? "");
    return STATUS.ok;
  } catch (error) {
    services.warn(`--state-file ${stateFile} cannot be written: ${errorData(error).message}`);
    return STATUS.unknown;
  }
}

/** The worst status, in the order CRITICAL, UNKNOWN, WARNING, OK; UNKNOWN where there is no queue. */
export function worst(reports: readonly QueueReport[]): Status {
  if (reports.length === 0) return STATUS.unknown;
  return ORDER.find((status) => reports.some((report) => report.status === status)) ?? STATUS.ok;
}

/** The plugin's output: a line with what is the matter and numbers, then a line a queue. */
export function checkLines(
  reports: readonly QueueReport[],
  perfdataQueues: number,
  config: Pick<Config, "queues">,
): string[] {
  const status = worst(reports);
  const sorted = reports.toSorted((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status));
  const bad = sorted.filter((report) => report.status !== STATUS.ok);
  const texts = bad.map((report) => plain(`${report.queue}: ${textOf(report)}`));
  const text = texts.map((each) => cutEnd(each, MOST_WIDTH)).join("; ");
  const fine = `${counted(reports.length, "queue")} normal`;
  const numbers = sorted.slice(0, perfdataQueues).flatMap((report) => perfdata(report, config));
  return [
    `QUEUES ${NAMES[status]} - ${text || fine}` +
    (numbers.length === 0 ? "" : ` | ${numbers.join(" ")}`),
    ...sorted.map((report) =>
      plain(
        `${NAMES[report.status]} ${report.queue}: ${textOf(report)}, ` +
          `${grouped(report.ready)} ready, ${failedText(report)}, ` +
          `${grouped(report.consumers)} ${nounFor(report.consumers ?? 0, "consumer")}` +
          adviceOf(report),
      )
    ),
  ];
}

/** What to do, which also leads to the whole of an error that is cut. */
function adviceOf({ advice }: QueueReport): string {
  return advice === "" ? "" : `; ${advice}`;
}

function textOf({ state, reason }: QueueReport): string {
  return reason === "" ? state : `${state}: ${reason}`;
}

function failedText({ failed, failed_is_being_repaired }: QueueReport): string {
  return failed_is_being_repaired ? "failed being repaired" : `${grouped(failed)} failed`;
}

function perfdata(report: QueueReport, { queues }: Pick<Config, "queues">): string[] {
  const { warning, critical } = demandsOn(report.queue, queues).thresholds;
  const name = plain(report.queue).replaceAll(/[='\s]/g, "_");
  const { ready, clear_seconds: clear } = report;
  return [
    ...(ready === null ? [] : [`'${name}_ready'=${ready};;;0`]),
    ...(clear === null ? [] : [`'${name}_clear'=${Math.round(clear)}s;${warning};${critical};0`]),
  ];
}

/** Without what has a meaning to Nagios. */
function plain(text: string): string {
  return printable(text).replaceAll("|", "/").replaceAll("'", "`");
}

/** Another program sees the old file or the whole new one. */
function writeState(path: string, status: Status, message: string): void {
  const file = isFolder(path) ? join(path, STATE_FILE) : path;
  const draft = `${file}.${crypto.randomUUID()}.tmp`;
  const seconds = Math.floor(Date.now() / 1000);
  const text = `${seconds}|${status}|${NAMES[status]}|${message}\n`;
  try {
    writeFileSync(draft, text, { flag: "wx" });
    chmodSync(draft, 0o644);
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
