/**
 * The sampler of a process: its queues, its broker, and the other processes of its host.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import type { Broker } from "../../engine/broker/broker.ts";
import { BrokerLooks } from "../../operations/broker_look.ts";
import { PausedQueues } from "../../operations/paused.ts";
import { Sampler } from "../../operations/sampler.ts";
import { demandsOn } from "../../operations/thresholds.ts";
import type { Overview } from "../dashboard/overview.ts";
import { Processes } from "../control/processes.ts";

/** What a process samples. */
export interface QueueSamplerOptions {
  readonly queues: { readonly all: readonly { readonly queue: string }[] };
  readonly config: Config;
  /** The broker, once it is open. */
  readonly broker: () => Broker | undefined;
}

const TIMEOUT_SECONDS = 2;

/** Makes the sampler. @param overview Gets what was seen. */
export function queueSampler(
  { queues, config, broker }: QueueSamplerOptions,
  overview: Overview,
): Sampler {
  const processes = new Processes(config, TIMEOUT_SECONDS);
  const paused = new PausedQueues(config.stateDir);
  const isEmbedded = config.broker.url === undefined;
  let looks: BrokerLooks | undefined;
  return new Sampler({
    looks: () => {
      const open = broker();
      if (!open?.isThere) return undefined;
      return looks ??= new BrokerLooks({ broker: open, isEmbedded });
    },
    queues: () => queues.all.map(({ queue }) => queue),
    processes: async () => overview.seen(await processes.snapshots(), Date.now()),
    pause: (queue) => {
      const stored = paused.read(queue, Date.now());
      return stored.kind === "paused" ? stored.pause : null;
    },
    demands: (queue) => ({ ...demandsOn(queue, config.queues), failedLimit: null }),
    everyMs: () => overview.everyMs,
    onSample: (reports, _, now) => overview.sampled(reports, now),
  });
}
