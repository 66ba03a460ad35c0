/**
 * The consumer of a queue, across the lives of its worker's threads: made when the worker is first
 * known, started once, paused while the queue is quiet or parked.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import { Consumer, type ConsumerOptions as AllOptions } from "../consumer/consumer.ts";
import type { Entry } from "../consumer/entry.ts";
import type { Executor, WorkerDescription } from "../executor/executor.ts";
import { NOT_STARTED, type QueueFigures, runLimit } from "./queue_runner.ts";

/** What the consumer of a queue needs from those who run the queue. */
export interface ConsumerOptions
  extends Pick<AllOptions, "queue" | "broker" | "report" | "turns" | "maxEvents"> {
  readonly config: Config;
}

/** What a {@linkcode QueueConsumer} is made of. */
export interface QueueConsumerOptions<E extends Executor<Entry>>
  extends ConsumerOptions, Pick<AllOptions<E>, "onEnd"> {
  /** Makes the executor of a worker, when that is first known. */
  readonly makeExecutor: (
    description: WorkerDescription,
    ...args: Parameters<AllOptions<E>["createExecutor"]>
  ) => E;
}

/** The consumer of a queue. */
export class QueueConsumer<E extends Executor<Entry>> {
  readonly #options: QueueConsumerOptions<E>;
  #consumer: Consumer<E> | undefined;
  #started: Promise<void> | undefined;
  #isQuiet = false;
  #isParked = false;

  /** @param options The queue and its broker. */
  constructor(options: QueueConsumerOptions<E>) {
    this.#options = options;
  }

  /** Runs the worker; `undefined` until it is known. */
  get executor(): E | undefined {
    return this.#consumer?.executor;
  }

  /** The events of the queue, as they are now. */
  get figures(): QueueFigures {
    const consumer = this.#consumer;
    if (!consumer) return { ...NOT_STARTED, isParked: this.#isParked };
    const { executor, totals, inFlight, unstored, waitingFor, isLeft } = consumer;
    const limit = runLimit(executor.description, this.#options.config.abortGraceSeconds);
    const { prefetch } = executor.description;
    const isParked = this.#isParked || consumer.isParked;
    const running = () => executor.running();
    const wasConsumed = this.isStarted;
    const events = { totals, inFlight, unstored, running };
    return { limit, prefetch, ...events, wasConsumed, isParked, waitingFor, isLeft };
  }

  /** Whether the broker delivers events, or was asked to. */
  get isStarted(): boolean {
    return this.#started !== undefined;
  }

  /**
   * The executor of the worker. It goes by the numbers that the worker had at first, whatever its
   * file says by now.
   *
   * @throws {Error} When the journal cannot be kept.
   */
  executorFor(description: WorkerDescription): E {
    return (this.#consumer ??= this.#make(description)).executor;
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

  /** Releases what was taken and has not been started. */
  recall(): void {
    this.#consumer?.recall();
  }

  /** Takes no more events until {@linkcode unpark}, and releases those that have not been started. */
  park(): void {
    this.#isParked = true;
    if (this.#started) void this.#consumer?.pause("parked").catch(() => {});
    this.#consumer?.recall();
  }

  /** Takes events again, after {@linkcode park}. */
  unpark(): void {
    this.#isParked = false;
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

  #make(description: WorkerDescription): Consumer<E> {
    const { config, makeExecutor } = this.#options;
    return new Consumer({
      ...this.#options,
      limits: config.limits,
      stateDir: config.stateDir,
      parkSeconds: config.restarts.parkSeconds,
      createExecutor: (...args) => makeExecutor(description, ...args),
    });
  }
}
