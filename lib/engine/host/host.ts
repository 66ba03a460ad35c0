/**
 * A worker's code where it runs, in the main thread or in a thread of its own: loaded, described,
 * set up, run, closed.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import type { QueueOverrides } from "../../config/queues.ts";
import { queueKey } from "../../config/queue_key.ts";
import { loadWorker, WorkerDeclarationError, type WorkerFile } from "./discovery.ts";
import { errorData } from "../../errors/error_data.ts";
import { describe } from "./describe.ts";
import type { Job, WorkerDescription } from "../executor/executor.ts";
import { LocalExecutor } from "../executor/local_executor.ts";
import type { RunOptions } from "../executor/runs.ts";
import { toJson } from "../../json/to_json.ts";
import { eventLogger } from "../../log/log.ts";
import { Loops, type LoopsOptions } from "./loops.ts";
import { setupError } from "./setup_error.ts";
import { isMisplaced } from "./own_database.ts";
import { messageIdOf } from "../../json/message_id.ts";
import { ShardFinder } from "./shard_finder.ts";
import { type ThreadMaker, WorkerSetup } from "./worker_setup.ts";
import type { Worker, WorkerContext } from "../../worker.ts";

/** Publishes a body. `id` is its `message_id`; without one it gets a UUID. */
export type PublishBody = (queue: string, body: string, id?: string) => Promise<void>;

/** The options of a {@linkcode WorkerHost}. */
export interface HostOptions {
  /** The queue it consumes; with shards, the shard. */
  readonly queue: string;
  /** `--worker_num`. */
  readonly workerNum: number;
  readonly config: Config;
  /** Publishes a body to a queue, as it is called at the broker; resolves when it is confirmed. */
  readonly publish: PublishBody;
  /** Starts the threads of the worker's own. */
  readonly threads: ThreadMaker;
}

/** What a {@linkcode WorkerHost}'s executor is given; the description may say other numbers. */
export type HostExecutorOptions<J extends Job> =
  & Pick<RunOptions<J>, "listener" | "hang" | "probe">
  & Partial<Pick<RunOptions<J>, "description">>;

/** One worker's code. */
export class WorkerHost {
  /** How the worker wants to be run. */
  readonly description: WorkerDescription;
  /** Whether `--all` runs it: no test queue, and enabled by this configuration. */
  readonly isActive: boolean;
  /** Whether the database is a Zulip server's, and the worker must not run there. */
  readonly isMisplaced: boolean;
  readonly #worker: Worker;
  readonly #file: WorkerFile;
  readonly #options: HostOptions;
  readonly #setup: WorkerSetup;
  readonly #shards: ShardFinder;

  private constructor(
    worker: Worker,
    file: WorkerFile,
    options: HostOptions,
    isMisplaced: boolean,
  ) {
    this.#worker = worker;
    this.#file = file;
    this.#options = options;
    this.isMisplaced = isMisplaced;
    const { queue, workerNum, config } = options;
    this.description = described(worker, file, options);
    this.isActive = !this.description.isTestQueue && isEnabled(worker, file, config);
    this.#shards = new ShardFinder(config);
    this.#setup = new WorkerSetup(worker, {
      queue,
      workerNum,
      config,
      log: eventLogger(queue, workerNum),
      publish: (...event) => this.#publish(...event),
      threads: options.threads,
      file: file.file,
    });
  }

  /**
   * Loads the worker's file.
   *
   * @throws {WorkerDeclarationError} When it is not a worker, or declares an impossible number.
   */
  static async load(file: WorkerFile, options: HostOptions): Promise<WorkerHost> {
    return await WorkerHost.of(await loadWorker(file), file, options);
  }

  /**
   * Takes a worker that is loaded.
   *
   * @param file Names it in messages.
   * @throws {WorkerDeclarationError} When it declares an impossible number.
   */
  static async of(worker: Worker, file: WorkerFile, options: HostOptions): Promise<WorkerHost> {
    return new WorkerHost(worker, file, options, await isMisplaced(worker, options.config));
  }

  /**
   * Opens what the worker needs.
   *
   * @throws {WorkerSetupError} When its `setup` throws; a `DatabaseError` as it is.
   */
  async setup(): Promise<void> {
    try {
      await this.#setup.setup();
    } catch (error) {
      throw setupError(this.#worker.queue, this.#file.file, error);
    }
  }

  /** Makes what runs its events. */
  executor<J extends Job>(options: HostExecutorOptions<J>): LocalExecutor<J> {
    const { config, workerNum, queue } = this.#options;
    return new LocalExecutor({
      worker: this.#worker,
      description: this.description,
      context: this.#setup.context,
      logFor: (event) => eventLogger(queue, workerNum, event),
      maxEventDepth: config.limits.maxEventDepth,
      ...options,
    });
  }

  /** Makes what runs the loops that its `setup` declared. */
  loops(options: Omit<LoopsOptions, "queue">): Loops {
    return new Loops(this.#setup.loops, { ...options, queue: this.#options.queue });
  }

  /** Closes what was opened, each thing once; a setup that goes on closes its own when it ends. */
  close(): Promise<void> {
    return this.#setup.close();
  }

  /** Publishes to a queue, or to the shard of it that the event belongs to. */
  async #publish(...[queue, event, options]: Parameters<WorkerContext["publish"]>): Promise<void> {
    const body = bodyFor(queue, event);
    const id = messageIdOf(queue, options);
    await this.#options.publish(await this.#shards.queueOf(queue, event), body, id);
  }
}

function bodyFor(queue: string, event: unknown): string {
  try {
    return toJson(event);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const text = `An event for queue ${queue} cannot be published: ${error.message}`;
    throw new TypeError(text, { cause: error });
  }
}

/** Reports whether a configuration enables a worker. @throws {WorkerDeclarationError} When it throws. */
export function isEnabled(worker: Worker, { file }: WorkerFile, config: Config): boolean {
  try {
    return Boolean(worker.enabled?.(config) ?? true);
  } catch (error) {
    const { name, message } = errorData(error);
    const text = `${file} has a function enabled that threw ${name}: ${message}`;
    throw new WorkerDeclarationError(text, { cause: error });
  }
}

function described(
  worker: Worker,
  { file }: WorkerFile,
  { queue, config }: Pick<HostOptions, "queue" | "config">,
): WorkerDescription {
  const overrides = config.queues.get(queueKey(worker.queue)) ?? {};
  const misfit = misfitOf(worker, overrides);
  if (misfit !== undefined) throw new WorkerDeclarationError(misfit);
  try {
    return describe(worker, overrides, queue);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new WorkerDeclarationError(`${file}: ${error.message}`, { cause: error });
  }
}

/** The problem with a setting that a worker of this kind does not have. */
function misfitOf(worker: Worker, overrides: QueueOverrides): string | undefined {
  const { batchSize, concurrency = 1 } = overrides;
  const { queue } = worker;
  const prefix = `PQ_${queueKey(queue).toUpperCase()}`;
  if ("batch" in worker) {
    if (concurrency === 1) return undefined;
    return `${prefix}_CONCURRENCY is ${concurrency}, but the worker of ${queue} takes batches, ` +
      `which run one after another: remove the setting`;
  }
  if (batchSize === undefined) return undefined;
  return `${prefix}_BATCH_SIZE is ${batchSize}, but the worker of ${queue} takes its events one ` +
    `by one: remove the setting`;
}
