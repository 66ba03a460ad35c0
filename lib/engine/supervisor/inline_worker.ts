/**
 * A worker that runs in the main thread, with its consumer: set up, started, stopped.
 *
 * @module
 */

import type { Broker } from "../broker/broker.ts";
import type { Config } from "../../config/config.ts";
import { Consumer, type ConsumerEnd, type Totals } from "../consumer/consumer.ts";
import type { IsolationTurns } from "../consumer/suspects/turns.ts";
import type { WorkerFile } from "../host/discovery.ts";
import type { Running } from "../executor/executor.ts";
import { Lateness } from "../../system/lateness.ts";
import { WorkerHost } from "../host/host.ts";
import type { Reporter } from "../report.ts";
import { publishEvent } from "../broker/publish.ts";
import { TOO_LATE, within } from "../../system/deadline.ts";
import { notClosed, type RunLimit, runLimit, type WorkerEnd } from "./queue_runner.ts";

/** What a worker needs to run. */
export interface WorkerRunOptions {
  /** `--worker_num`. @default {0} */
  readonly workerNum?: number;
  readonly config: Config;
  readonly broker: Broker;
  readonly report: Reporter;
  /** The turns of all queues of this process to run suspects alone. */
  readonly turns: IsolationTurns;
  /** Take no more than this many events. @default {Infinity} */
  readonly maxEvents?: number;
  /** Called when it consumes. */
  readonly onReady?: () => void;
}

/** How often limits of time are looked at, in ms. */
const SWEEP_MS = 250;
/** How long a stop waits for what a worker opened to close, in ms. */
const CLOSE_MS = 5000;
const NOTHING: Totals = { processed: 0, retried: 0, failed: 0 };

/** A worker with its consumer, in the main thread. */
export class InlineWorker {
  /** The queue that is consumed; with shards, the shard's name. */
  readonly queue: string;
  readonly #host: WorkerHost;
  readonly #options: WorkerRunOptions;
  readonly #ended = Promise.withResolvers<WorkerEnd>();
  #consumer: Consumer | undefined;
  #sweeper: ReturnType<typeof setInterval> | undefined;
  #closing: Promise<void> | undefined;
  #isHung = false;

  private constructor(host: WorkerHost, queue: string, options: WorkerRunOptions) {
    this.#host = host;
    this.queue = queue;
    this.#options = options;
  }

  /**
   * Loads a worker.
   *
   * @param queue The queue it consumes.
   * @throws {WorkerDeclarationError} When its file is not a worker.
   */
  static async load(
    file: WorkerFile,
    queue: string,
    options: WorkerRunOptions,
  ): Promise<InlineWorker> {
    const { config, workerNum = 0, broker } = options;
    const publish = (to: string, body: string) => publishEvent(broker, to, body);
    const host = await WorkerHost.load(file, { queue, workerNum, config, publish });
    return new InlineWorker(host, queue, options);
  }

  /** What became of events so far. */
  get totals(): Readonly<Totals> {
    return this.#consumer?.totals ?? NOTHING;
  }

  /** How many deliveries are not settled yet. */
  get inFlight(): number {
    return this.#consumer?.inFlight ?? 0;
  }

  /** Whether nothing is taken from the queue until it is tried again. */
  get isParked(): boolean {
    return this.#consumer?.isParked ?? false;
  }

  /** Whether a handler goes on that ends only with the process: see {@linkcode Consumer.isLeft}. */
  get isLeft(): boolean {
    return this.#consumer?.isLeft ?? false;
  }

  /** How long its handler may run, in ms. */
  get limit(): RunLimit {
    const { abortGraceSeconds } = this.#options.config;
    return this.#consumer && runLimit(this.#consumer.executor.description, abortGraceSeconds);
  }

  /** The events whose handler runs now. */
  running(): readonly Running[] {
    return this.#consumer?.executor.running() ?? [];
  }

  /**
   * Opens what the worker needs.
   *
   * @throws {Error} What its `setup` throws, or why the journal cannot be kept.
   */
  async setup(): Promise<void> {
    this.#consumer = this.#makeConsumer();
    await this.#host.setup();
  }

  /**
   * Consumes until it is stopped or ends by itself.
   *
   * @throws {BrokerError} When the broker refuses.
   */
  async start(): Promise<WorkerEnd> {
    if (!this.#consumer) throw new Error("The worker must be set up before it is started");
    if (this.#closing) return "stopped";
    const consumer = this.#consumer;
    const lateness = new Lateness();
    this.#sweeper = setInterval(() => {
      const now = performance.now();
      consumer.sweep(now, lateness.sweepUnlessBusy(now));
    }, SWEEP_MS);
    await consumer.start();
    this.#options.onReady?.();
    return await this.#ended.promise;
  }

  /** Takes no more events; what was taken goes on. */
  async pause(): Promise<void> {
    await this.#consumer?.pause();
  }

  /** Takes events again. */
  async resume(): Promise<void> {
    await this.#consumer?.resume();
  }

  /**
   * Drains: finishes what runs within the grace, releases the rest, closes what was opened. It does
   * not wait for a setup that has not ended. Called again, it may cut the grace short.
   *
   * @param graceMs How long what runs may go on before it is aborted.
   */
  async stop(graceMs: number): Promise<void> {
    await this.#consumer?.stop(graceMs);
    await (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    clearInterval(this.#sweeper);
    this.#ended.resolve("stopped");
    if (this.#isHung) return;
    if (await within(CLOSE_MS, this.#host.close()) !== TOO_LATE) return;
    this.#options.report(notClosed(this.queue, CLOSE_MS));
  }

  #makeConsumer(): Consumer {
    const { config, broker, report, turns, maxEvents } = this.#options;
    return new Consumer({
      queue: this.queue,
      broker,
      report,
      turns,
      limits: config.limits,
      stateDir: config.stateDir,
      parkSeconds: config.restarts.parkSeconds,
      ...(maxEvents === undefined ? {} : { maxEvents }),
      onEnd: (why) => this.#onEnd(why),
      createExecutor: (listener, onHung) => {
        const hang = { graceSeconds: config.abortGraceSeconds, onHung };
        return this.#host.executor({ listener, hang });
      },
    });
  }

  #onEnd(why: ConsumerEnd): void {
    if (why === "hung") this.#isHung = true;
    this.#ended.resolve(why);
  }
}
