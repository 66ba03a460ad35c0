/**
 * The consumer of a queue whose threads come and go: made when its worker is first known, started
 * once, paused while the queue is quiet or parked.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import { Consumer, type ConsumerOptions, type Totals } from "../consumer/consumer.ts";
import type { Entry } from "../consumer/entry.ts";
import { WorkerDeclarationError, type WorkerFile } from "../host/discovery.ts";
import type { WorkerDescription } from "../executor/executor.ts";
import { ThreadExecutor } from "../thread/thread_executor.ts";
import { type RunLimit, runLimit } from "./queue_runner.ts";

/** What a {@linkcode QueueConsumer} is made of. */
export interface QueueConsumerOptions extends
  Pick<
    ConsumerOptions<ThreadExecutor<Entry>>,
    "queue" | "broker" | "report" | "turns" | "maxEvents" | "onEnd"
  > {
  readonly file: WorkerFile;
  readonly config: Config;
}

const NOTHING: Totals = { processed: 0, retried: 0, failed: 0 };

/** The consumer, across the lives of its threads. */
export class QueueConsumer {
  readonly #options: QueueConsumerOptions;
  #consumer: Consumer<ThreadExecutor<Entry>> | undefined;
  #started: Promise<void> | undefined;
  #isQuiet = false;

  /** @param options The queue, its broker, and its worker's file. */
  constructor(options: QueueConsumerOptions) {
    this.#options = options;
  }

  /** Runs the worker; `undefined` until its file was loaded once. */
  get executor(): ThreadExecutor<Entry> | undefined {
    return this.#consumer?.executor;
  }

  /** How long a handler may run. */
  get limit(): RunLimit {
    const { executor } = this;
    return executor && runLimit(executor.description, this.#options.config.abortGraceSeconds);
  }

  /** Whether the broker delivers events, or was asked to. */
  get isStarted(): boolean {
    return this.#started !== undefined;
  }

  /** How many events came to which end so far. */
  get totals(): Readonly<Totals> {
    return this.#consumer?.totals ?? NOTHING;
  }

  /** How many deliveries are not settled yet. */
  get inFlight(): number {
    return this.#consumer?.inFlight ?? 0;
  }

  /** Whether nothing is taken as a copy could not be stored. */
  get isParked(): boolean {
    return this.#consumer?.isParked ?? false;
  }

  /** Whether a handler goes on that ends only with the process. */
  get isLeft(): boolean {
    return this.#consumer?.isLeft ?? false;
  }

  /**
   * The executor for a thread with the worker. The worker is run by the numbers that it had at
   * first, whatever its file says by now; only the size of the heap follows the file.
   *
   * @throws {WorkerDeclarationError} When it cannot be run by these numbers.
   * @throws {Error} When the journal cannot be kept.
   */
  executorFor(description: WorkerDescription): ThreadExecutor<Entry> {
    const { executor } = this.#consumer ??= this.#make(description);
    checkBatch(this.#options.file, executor.description, description);
    return executor;
  }

  /**
   * Takes events, if it does not yet. A queue that is quiet takes none until it is resumed.
   *
   * @throws {BrokerError} When the broker refuses.
   */
  start(): Promise<void> {
    return this.#started ??= this.#start();
  }

  async #start(): Promise<void> {
    try {
      if (this.#isQuiet) await this.#consumer?.pause();
      await this.#consumer?.start();
    } catch (error) {
      this.#started = undefined;
      throw error;
    }
  }

  /** Takes no more events; what was taken goes on. */
  async pause(): Promise<void> {
    this.#isQuiet = true;
    await this.#consumer?.pause();
  }

  /** Takes events again. */
  async resume(): Promise<void> {
    this.#isQuiet = false;
    await this.#consumer?.resume();
  }

  /** Takes no more events until {@linkcode unpark}, and releases those that have not been started. */
  park(): void {
    if (this.#started) void this.#consumer?.pause("parked").catch(() => {});
    this.#consumer?.recall();
  }

  /** Takes events again, after {@linkcode park}. */
  unpark(): void {
    if (this.#started) void this.#consumer?.resume("parked");
  }

  /** Checks limits of time: see {@linkcode Consumer.sweep}. */
  sweep(now: number, lateMs: number): void {
    this.#consumer?.sweep(now, lateMs);
  }

  /** Drains: see {@linkcode Consumer.stop}. */
  async stop(graceMs: number): Promise<void> {
    await this.#consumer?.stop(graceMs);
  }

  #make(description: WorkerDescription): Consumer<ThreadExecutor<Entry>> {
    const { config } = this.#options;
    const { abortGraceSeconds } = config;
    return new Consumer({
      ...this.#options,
      limits: config.limits,
      stateDir: config.stateDir,
      parkSeconds: config.restarts.parkSeconds,
      createExecutor: (listener) =>
        new ThreadExecutor({ description, listener, abortGraceSeconds }),
    });
  }
}

/** A worker that took single events cannot take batches in the same process, nor the other way. */
function checkBatch({ file }: WorkerFile, first: WorkerDescription, now: WorkerDescription): void {
  if (!first.batch === !now.batch) return;
  const [was, is] = first.batch ? ["in batches", "one by one"] : ["one by one", "in batches"];
  throw new WorkerDeclarationError(
    `${file} takes its events ${is}, but took them ${was} when this process started: restart the ` +
      `process (SIGUSR1)`,
  );
}
