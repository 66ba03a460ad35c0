/**
 * A worker under test, with its configuration, its context and what it opens.
 *
 * @module
 */

import { type Config, loadConfig } from "../config/config.ts";
import type { Environment } from "../config/environment.ts";
import { queueKey } from "../config/queue_key.ts";
import type { Database } from "../domain/database/database.ts";
import { describe } from "../engine/host/describe.ts";
import type { PublishBody } from "../engine/host/host.ts";
import { messageIdOf } from "../json/message_id.ts";
import { WorkerSetup } from "../engine/host/worker_setup.ts";
import type {
  ExecutorListener,
  Job,
  OnHung,
  WorkerDescription,
} from "../engine/executor/executor.ts";
import type { RunOptions } from "../engine/executor/runs.ts";
import type { Outcome } from "../engine/settle/outcome.ts";
import { settle, type SettlePolicy } from "../engine/settle/settle.ts";
import { InnerThreads } from "../engine/thread/inner_threads.ts";
import { parseJson } from "../json/parse_json.ts";
import { toJson } from "../json/to_json.ts";
import type { LoopOptions, Worker, WorkerContext } from "../worker.ts";
import { keptLog } from "./logs.ts";
import { refuseWorker } from "./refusals.ts";
import { Reports } from "./reports.ts";
import {
  type EventOutcome,
  eventOutcome,
  type LoggedLine,
  type PublishedEvent,
} from "./results.ts";

/** The surroundings of a worker under test. */
export interface WorkerTestOptions {
  /**
   * The variables from which its configuration is made; the real environment is ignored.
   * `STATE_DIR` is a temporary folder that is removed at the end, and `DATABASE_URL` a SQLite
   * database in memory, unless they are given here. @default {{}}
   */
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * The result of `ctx.database()`, which stays open, such as {@linkcode openTestDatabase}'s.
   * @default {the database of `DATABASE_URL`, opened when it is asked for and closed at the end}
   */
  readonly database?: Database;
  /**
   * Seconds one call of the handler may take, in place of the worker's own: 0.01 tests what the
   * handler does at its limit. `null` for no limit.
   */
  readonly maxConsumeSeconds?: number | null;
}

/** The names of {@linkcode WorkerTestOptions}. */
export const WORKER_TEST_OPTIONS = {
  environment: true,
  database: true,
  maxConsumeSeconds: true,
} as const satisfies Record<keyof WorkerTestOptions, true>;

/** Sends a published body on its way. `id` is the `message_id` that the worker gave it. */
export type Send = PublishBody;

/** A worker with all it needs to run. */
export class WorkerUnderTest implements AsyncDisposable {
  readonly config: Config;
  /** The worker's description, except that no batch waits for more events. */
  readonly description: WorkerDescription;
  readonly published: PublishedEvent[] = [];
  readonly logs: LoggedLine[] = [];
  readonly #worker: Worker;
  readonly #send: Send;
  readonly #setup: WorkerSetup;
  readonly #opened = new AsyncDisposableStack();
  readonly #reports = new Reports();

  private constructor(worker: Worker, options: WorkerTestOptions, send: Send, folder: string) {
    this.#worker = worker;
    this.#send = send;
    this.config = loadConfig(environmentIn(folder, options.environment));
    refuseWorker(worker, this.config);
    this.description = described(worker, options, this.config);
    this.#setup = new WorkerSetup(worker, {
      queue: worker.queue,
      workerNum: 0,
      config: this.config,
      log: keptLog(this.logs, worker.queue),
      publish: (...event) => this.#publish(...event),
      threads: new InnerThreads({ queue: worker.queue, workerNum: 0, config: this.config }),
      database: options.database,
    });
  }

  /**
   * Sets a worker up.
   *
   * @throws {ConfigError} When a variable is wrong, or a setting that the worker requires is not set.
   * @throws {WorkerDeclarationError} When it has an unknown option, or requires no setting.
   * @throws {RangeError} When the worker declares an impossible number.
   * @throws {Error} The error of its `setup`.
   */
  static async open(
    worker: Worker,
    options: WorkerTestOptions,
    send: Send = () => Promise.resolve(),
  ): Promise<WorkerUnderTest> {
    await using opened = new AsyncDisposableStack();
    const folder = await Deno.makeTempDir({ prefix: "pq-worker-test-" });
    opened.defer(() => Deno.remove(folder, { recursive: true }));
    const tested = new WorkerUnderTest(worker, options, send, folder);
    opened.defer(() => tested.#setup.close());
    await tested.#setup.setup();
    tested.#opened.use(opened.move());
    return tested;
  }

  /** The loops that its `setup` declared. */
  get loops(): readonly LoopOptions[] {
    return this.#setup.loops;
  }

  /** The outcome of a run. @param past What happened to the event before. */
  outcomeOf(
    job: Job,
    outcome: Outcome,
    past: Pick<SettlePolicy, "crashes" | "failingMs"> = { crashes: 0 },
  ): EventOutcome {
    const { retries, patienceSeconds } = this.description;
    const settlement = settle(outcome, { retries, patienceSeconds, ...past });
    return eventOutcome(outcome, settlement, job.attempt, this.#reports.of(job));
  }

  /** The options that run the worker's events. */
  runOptions<J extends Job>(listener: ExecutorListener<J>, onHung: OnHung<J>): RunOptions<J> {
    const { abortGraceSeconds, limits } = this.config;
    return {
      worker: this.#reports.watched(this.#worker),
      description: this.description,
      context: this.#setup.context,
      logFor: (event) => keptLog(this.logs, this.#worker.queue, event),
      maxEventDepth: limits.maxEventDepth,
      listener,
      hang: { graceSeconds: abortGraceSeconds, onHung },
      probe: this.#reports,
    };
  }

  /** Disposes of the result of `setup`, and removes the database and folder of the test. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened.disposeAsync();
  }

  async #publish(...[queue, event, options]: Parameters<WorkerContext["publish"]>): Promise<void> {
    const body = toJson(event);
    const id = messageIdOf(queue, options);
    await this.#send(queue, body, id);
    this.published.push({ queue, event: parseJson(body), ...(id !== undefined && { id }) });
  }
}

/** Opens a migrated, empty SQLite database in memory; close it, or declare it with `await using`. */
export async function openTestDatabase(): Promise<Database> {
  const { openDatabase } = await import("../domain/database/database.ts");
  return await openDatabase(IN_MEMORY);
}

const IN_MEMORY = "sqlite::memory:";

function environmentIn(folder: string, environment: Environment = {}): Environment {
  return {
    STATE_DIR: folder,
    QUEUE_STATS_DIR: `${folder}/stats`,
    DATABASE_URL: IN_MEMORY,
    ...environment,
  };
}

function described(
  worker: Worker,
  { maxConsumeSeconds }: WorkerTestOptions,
  config: Config,
): WorkerDescription {
  const overrides = config.queues.get(queueKey(worker.queue)) ?? {};
  const limit = maxConsumeSeconds === undefined ? {} : { maxConsumeSeconds };
  const description = describe(worker, { ...overrides, ...limit });
  const { batch } = description;
  return { ...description, batch: batch && { ...batch, seconds: 0 } };
}
