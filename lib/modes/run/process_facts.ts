/**
 * What a process that runs queues says about itself: its snapshot, its health, its metrics.
 *
 * @module
 */

import { readdirSync } from "node:fs";
import { hostname } from "node:os";
import { cpuUsage, memoryUsage, pid } from "node:process";
import type { Config } from "../../config/config.ts";
import type { Broker } from "../../engine/broker/broker.ts";
import { logLevel } from "../../log/log.ts";
import { type Finding, findings, type Probe } from "../../monitoring/health.ts";
import { metricsText } from "../../monitoring/metrics.ts";
import type { MetricsFormat } from "../../monitoring/metrics_text.ts";
import {
  isoTime,
  type ProcessSnapshot,
  type ProcessState,
  SCHEMA,
} from "../../monitoring/snapshot.ts";
import { commit, VERSION } from "../../system/version.ts";
import type { Sampler } from "../../operations/sampler.ts";
import { Overview } from "../dashboard/overview.ts";
import { queueSampler } from "./queue_sampler.ts";
import { BrokerWatch } from "./broker_watch.ts";
import { isInTime } from "./in_time.ts";
import type { Queues } from "./queues.ts";

/** What {@linkcode ProcessFacts} are taken from. */
export interface ProcessFactsOptions {
  readonly queues: Queues;
  readonly config: Config;
  /** How queues were chosen. */
  readonly mode: string;
  /** The broker, once it is open. */
  readonly broker: () => Broker | undefined;
}

/** The time between two looks while somebody watches the dashboard, in ms. */
const WATCHED_MS = 5000;

/** Knows how a process is. */
export class ProcessFacts {
  /** The address of the HTTP server; `null` where there is none. */
  http: string | null = null;
  /** Differs for each start of a process. */
  readonly id: string = crypto.randomUUID();
  /** What the dashboard remembers: 5 kB a queue. */
  readonly overview = new Overview(WATCHED_MS);
  /** Looks at the broker. */
  readonly sampler: Sampler;
  /** Whether SIGTSTP holds all queues. */
  isQuiet = false;
  /** Whether the process stops. */
  isStopping = false;
  readonly #options: ProcessFactsOptions;
  readonly #startedAt = Math.round(performance.timeOrigin);
  readonly #broker: BrokerWatch;
  #turnedAt = performance.now();

  /** @param options The queues, the configuration and the broker. */
  constructor(options: ProcessFactsOptions) {
    this.#options = options;
    this.#broker = new BrokerWatch(options.config);
    this.sampler = queueSampler(options, this.overview);
  }

  /** Notes what changes; call it a few times a second. @param now `performance.now()` */
  sweep(now: number): void {
    this.#turnedAt = now;
    this.#broker.sweep(this.#options.broker());
    if (!this.isStopping) this.sampler.sweep(now);
  }

  /** What the process says about itself. */
  snapshot(): ProcessSnapshot {
    const { queues, config, mode, broker } = this.#options;
    return {
      schema: SCHEMA,
      id: this.id,
      host: hostname(),
      pid,
      version: VERSION,
      mode,
      started_at: isoTime(this.#startedAt),
      state: this.#state(),
      log_level: logLevel() ?? config.log.level,
      rss_bytes: memoryUsage.rss(),
      zombie_threads: queues.all.reduce((sum, { zombies }) => sum + zombies, 0),
      broker: this.#broker.snapshot(broker()),
      http: this.http,
      queues: queues.all.map((queue) => queue.snapshot()),
    };
  }

  /** What keeps it from passing a probe. */
  health(probe: Probe): Finding[] {
    const { queues, broker } = this.#options;
    const now = performance.now();
    return findings(probe, {
      sinceTurnMs: now - this.#turnedAt,
      isStopping: this.isStopping,
      isBrokerUp: broker()?.isThere ?? false,
      queues: queues.all.map((queue) => ({
        queue: queue.queue,
        hasStarted: queue.hasStarted,
        isParked: queue.figures.isParked,
        isInTime: isInTime(queue.figures, now),
      })),
    });
  }

  /** Its metrics. */
  metrics(format: MetricsFormat): string {
    const { user, system } = cpuUsage();
    const { queues, config } = this.#options;
    return metricsText({
      snapshot: this.snapshot(),
      measures: new Map(queues.all.map(({ queue, monitor }) => [queue, monitor.measures])),
      samples: this.sampler.samples,
      mostQueues: config.server.mostMetricsQueues,
      process: {
        revision: commit() ?? "",
        deno: Deno.version.deno,
        cpuSeconds: (user + system) / 1e6,
        openFiles: openFiles(),
      },
    }, format);
  }

  #state(): ProcessState {
    if (this.isStopping) return "stopping";
    if (this.isQuiet) return "quiet";
    return this.health("startup").length > 0 ? "starting" : "running";
  }
}

/** The number of open files; `null` where the system does not say. */
function openFiles(): number | null {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return null;
  }
}
