/**
 * Gathers what the commands `queues`, `check` and `doctor` report: one look at the broker and the
 * processes.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../../config/config.ts";
import { queueKey } from "../../config/queue_key.ts";
import { FILE_NAME } from "../../engine/broker/sqlite/file_name.ts";
import { shardName } from "../../engine/host/shards.ts";
import { errorData } from "../../errors/error_data.ts";
import { unknownQueue } from "../../errors/usage_error.ts";
import type { BrokerSnapshot, ProcessSnapshot } from "../../monitoring/snapshot.ts";
import { BrokerLooks, noLook, type QueueLook } from "../../operations/broker_look.ts";
import { PausedQueues } from "../../operations/paused.ts";
import { type Observed, type QueueReport, reportOn } from "../../operations/queue_report.ts";
import { History } from "../../operations/sampler.ts";
import { readStatistics } from "../../operations/statistics_facts.ts";
import { demandsOn } from "../../operations/thresholds.ts";
import { TOO_LATE, within } from "../../system/deadline.ts";
import { type Asked, hasAnswered, Processes } from "../control/processes.ts";
import { whyEmbedded } from "../place.ts";
import type { Services } from "../services.ts";

/** What is asked. */
export interface GatherOptions {
  /** Only these queues; empty: all. */
  readonly queues: readonly string[];
  readonly failedLimit: number | null;
  readonly timeoutSeconds: number;
  /**
   * What earlier calls have seen, by queue, which shows rates and ages.
   * @default {what the processes have seen}
   */
  readonly histories?: Map<string, History>;
}

/** The broker, as the command sees it. */
export type SeenBroker = Pick<BrokerSnapshot, "kind" | "version" | "up">;

/** All that was found. */
export interface Gathered {
  readonly reports: readonly QueueReport[];
  readonly processes: readonly ProcessSnapshot[];
  /** How many processes did not answer. */
  readonly silent: number;
  readonly broker: SeenBroker;
}

/**
 * Looks at queues. What the broker does not say is in the reports. It makes no file of the embedded
 * broker.
 *
 * @throws {UsageError} For a queue that has no worker here and is not on the broker.
 */
export async function gather(
  { queues, failedLimit, timeoutSeconds, histories }: GatherOptions,
  config: Config,
  services: Pick<Services, "listQueues" | "openBroker">,
): Promise<Gathered> {
  const known = (await services.listQueues(config.workersDir)).map(({ name }) => name);
  const asking = new Processes(config, timeoutSeconds);
  const asked = await asking.snapshots();
  const processes = asked.filter(hasAnswered).map(({ answer }) => answer);
  const running = runningQueues(processes);
  const usual = usualQueues(known, processes, config);
  const names = [...new Set(queues.length > 0 ? queues : usual)].sort();
  const { looks, broker } = await lookAt(names, config, services, timeoutSeconds);
  const lost = queues.find((name) => {
    const look = looks.get(name);
    return look?.problem === null && !look.exists && ![...known, ...usual].includes(name);
  });
  if (lost !== undefined) throw unknownQueue(lost, known);
  const paused = new PausedQueues(config.stateDir);
  const now = Date.now();
  const observed = histories ? new Map() : await observedByProcesses(asking, asked);
  const reports = names.flatMap((queue) => {
    const look = looks.get(queue) ?? noLook("the broker was not asked");
    const isThere = look.exists || look.problem !== null || running.includes(queue);
    if (!isThere && queues.length === 0) return [];
    const stored = paused.read(queue, now);
    const pause = stored.kind === "paused" ? stored.pause : null;
    const statistics = readStatistics(config.statsDir, queue);
    const history = histories && historyOf(queue, histories);
    if (look.problem === null) history?.add(look, processes, performance.now());
    const trend = history?.trend ?? null;
    const sources = { queue, look, processes, pause, statistics, trend, now };
    const options = { ...demandsOn(queue, config.queues), failedLimit };
    return [reportOn(sources, options, history?.observed ?? observed.get(queue))];
  });
  return { reports, processes, silent: asked.length - processes.length, broker };
}

/** The sentence that nothing is known, and what to do. */
export function nothingKnown({ broker, stateDir }: Pick<Config, "broker" | "stateDir">): string {
  const place = broker.url === undefined
    ? `the embedded broker in ${stateDir} (${whyEmbedded(broker)})`
    : "RabbitMQ";
  return `nothing is known of any queue: ${place} has none that a worker here consumes, and no ` +
    `process with STATE_DIR ${stateDir} runs one. Run this with the settings of the program, or ` +
    "start it: process-queue --all";
}

function historyOf(queue: string, histories: Map<string, History>): History {
  const known = histories.get(queue) ?? new History(queue);
  histories.set(queue, known);
  return known;
}

/** What processes know from looking again and again, by queue. */
async function observedByProcesses(
  processes: Processes,
  asked: readonly Asked<ProcessSnapshot>[],
): Promise<ReadonlyMap<string, Observed>> {
  const all = await processes.reports(asked.filter(hasAnswered).map(({ socket }) => socket));
  return new Map(all.map((report) => [report.queue, observedBy(report)]));
}

function observedBy(report: QueueReport): Observed {
  return {
    rate: report.rate,
    failureRate: report.failure_rate,
    oldestSeconds: report.oldest_is_estimate ? report.oldest_seconds : null,
  };
}

/** The queues that processes run. */
export function runningQueues(processes: readonly ProcessSnapshot[]): string[] {
  return processes.flatMap((process) => process.queues.map(({ queue }) => queue));
}

/** The queues that have a worker, each or its shards, and those that processes run. */
export function usualQueues(
  known: readonly string[],
  processes: readonly ProcessSnapshot[],
  config: Pick<Config, "shards">,
): string[] {
  return [...known.flatMap((name) => consumed(name, config)), ...runningQueues(processes)];
}

/** The queue, or its shards. */
function consumed(name: string, { shards }: Pick<Config, "shards">): string[] {
  const count = shards.get(queueKey(name)) ?? 1;
  if (count <= 1) return [name];
  return Array.from({ length: count }, (_, index) => shardName(name, index + 1));
}

/** What the broker says, or why it says nothing. */
interface Looked {
  readonly looks: ReadonlyMap<string, QueueLook>;
  readonly broker: SeenBroker;
}

async function lookAt(
  names: readonly string[],
  config: Config,
  services: Pick<Services, "openBroker">,
  timeoutSeconds: number,
): Promise<Looked> {
  const kind = config.broker.url === undefined ? "embedded" : "rabbitmq";
  if (kind === "embedded" && !existsSync(join(config.stateDir, FILE_NAME))) {
    return { looks: new Map(names.map((name) => [name, NOT_MADE])), broker: up(kind) };
  }
  try {
    const looked = await within(timeoutSeconds * 1000, lookOnce(names, config, services, kind));
    if (looked !== TOO_LATE) return looked;
    throw new Error(`the broker did not answer within ${timeoutSeconds} s`);
  } catch (error) {
    const { message } = errorData(error);
    const looks = new Map(names.map((name) => [name, noLook(message)]));
    return { looks, broker: { ...up(kind), up: false } };
  }
}

/** A queue of the embedded broker whose file is not made yet. */
const NOT_MADE: QueueLook = {
  ...noLook(""),
  problem: null,
  consumers: 0,
  retrying: 0,
  failed: 0,
};

function up(kind: SeenBroker["kind"], version: string | null = null): SeenBroker {
  return { kind, version, up: true };
}

async function lookOnce(
  names: readonly string[],
  config: Config,
  services: Pick<Services, "openBroker">,
  kind: SeenBroker["kind"],
): Promise<Looked> {
  const once = { ...config, broker: { ...config.broker, waitSeconds: 0 } };
  await using broker = await services.openBroker(once, "process-queue queues");
  const looks = await new BrokerLooks({ broker, isEmbedded: kind === "embedded" }).all(names);
  return { looks, broker: up(kind, broker.status?.version) };
}
