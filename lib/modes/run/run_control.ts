/**
 * Carries out what the control doors ask of a process that runs queues.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import type { Broker } from "../../engine/broker/broker.ts";
import { errorData } from "../../errors/error_data.ts";
import { type LogLevel, logLine, setLogLevel } from "../../log/log.ts";
import type { FailureFeed, FailureListener } from "../../monitoring/failure_feed.ts";
import type { Finding, Probe } from "../../monitoring/health.ts";
import type { MetricsFormat } from "../../monitoring/metrics_text.ts";
import { isoTime, type ProcessSnapshot } from "../../monitoring/snapshot.ts";
import type { QueueReport } from "../../operations/queue_report.ts";
import { HttpError } from "../../server/http_error.ts";
import type {
  PauseRequest,
  ProcessControl,
  ProcessRequest,
  QueueChange,
} from "../../server/process_control.ts";
import { TOO_LATE, within } from "../../system/deadline.ts";
import type { Request } from "../../system/signals.ts";
import type { Pauses } from "./pauses.ts";
import type { ProcessFacts } from "./process_facts.ts";
import type { QueueRun } from "./queue_run.ts";
import type { Queues } from "./queues.ts";

/** What {@linkcode RunControl} works on. */
export interface RunControlOptions {
  readonly queues: Queues;
  readonly config: Pick<Config, "log">;
  readonly facts: ProcessFacts;
  readonly pauses: Pauses;
  readonly failures: FailureFeed;
  /** The broker, once it is open. */
  readonly broker: () => Broker | undefined;
  /** Carries out what a signal does. */
  readonly request: (request: Request) => void;
}

/** How long an answer waits for the broker to say how many consumers a queue has, in ms. */
const CONSUMERS_MS = 2000;
/** How long an answer waits until the broker delivers no more, in ms. */
const PAUSE_MS = 5000;
/** The longest time of a timer, in seconds. */
const LONGEST_TIMER_SECONDS = 2_000_000;

const REQUESTS = {
  quiet: "quiet",
  resume: "continue",
  drain: "stop",
  restart: "restart",
} as const satisfies Record<ProcessRequest, Request>;

/** Controls a process. */
export class RunControl implements ProcessControl {
  readonly #options: RunControlOptions;
  #levelTimer: ReturnType<typeof setTimeout> | undefined;

  /** @param options What it works on. */
  constructor(options: RunControlOptions) {
    this.#options = options;
  }

  /** @inheritdoc */
  snapshot(): ProcessSnapshot {
    return this.#options.facts.snapshot();
  }

  /** @inheritdoc */
  health(probe: Probe): readonly Finding[] {
    return this.#options.facts.health(probe);
  }

  /** @inheritdoc */
  metrics(format: MetricsFormat): string {
    return this.#options.facts.metrics(format);
  }

  /** @inheritdoc */
  queues(): readonly QueueReport[] {
    return this.#options.facts.sampler.reports;
  }

  /** @inheritdoc */
  onFailure(listener: FailureListener): () => void {
    return this.#options.failures.listen(listener);
  }

  /** @inheritdoc */
  async pause(name: string, { by, reason, seconds }: PauseRequest): Promise<QueueChange> {
    const queue = this.#queue(name);
    const now = Date.now();
    const until = seconds === undefined ? null : isoTime(now + seconds * 1000);
    const pause = { by, at: isoTime(now), reason: reason ?? null, until };
    const paused = this.#options.pauses.pause(queue, pause).catch((error) => {
      const { message } = errorData(error);
      throw new HttpError("unavailable", `The pause of ${name} cannot be kept: ${message}`);
    });
    await within(PAUSE_MS, paused);
    return await this.#changed(queue);
  }

  /** @inheritdoc */
  async resume(name: string, by: string): Promise<QueueChange> {
    const queue = this.#queue(name);
    await within(PAUSE_MS, this.#options.pauses.resume(queue, by));
    return await this.#changed(queue);
  }

  /** @inheritdoc */
  async restart(name: string, by: string): Promise<QueueChange> {
    const queue = this.#queue(name);
    if (!queue.canRestart) {
      const message = `${name} has no thread to restart: it runs in the main thread, or did not ` +
        "start yet. Restart the process";
      throw new HttpError("conflict", message);
    }
    await queue.restart(by);
    return await this.#changed(queue);
  }

  /** @inheritdoc */
  setLogLevel(level: LogLevel, seconds: number, by: string): void {
    const { level: usual } = this.#options.config.log;
    const message = "{by} set the log's level to {to} for {seconds} s";
    logLine("info", message, { by, to: level, seconds }, {});
    setLogLevel(level);
    clearTimeout(this.#levelTimer);
    const ms = Math.min(seconds, LONGEST_TIMER_SECONDS) * 1000;
    this.#levelTimer = setTimeout(() => {
      setLogLevel(usual);
      logLine("info", "The log's level is {to} again", { to: usual }, {});
    }, ms);
    Deno.unrefTimer(this.#levelTimer as unknown as number);
  }

  /** @inheritdoc */
  request(request: ProcessRequest, by: string): void {
    logLine("info", "{by} asked the process to {request}", { by, request }, {});
    this.#options.request(REQUESTS[request]);
  }

  #queue(name: string): QueueRun {
    const { queues, facts } = this.#options;
    const found = queues.all.find(({ queue }) => queue === name);
    if (!found) {
      const known = queues.all.map(({ queue }) => queue).join(", ");
      throw new HttpError("not_found", `This process does not run ${name}. It runs: ${known}`);
    }
    if (facts.isStopping) throw new HttpError("conflict", "The process stops");
    return found;
  }

  async #changed(queue: QueueRun): Promise<QueueChange> {
    const { state } = queue.snapshot();
    const isHeld = state === "paused" || state === "parked";
    const isConsumed = queue.figures.wasConsumed && !isHeld;
    const depth = this.#options.broker()?.depth(queue.queue) ?? Promise.resolve(undefined);
    const known = await within(CONSUMERS_MS, depth).catch(() => undefined);
    const consumers = known === TOO_LATE || known === undefined ? null : known.consumers;
    return {
      queue: queue.queue,
      state,
      consumers_elsewhere: consumers === null ? null : Math.max(0, consumers - +isConsumed),
    };
  }
}
