/**
 * From a queue's name to a worker that runs: set up, started, stopped.
 *
 * @module
 */

import type { Broker } from "./broker/broker.ts";
import type { Config } from "./config.ts";
import { queueKey } from "./config.ts";
import { Consumer, type Totals } from "./consumer.ts";
import type { Database } from "./database/database.ts";
import { discover, loadWorker, WorkerDeclarationError, type WorkerFile } from "./discovery.ts";
import { errorData } from "./error_data.ts";
import { describe } from "./executor/describe.ts";
import type { Running } from "./executor/executor.ts";
import { InlineExecutor } from "./executor/inline.ts";
import { eventLogger } from "./monitoring/logging.ts";
import type { Reporter } from "./monitoring/report.ts";
import { publishEvent, shardName, shardQueue } from "./publish.ts";
import { unknownQueue, UsageError } from "./usage_error.ts";
import { TOO_LATE, within } from "./within.ts";
import type { Worker, WorkerContext } from "./worker.ts";

/** Which workers to look for. */
export interface ActiveOptions {
  /** Only the test queues, which are left out otherwise. @default {false} */
  readonly onlyTestQueues?: boolean;
  readonly config: Config;
  /** Hears of files that are no workers; the others go on. */
  readonly onProblem?: (problem: WorkerDeclarationError) => void;
}

/**
 * The names of the queues that have an active worker, as Zulip's `get_active_worker_queues`: test
 * queues and those that this configuration does not enable are left out.
 */
export async function getActiveWorkerQueues(options: ActiveOptions): Promise<string[]> {
  const { config, onlyTestQueues = false, onProblem = () => {} } = options;
  const { files, problems } = discover(config.workersDir);
  problems.forEach(onProblem);
  const names: string[] = [];
  for (const file of files) {
    try {
      const worker = await loadWorker(file);
      if (isEnabled(worker, file, config) && (worker.isTestQueue ?? false) === onlyTestQueues) {
        names.push(file.name);
      }
    } catch (error) {
      if (!(error instanceof WorkerDeclarationError)) throw error;
      onProblem(error);
    }
  }
  return names;
}

function isEnabled(worker: Worker, { file }: WorkerFile, config: Config): boolean {
  try {
    return worker.enabled?.(config) ?? true;
  } catch (error) {
    const { name, message } = errorData(error);
    throw new WorkerDeclarationError(
      `${file} has a function enabled that threw ${name}: ${message}`,
      {
        cause: error,
      },
    );
  }
}

/** What a worker needs to run. */
export interface WorkerRunOptions {
  /** `--worker_num`. @default {0} */
  readonly workerNum?: number;
  readonly config: Config;
  readonly broker: Broker;
  readonly report: Reporter;
  /** Take no more than this many events. @default {Infinity} */
  readonly maxEvents?: number;
}

/** Why a worker stopped by itself. */
export type WorkerEnd =
  /** {@linkcode RunningWorker.stop} was called. */
  | "stopped"
  /** It took as many events as it was to take. */
  | "max-events"
  /** A handler did not return when it was aborted; the process has to be replaced. */
  | "stuck";

/** How often limits of time are looked at, in ms. */
const SWEEP_MS = 250;
/** How long a stop waits for what a worker opened to close, in ms. */
const CLOSE_MS = 5000;

/**
 * The worker of a queue, not set up yet.
 *
 * @throws {UsageError} When there is no such queue, or its shard is not named rightly.
 * @throws {WorkerDeclarationError} When its file is not a worker.
 */
export async function getWorker(queue: string, options: WorkerRunOptions): Promise<RunningWorker> {
  const file = requireWorkerFile(queue, options.config.workersDir);
  const consumed = consumedQueue(queue, options.workerNum ?? 0, options.config);
  return new RunningWorker(await loadWorker(file), consumed, options);
}

/**
 * The file of a queue's worker.
 *
 * @throws {UsageError} When there is none: names the nearest queue and all there are, and why files
 * were left out.
 */
export function requireWorkerFile(queue: string, workersDir: string | undefined): WorkerFile {
  const { files, problems } = discover(workersDir);
  const file = files.find(({ name }) => name === queue);
  if (file) return file;
  const { message } = unknownQueue(queue, files.map(({ name }) => name));
  throw new UsageError([message, ...problems.map((problem) => problem.message)].join("\n"));
}

/**
 * The queue that a worker consumes: with shards, the one its number names.
 *
 * @throws {UsageError} When the number names no shard.
 */
export function consumedQueue(queue: string, workerNum: number, config: Config): string {
  const shards = config.shards.get(queueKey(queue)) ?? 1;
  if (shards <= 1) return queue;
  if (workerNum >= 1 && workerNum <= shards) return shardName(queue, workerNum);
  throw new UsageError(
    `${queue} has ${shards} shards, so --worker_num names the shard to consume, ` +
      `from 1 to ${shards}, and it is ${workerNum}`,
  );
}

/** A worker with its consumer. */
export class RunningWorker {
  /** The queue that is consumed; with shards, the shard's name. */
  readonly queue: string;
  readonly #worker: Worker;
  readonly #options: WorkerRunOptions;
  readonly #ended = Promise.withResolvers<WorkerEnd>();
  #consumer: Consumer | undefined;
  #sweeper: ReturnType<typeof setInterval> | undefined;
  #database: Promise<Database> | undefined;
  #resource: AsyncDisposable | undefined;
  #closing: Promise<void> | undefined;
  #isSettingUp = false;
  #isStuck = false;

  /** @param worker The worker. @param queue The queue it consumes. */
  constructor(worker: Worker, queue: string, options: WorkerRunOptions) {
    this.#worker = worker;
    this.queue = queue;
    this.#options = options;
  }

  /** What became of events so far. */
  get totals(): Readonly<Totals> {
    return this.#consumer?.totals ?? { processed: 0, retried: 0, failed: 0 };
  }

  /** How many deliveries are not settled yet. */
  get inFlight(): number {
    return this.#consumer?.inFlight ?? 0;
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
    const context = this.#context();
    this.#consumer = this.#makeConsumer(context);
    this.#isSettingUp = true;
    try {
      this.#resource = await this.#worker.setup?.(context) ?? undefined;
    } finally {
      this.#isSettingUp = false;
    }
    // A stop did not wait for it.
    if (this.#closing) await this.#dispose();
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
    this.#sweeper = setInterval(() => consumer.sweep(performance.now()), SWEEP_MS);
    await consumer.start();
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
   * Drains: finishes what runs within the grace, gives back the rest, closes what was opened. A
   * setup that has not come to its end is not waited for. Called again, it may cut the grace short.
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
    if (this.#isStuck || this.#isSettingUp) return;
    if (await within(CLOSE_MS, this.#dispose()) !== TOO_LATE) return;
    this.#options.report({
      kind: "notice",
      level: "warning",
      queue: this.queue,
      message: "What the worker of {queue} opened is not closed after {seconds} s: it is left so",
      properties: { seconds: CLOSE_MS / 1000 },
    });
  }

  /** Closes what was opened, each thing once. */
  async #dispose(): Promise<void> {
    const resource = this.#resource;
    const database = this.#database;
    this.#resource = undefined;
    this.#database = undefined;
    await resource?.[Symbol.asyncDispose]();
    await (await database?.catch(() => undefined))?.destroy();
  }

  #makeConsumer(context: WorkerContext): Consumer {
    const { config, broker, report, maxEvents } = this.#options;
    const description = describe(this.#worker, config.queues.get(queueKey(this.#worker.queue)));
    return new Consumer({
      queue: this.queue,
      broker,
      report,
      limits: config.limits,
      stateDir: config.stateDir,
      ...(maxEvents === undefined ? {} : { maxEvents }),
      onEnd: (why) => this.#onEnd(why),
      createExecutor: (listener) =>
        new InlineExecutor({
          worker: this.#worker,
          description: { ...description, queue: this.queue },
          context,
          logFor: (event) => eventLogger(this.queue, context.workerNum, event),
          maxEventDepth: config.limits.maxEventDepth,
          abortGraceSeconds: config.abortGraceSeconds,
          listener,
        }),
    });
  }

  #onEnd(why: "stuck" | "max-events"): void {
    if (why === "stuck") this.#isStuck = true;
    this.#ended.resolve(why);
  }

  #context(): WorkerContext {
    const { config, workerNum = 0, broker } = this.#options;
    return {
      queue: this.queue,
      workerNum,
      config,
      log: eventLogger(this.queue, workerNum),
      publish: (queue, event) => publishSharded(broker, config, queue, event),
      database: () => this.#openDatabase(),
    };
  }

  /** One database for the worker; a failed attempt is not kept. */
  #openDatabase(): Promise<Database> {
    this.#database ??= openDatabase(this.#options.config.databaseUrl).catch((error) => {
      this.#database = undefined;
      throw error;
    });
    return this.#database;
  }
}

async function openDatabase(url: string): Promise<Database> {
  const database = await import("./database/database.ts");
  return await database.openDatabase(url);
}

/** Publishes to a queue, or to the shard of it that the event belongs to. */
async function publishSharded(
  broker: Broker,
  config: Config,
  queue: string,
  event: unknown,
): Promise<void> {
  const shards = config.shards.get(queueKey(queue));
  const shard = shards === undefined
    ? undefined
    : (await loadWorker(requireWorkerFile(queue, config.workersDir))).shard;
  await publishEvent(broker, shardQueue(queue, event, shards, shard), JSON.stringify(event));
}
