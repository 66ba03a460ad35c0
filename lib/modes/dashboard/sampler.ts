/**
 * Samples all queues of a host, for a dashboard that runs none of them.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import type { Broker } from "../../engine/broker/broker.ts";
import { BrokerLooks, noLook, type QueueLook } from "../../operations/broker_look.ts";
import { PausedQueues } from "../../operations/paused.ts";
import { Sampler } from "../../operations/sampler.ts";
import { readStatistics } from "../../operations/statistics_facts.ts";
import { demandsOn } from "../../operations/thresholds.ts";
import type { Processes } from "../control/processes.ts";
import { usualQueues } from "../queues/gather.ts";
import type { Overview } from "./overview.ts";

/** What is sampled. */
export interface HostSamplerOptions {
  readonly config: Config;
  readonly overview: Overview;
  readonly processes: Processes;
  /** The names of the queues that have a worker. */
  readonly known: readonly string[];
  /** The broker, once it is open. */
  readonly broker: () => Broker | undefined;
}

/** What a broker that was never there says. */
const ABSENT = {
  all: (queues: Iterable<string>): Promise<ReadonlyMap<string, QueueLook>> => {
    const look = noLook("the broker does not answer");
    return Promise.resolve(new Map([...queues].map((queue) => [queue, look])));
  },
};

/** Makes the sampler. While the broker is away it looks at the processes alone. */
export function hostSampler(options: HostSamplerOptions): Sampler {
  const { config, overview, processes, known, broker } = options;
  const paused = new PausedQueues(config.stateDir);
  const isEmbedded = config.broker.url === undefined;
  let looks: BrokerLooks | undefined;
  const sampler: Sampler = new Sampler({
    looks: () => {
      const open = broker();
      if (!open) return ABSENT;
      return open.isThere ? looks ??= new BrokerLooks({ broker: open, isEmbedded }) : undefined;
    },
    queues: (all) => usualQueues(known, all, config),
    processes: async () => overview.seen(await processes.snapshots(), Date.now()),
    isShown: ({ exists, problem }, queue) => {
      return exists || problem !== null || overview.runs(queue);
    },
    pause: (queue) => {
      const stored = paused.read(queue, Date.now());
      return stored.kind === "paused" ? stored.pause : null;
    },
    statistics: (queue) => readStatistics(config.statsDir, queue),
    demands: (queue) => ({ ...demandsOn(queue, config.queues), failedLimit: null }),
    // What processes run is looked at once they have said it.
    everyMs: () => sampler.sampledAt === undefined ? 0 : overview.everyMs,
    onSample: (reports, _, now) => overview.sampled(reports, now),
  });
  return sampler;
}
