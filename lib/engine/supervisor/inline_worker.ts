/**
 * A worker that runs in the main thread, with its consumer: set up, started, stopped.
 *
 * @module
 */

import type { ConsumerEnd } from "../consumer/consumer.ts";
import type { Entry } from "../consumer/entry.ts";
import { loadWorker, type WorkerFile } from "../host/discovery.ts";
import type { LocalExecutor } from "../executor/local_executor.ts";
import { Lateness } from "../../system/lateness.ts";
import { inZulipsError, missingError, missingSettings } from "../host/required.ts";
import { WorkerHost } from "../host/host.ts";
import { TOO_LATE, within } from "../../system/deadline.ts";
import type { Loops } from "../host/loops.ts";
import { hungLoop, LoopWatch } from "./loop_watch.ts";
import { InnerThreads } from "../thread/inner_threads.ts";
import type { Worker } from "../../worker.ts";
import { workerPublisher } from "./worker_publisher.ts";
import { type ConsumerOptions, QueueConsumer } from "./queue_consumer.ts";
import {
  CLOSE_MS,
  notClosed,
  type QueueFigures,
  type Runner,
  type WorkerEnd,
} from "./queue_runner.ts";

/** What a worker needs to run. */
export interface WorkerRunOptions extends Omit<ConsumerOptions, "queue"> {
  /** `--worker_num`. @default {0} */
  readonly workerNum?: number;
  /** Called when it consumes. */
  readonly onReady?: () => void;
}

/** How often limits of time are checked, in ms. */
const SWEEP_MS = 250;

/** A worker with its consumer, in the main thread. */
export class InlineWorker implements Runner {
  /** The queue that is consumed; with shards, the shard's name. */
  readonly queue: string;
  /** The loops of the worker. */
  readonly loops: LoopWatch;
  readonly #host: WorkerHost;
  readonly #options: WorkerRunOptions;
  readonly #ended = Promise.withResolvers<WorkerEnd>();
  readonly #consumer: QueueConsumer<LocalExecutor<Entry>>;
  #loops: Loops | undefined;
  #sweeper: ReturnType<typeof setInterval> | undefined;
  #closing: Promise<void> | undefined;
  #isHung = false;

  private constructor(host: WorkerHost, queue: string, options: WorkerRunOptions) {
    this.#host = host;
    this.queue = queue;
    this.#options = options;
    const graceSeconds = options.config.abortGraceSeconds;
    this.loops = new LoopWatch(queue, options.report, graceSeconds);
    this.#consumer = new QueueConsumer({
      ...options,
      queue,
      onEnd: (why) => this.#onEnd(why),
      makeExecutor: (_description, listener, onHung) =>
        host.executor({ listener, hang: { graceSeconds, onHung } }),
    });
  }

  /**
   * Loads a worker.
   *
   * @param queue The queue it consumes.
   * @throws {WorkerDeclarationError} When its file is not a worker.
   * @throws {ConfigError} When a setting is missing that it requires, or it is not for this database.
   */
  static async load(
    file: WorkerFile,
    queue: string,
    options: WorkerRunOptions,
  ): Promise<InlineWorker> {
    return await InlineWorker.of(await loadWorker(file), file, queue, options);
  }

  /**
   * Takes a worker that is loaded, which needs not be in a folder of workers.
   *
   * @param file Names it in messages.
   * @param queue The queue it consumes.
   * @throws {WorkerDeclarationError} When it declares an impossible number.
   * @throws {ConfigError} When a setting is missing that it requires, or it is not for this database.
   */
  static async of(
    worker: Worker,
    file: WorkerFile,
    queue: string,
    options: WorkerRunOptions,
  ): Promise<InlineWorker> {
    const { config, workerNum = 0 } = options;
    const publish = workerPublisher({ ...options, queue });
    const threads = new InnerThreads({ queue, workerNum, config });
    const host = await WorkerHost.of(worker, file, { queue, workerNum, config, publish, threads });
    const missing = missingSettings(host.description, file, config);
    if (missing.length > 0) throw missingError(queue, missing);
    if (host.isMisplaced) throw inZulipsError(queue);
    return new InlineWorker(host, queue, options);
  }

  /** @inheritdoc */
  get figures(): QueueFigures {
    return this.#consumer.figures;
  }

  /**
   * Opens what the worker needs.
   *
   * @throws {Error} What its `setup` throws, or why the journal cannot be kept.
   */
  async setup(): Promise<void> {
    this.#consumer.executorFor(this.#host.description);
    await this.#host.setup();
  }

  /**
   * Consumes until it is stopped or ends by itself.
   *
   * @throws {BrokerError} When the broker refuses.
   */
  async start(): Promise<WorkerEnd> {
    const consumer = this.#consumer;
    if (!consumer.executor) throw new Error("The worker must be set up before it is started");
    if (this.#closing) return "stopped";
    const lateness = new Lateness();
    this.#sweeper = setInterval(() => {
      const now = performance.now();
      const lateMs = lateness.sweepUnlessBusy(now);
      consumer.sweep(now, lateMs);
      this.#sweepLoops(now, lateMs);
    }, SWEEP_MS);
    // Before the wait, in which a stop may come.
    this.#loops = this.#host.loops({ listener: this.loops });
    await consumer.start();
    this.#loops.start();
    this.#options.onReady?.();
    return await this.#ended.promise;
  }

  /** Takes no more events; what was taken goes on. */
  pause(): Promise<void> {
    return this.#consumer.pause();
  }

  /** Takes events again. */
  resume(): Promise<void> {
    return this.#consumer.resume();
  }

  /** @inheritdoc */
  recall(): void {
    this.#consumer.recall();
  }

  /**
   * Drains: finishes what runs within the grace, releases the rest, closes what was opened. It does
   * not wait for a setup that has not ended. Called again, it may cut the grace short.
   *
   * @param graceMs How long what runs may go on before it is aborted.
   */
  async stop(graceMs: number): Promise<void> {
    void this.#loops?.stop();
    await Promise.all([this.#consumer.stop(graceMs), this.loops.idle(graceMs)]);
    await (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    clearInterval(this.#sweeper);
    this.#ended.resolve("stopped");
    if (this.#isHung) return;
    if (await within(CLOSE_MS, this.#host.close()) !== TOO_LATE) return;
    this.#options.report(notClosed(this.queue));
  }

  /** A pass that does not end when it is aborted ends only with the process. */
  #sweepLoops(now: number, lateMs: number): void {
    const hung = this.loops.sweep(now, lateMs);
    if (!hung || this.#isHung || this.#closing) return;
    this.#options.report(hungLoop(this.queue, hung, "the process is restarted"));
    this.#onEnd("hung");
  }

  #onEnd(why: ConsumerEnd): void {
    if (why === "hung") this.#isHung = true;
    this.#ended.resolve(why);
  }
}
