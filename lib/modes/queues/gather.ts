/**
 * Gathers what the commands `queues` and `check` report: one look at the broker and the processes.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import { queueKey } from "../../config/queue_key.ts";
import { shardName } from "../../engine/host/shards.ts";
import { errorData } from "../../errors/error_data.ts";
import { unknownQueue } from "../../errors/usage_error.ts";
import type { ProcessSnapshot } from "../../monitoring/snapshot.ts";
import { BrokerLooks, noLook, type QueueLook } from "../../operations/broker_look.ts";
import { PausedQueues } from "../../operations/paused.ts";
import { type QueueReport, reportOn } from "../../operations/queue_report.ts";
import { readStatistics } from "../../operations/statistics_facts.ts";
import { demandsOn } from "../../operations/thresholds.ts";
import { TOO_LATE, within } from "../../system/deadline.ts";
import { hasAnswered, Processes } from "../control/processes.ts";
import type { Services } from "../services.ts";

/** What is asked. */
export interface GatherOptions {
  /** Only these queues; empty: all. */
  readonly queues: readonly string[];
  readonly failedLimit: number | null;
  readonly timeoutSeconds: number;
}

/** All that was found. */
export interface Gathered {
  readonly reports: readonly QueueReport[];
  readonly processes: readonly ProcessSnapshot[];
  /** How many processes did not answer. */
  readonly silent: number;
}

/**
 * Looks at queues. What the broker does not say is in the reports.
 *
 * @throws {UsageError} For a queue that has no worker here and is not on the broker.
 */
export async function gather(
  { queues, failedLimit, timeoutSeconds }: GatherOptions,
  config: Config,
  services: Pick<Services, "listQueues" | "openBroker">,
): Promise<Gathered> {
  const known = (await services.listQueues(config.workersDir)).map(({ name }) => name);
  const asked = await new Processes(config, timeoutSeconds).snapshots();
  const processes = asked.filter(hasAnswered).map(({ answer }) => answer);
  const running = runningQueues(processes);
  const usual = usualQueues(known, processes, config);
  const names = [...new Set(queues.length > 0 ? queues : usual)].sort();
  const looks = await lookAt(names, config, services, timeoutSeconds);
  const lost = queues.find((name) => {
    const look = looks.get(name);
    return look?.problem === null && !look.exists && ![...known, ...usual].includes(name);
  });
  if (lost !== undefined) throw unknownQueue(lost, known);
  const paused = new PausedQueues(config.stateDir);
  const now = Date.now();
  const reports = names.flatMap((queue) => {
    const look = looks.get(queue) ?? noLook("the broker was not asked");
    const isThere = look.exists || look.problem !== null || running.includes(queue);
    if (!isThere && queues.length === 0) return [];
    const stored = paused.read(queue, now);
    const pause = stored.kind === "paused" ? stored.pause : null;
    const statistics = readStatistics(config.statsDir, queue);
    const sources = { queue, look, processes, pause, statistics, trend: null, now };
    return [reportOn(sources, { ...demandsOn(queue, config.queues), failedLimit })];
  });
  return { reports, processes, silent: asked.length - processes.length };
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

/** Each look, or why there is none. */
async function lookAt(
  names: readonly string[],
  config: Config,
  services: Pick<Services, "openBroker">,
  timeoutSeconds: number,
): Promise<ReadonlyMap<string, QueueLook>> {
  try {
    const looks = await within(timeoutSeconds * 1000, lookOnce(names, config, services));
    if (looks !== TOO_LATE) return looks;
    throw new Error(`the broker did not answer within ${timeoutSeconds} s`);
  } catch (error) {
    const { message } = errorData(error);
    return new Map(names.map((name) => [name, noLook(message)]));
  }
}

async function lookOnce(
  names: readonly string[],
  config: Config,
  services: Pick<Services, "openBroker">,
): Promise<ReadonlyMap<string, QueueLook>> {
  const once = { ...config, broker: { ...config.broker, waitSeconds: 0 } };
  await using broker = await services.openBroker(once, "process-queue queues");
  return await new BrokerLooks({ broker, isEmbedded: config.broker.url === undefined }).all(names);
}
