/**
 * The command `queues`: all queues with their state.
 *
 * @module
 */

import type { QueuesCommand } from "../../command_line/process_commands.ts";
import { duration, grouped } from "../../command_line/terminal/humanize.ts";
import { type Column, table } from "../../command_line/terminal/table.ts";
import { cutEnd, printable } from "../../command_line/terminal/text.ts";
import { type Screen, standardScreen, watch } from "../../command_line/terminal/watch.ts";
import type { Config } from "../../config/config.ts";
import { counted } from "../../errors/counted.ts";
import { isoTime, SCHEMA } from "../../monitoring/snapshot.ts";
import type { QueueReport } from "../../operations/queue_report.ts";
import { EXIT } from "../../system/signals.ts";
import { printLine } from "../../system/standard_streams.ts";
import type { Services } from "../services.ts";
import { gather, type Gathered } from "./gather.ts";

const COLUMNS: readonly Column[] = [
  { title: "QUEUE", shrinks: true },
  { title: "READY", align: "right" },
  { title: "RETRY", align: "right" },
  { title: "FAILED", align: "right" },
  { title: "CONS", align: "right" },
  { title: "WAIT99", align: "right" },
  { title: "OLDEST", align: "right" },
  { title: "STATE" },
];
/** With more queues those that are ok share one line. */
const MANY = 20;

const ORDERS: Readonly<Record<QueuesCommand["sort"], (a: QueueReport, b: QueueReport) => number>> =
  {
    name: (a, b) => a.queue < b.queue ? -1 : 1,
    ready: (a, b) => (b.ready ?? -1) - (a.ready ?? -1),
    failed: (a, b) => (b.failed ?? -1) - (a.failed ?? -1),
    state: (a, b) => b.status - a.status,
  };

/**
 * Shows the queues.
 *
 * @returns 0, or 1 where nothing is known of a queue.
 * @throws {UsageError} For a queue that has no worker here and is not on the broker.
 */
export async function runQueues(
  { queues, watchSeconds, all, sort, json, timeoutSeconds }: QueuesCommand,
  config: Config,
  services: Services,
  screen: Screen = standardScreen(printLine),
): Promise<number> {
  const isCleared = screen.isTerminal && !json;
  return await watch({ ...screen, isTerminal: isCleared }, watchSeconds, async () => {
    const found = await gather({ queues, failedLimit: null, timeoutSeconds }, config, services);
    const reports = found.reports.toSorted(ORDERS[sort]);
    const isKnown = reports.every(({ state }) => state !== "unknown");
    const code = isKnown ? EXIT.stopped : EXIT.failed;
    if (json) {
      const value = { schema: SCHEMA, at: isoTime(Date.now()), queues: reports };
      return { lines: [JSON.stringify(value)], code };
    }
    const showsAll = all || queues.length > 0 || reports.length <= MANY;
    return { lines: queuesLines({ ...found, reports }, showsAll, screen.width), code };
  });
}

/** The answer for people. @param showsAll Whether queues that are ok have lines of their own. */
export function queuesLines(
  { reports, processes, silent }: Gathered,
  showsAll: boolean,
  width: number,
): string[] {
  const shown = reports.filter(({ state }) => showsAll || state !== "ok");
  const [head = "", ...rows] = table(COLUMNS, shown.map(cells), width);
  const unanswered = silent === 0 ? "" : `, ${silent} of them did not answer`;
  const asked = processes.length + silent;
  return [
    head,
    ...shown.flatMap(({ reason, advice }, index) => {
      const row = rows[index] ?? "";
      if (reason === "") return [row];
      const text = advice === "" ? reason : `${reason}; ${advice}`;
      return [row, cutEnd(printable(`  ${text}`), width)];
    }),
    `${counted(reports.length, "queue")}${statesText(reports)}. ${
      asked === 1 ? "1 process" : `${asked} processes`
    } on this host${unanswered}`,
  ];
}

function cells(report: QueueReport): string[] {
  const { queue, ready, retrying, failed, consumers, wait_p99, oldest_seconds, state } = report;
  return [
    queue,
    grouped(ready),
    grouped(retrying),
    report.failed_is_being_repaired ? "being repaired" : grouped(failed),
    grouped(consumers),
    duration(wait_p99),
    oldest_seconds === null && ready === 0
      ? ""
      : (report.oldest_is_estimate ? "~" : "") + duration(oldest_seconds),
    state,
  ];
}

function statesText(reports: readonly QueueReport[]): string {
  const counts = new Map<string, number>();
  for (const { state } of reports) counts.set(state, (counts.get(state) ?? 0) + 1);
  const texts = [...counts].map(([state, count]) => `${count} ${state}`);
  return texts.length === 0 ? "" : `: ${texts.join(", ")}`;
}
