/**
 * The table of `queues`.
 *
 * @module
 */

import type { QueuesCommand } from "../../command_line/process_commands.ts";
import { duration, grouped } from "../../command_line/terminal/humanize.ts";
import { type Column, table } from "../../command_line/terminal/table.ts";
import { cutEnd, printable, widthOf } from "../../command_line/terminal/text.ts";
import { counted } from "../../errors/counted.ts";
import type { QueueReport } from "../../operations/queue_report.ts";
import type { Gathered, SeenBroker } from "./gather.ts";

const COLUMNS: readonly Column[] = [
  { title: "QUEUE", shrinks: true },
  { title: "READY", align: "right" },
  { title: "RETRY", align: "right" },
  { title: "FAILED", align: "right" },
  { title: "CONS", align: "right" },
  { title: "RATE/s", align: "right" },
  { title: "WAIT99", align: "right" },
  { title: "OLDEST", align: "right" },
  { title: "STATE" },
];
const CUT = "… stands for what is cut: queues --json has all of it";

/** The orders of queues. */
export const ORDERS: Readonly<
  Record<QueuesCommand["sort"], (a: QueueReport, b: QueueReport) => number>
> = {
  name: (a, b) => a.queue < b.queue ? -1 : 1,
  ready: (a, b) => (b.ready ?? -1) - (a.ready ?? -1),
  failed: (a, b) => (b.failed ?? -1) - (a.failed ?? -1),
  state: (a, b) => b.status - a.status,
};

/** The lines of one queue: its row, and what is the matter. */
export interface QueueLines {
  readonly report: QueueReport;
  readonly row: string;
  /** `undefined` where nothing is the matter. */
  readonly reason: string | undefined;
}

/** The head of the table, and the lines of each queue, none wider than `width`. */
export function tableLines(
  reports: readonly QueueReport[],
  width: number,
): { readonly head: string; readonly queues: readonly QueueLines[] } {
  const [head = "", ...rows] = table(COLUMNS, reports.map(cells), width);
  const queues = reports.map((report, index) => {
    const { reason, advice } = report;
    const text = printable(`  ${advice === "" ? reason : `${reason}; ${advice}`}`);
    return {
      report,
      row: rows[index] ?? "",
      reason: reason === "" ? undefined : cutEnd(text, width),
    };
  });
  return { head, queues };
}

/** The answer for people. @param showsAll Whether queues that are ok have lines of their own. */
export function queuesLines(found: Gathered, showsAll: boolean, width: number): string[] {
  const shown = found.reports.filter(({ state }) => showsAll || state !== "ok");
  const { head, queues } = tableLines(shown, width);
  const lines = queues.flatMap(({ row, reason }) => reason === undefined ? [row] : [row, reason]);
  const isCut = lines.some((line) => line.includes("…") && widthOf(line) >= width);
  return [head, ...lines, summary(found), ...(isCut ? [CUT] : [])];
}

/** The last line: how many queues there are in which states, the broker and the processes. */
export function summary({ reports, processes, silent, broker }: Gathered): string {
  const unanswered = silent === 0 ? "" : `, ${silent} of them did not answer`;
  const asked = counted(processes.length + silent, "process", "processes");
  return `${counted(reports.length, "queue")}${statesText(reports)}. ${
    brokerText(broker)
  }, ${asked} on this host${unanswered}`;
}

function brokerText({ kind, version, up }: SeenBroker): string {
  const name = kind === "embedded" ? "Embedded broker" : `RabbitMQ ${version ?? ""}`.trim();
  return up ? name : `${name} unavailable`;
}

function cells(report: QueueReport): string[] {
  const { queue, ready, retrying, failed, consumers, wait_p99, oldest_seconds, state } = report;
  return [
    queue,
    grouped(ready),
    grouped(retrying),
    report.failed_is_being_repaired ? "being repaired" : grouped(failed),
    grouped(consumers),
    rateText(report.rate),
    duration(wait_p99),
    oldest_seconds === null && ready === 0
      ? ""
      : (report.oldest_is_estimate ? "~" : "") + duration(oldest_seconds),
    state,
  ];
}

function rateText(rate: number | null): string {
  if (rate === null) return "?";
  return rate < 9.95 ? String(Number(rate.toFixed(1))) : grouped(Math.round(rate));
}

function statesText(reports: readonly QueueReport[]): string {
  const counts = new Map<string, number>();
  for (const { state } of reports) counts.set(state, (counts.get(state) ?? 0) + 1);
  const texts = [...counts].map(([state, count]) => `${count} ${state}`);
  return texts.length === 0 ? "" : `: ${texts.join(", ")}`;
}
