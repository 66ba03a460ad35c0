/**
 * The report of a run of the crash suite.
 *
 * @module
 */

import { RabbitmqCluster } from "../rabbitmq.ts";
import type { Seen, Verdict } from "./checker.ts";
import { median, type Recovery } from "./recovery.ts";

/** What keeps the events: one node of RabbitMQ, three nodes, or the embedded broker. */
export const BROKERS = ["rabbitmq", "cluster", "embedded"] as const;

/** One of {@linkcode BROKERS}. */
export type BrokerName = typeof BROKERS[number];

/** Which broker a server is. @param server `undefined` for the embedded broker. */
export function nameOfBroker(server: object | undefined): BrokerName {
  if (!server) return "embedded";
  return server instanceof RabbitmqCluster ? "cluster" : "rabbitmq";
}

/** The result of a run. */
export interface Result<Of = Verdict> {
  readonly broker: BrokerName;
  readonly seconds: number;
  readonly seed: number;
  /** The run used the engine that loses events, or the worker that loses mails. */
  readonly isBroken: boolean;
  readonly verdict: Of;
  readonly recoveries: readonly Recovery[];
  /** How many events may or may not have been stored, by the reason. */
  readonly unconfirmed: Readonly<Record<string, number>>;
  /** Descriptions of what went wrong, besides the verdict. */
  readonly problems: readonly string[];
}

/** The most events that the report names. */
const MAX_NAMED = 20;
/** Width of the first column. */
const WIDTH = 18;

/** Reports whether nothing was lost, nothing waits, and nothing else went wrong. */
export function isGood({ verdict, problems }: Result): boolean {
  const { lost, waiting, withoutReason } = verdict;
  return [lost, waiting, withoutReason, problems].every(({ length }) => length === 0);
}

/** The lines of the report. */
export function report(result: Result): string[] {
  return [
    ...counts(result),
    "",
    ...faultLines(result.recoveries, "until it consumes again"),
    "",
    ...traces("waits", result.verdict.waiting),
    ...traces("lost", result.verdict.lost),
    ...result.problems.map((problem) => `PROBLEM: ${problem}`),
    `${isGood(result) ? "passed" : "FAILED"}; to repeat this run: ${command(result)}`,
  ];
}

function counts({ verdict, unconfirmed }: Result): string[] {
  const { published, processed, duplicates, deadLettered, reasons, withoutReason } = verdict;
  const { waiting, lost } = verdict;
  return [
    row("published", published),
    row("not confirmed", total(unconfirmed), reasonsText(unconfirmed)),
    row("processed", processed),
    row("duplicates", duplicates),
    row("dead-lettered", deadLettered, reasonsText(reasons)),
    row("waiting", waiting.length),
    row("lost", lost.length),
    ...(withoutReason.length === 0
      ? []
      : [row("without a reason", withoutReason.length, named(withoutReason))]),
  ];
}

/** A line for each event: where it was last seen. */
function traces(what: string, events: readonly Seen[]): string[] {
  const more = events.length - MAX_NAMED;
  return [
    ...events.slice(0, MAX_NAMED).map(({ id, last }) => `${what}: ${id}, ${last}`),
    ...(more > 0 ? [`${what}: ${more} more`] : []),
  ];
}

/** A line of the report: a number and what it counts. */
export function row(name: string, count: number, note = ""): string {
  return `${name.padEnd(WIDTH)}  ${String(count).padStart(6)}  ${note}`.trimEnd();
}

/** A line for each kind of fault. @param until What ends a recovery. */
export function faultLines(recoveries: readonly Recovery[], until: string): string[] {
  const times = recoveries.flatMap(({ times }) => times);
  const count = recoveries.reduce((sum, { count }) => sum + count, 0);
  return [
    `${"faults".padEnd(WIDTH)}   count  ${until}: p50   max`,
    ...[...recoveries, { kind: "all", count, times }].map(faultRow),
  ];
}

function faultRow({ kind, count, times }: Recovery): string {
  const [middle, most] = [median(times), times.length === 0 ? undefined : Math.max(...times)];
  return row(kind, count, `${seconds(middle).padStart(25)} ${seconds(most).padStart(8)}`);
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? "-" : `${(ms / 1000).toFixed(2)} s`;
}

function command({ broker, seconds, seed, isBroken }: Result): string {
  const options = `--broker ${broker} --seconds ${seconds} --seed ${seed}`;
  return `deno task crash ${options}${isBroken ? " --broken" : ""}`;
}

/** Numbers with their reasons. */
export function reasonsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts).map(([reason, count]) => `${count} ${reason}`).join(", ");
}

/** The sum. */
export function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** At most 20 of the names. */
export function named(ids: readonly string[]): string {
  const more = ids.length > MAX_NAMED ? ` and ${ids.length - MAX_NAMED} more` : "";
  return ids.slice(0, MAX_NAMED).join(" ") + more;
}
