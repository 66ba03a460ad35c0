/**
 * Runs events by a worker, each once, without a broker.
 *
 * @module
 */

import type { ExecutorListener, Job } from "../engine/executor/executor.ts";
import type { RunOptions } from "../engine/executor/runs.ts";
import type { Outcome } from "../engine/settle/outcome.ts";
import type { Worker } from "../worker.ts";
import { TestExecutor } from "./executor.ts";
import type { EventOutcome, Recorded } from "./results.ts";
import { toJson } from "../json/to_json.ts";
import { refuseOptions } from "./refusals.ts";
import {
  WORKER_TEST_OPTIONS,
  type WorkerTestOptions,
  WorkerUnderTest,
} from "./worker_under_test.ts";

/** How events are run by {@linkcode runBatch}. */
export interface RunBatchOptions extends WorkerTestOptions {
  /** The `message_id` of each event, in their order. @default {none, as Zulip's publishers} */
  readonly messageIds?: readonly (string | undefined)[];
  /** Which attempt it is, from 1. @default {1} */
  readonly attempt?: number;
  /** When the events were published, in ms since 1970. @default {not known} */
  readonly publishedAt?: number;
  /** When an operator put the events back, in ms since 1970. @default {none did} */
  readonly retriedAt?: number;
  /** Stops the worker when it is aborted: `ctx.signal` is aborted, and events are released. */
  readonly stop?: AbortSignal;
}

/** How an event is run by {@linkcode runEvent}. */
export interface RunEventOptions extends Omit<RunBatchOptions, "messageIds"> {
  /** The event's `message_id`. @default {none, as Zulip's publishers} */
  readonly messageId?: string;
}

const SHARED_OPTIONS = {
  ...WORKER_TEST_OPTIONS,
  attempt: true,
  publishedAt: true,
  retriedAt: true,
  stop: true,
} as const;
const EVENT_OPTIONS = { ...SHARED_OPTIONS, messageId: true } satisfies Record<
  keyof RunEventOptions,
  true
>;
const BATCH_OPTIONS = { ...SHARED_OPTIONS, messageIds: true } satisfies Record<
  keyof RunBatchOptions,
  true
>;

/** The result of one event. */
export interface RunResult extends EventOutcome, Recorded {}

/** The result of several events. */
export interface BatchResult extends Recorded {
  /** One for each event, in their order. */
  readonly events: readonly EventOutcome[];
}

/**
 * Runs one event by a worker, as the program would: the event becomes JSON and is parsed, checked
 * by the worker's schema and passed to the handler. `setup` runs before, and its result is disposed
 * of after. A worker of batches gets a batch of one.
 *
 * An event that is `retried` does not run again here: see {@linkcode TestQueue}.
 *
 * @param event Anything that can be written as JSON.
 * @throws {TypeError} When the event cannot be written as JSON, or there is no such option.
 * @throws {ConfigError} When a variable of `environment` is wrong, or a setting that the worker
 * requires is not set there.
 * @throws {WorkerDeclarationError} When the worker has an unknown option, or requires a setting that
 * there is not.
 * @throws {RangeError} When the worker declares an impossible number.
 * @throws What the worker's `setup` throws, or the disposal of what it returned.
 *
 * @example A test of a worker
 * ```ts ignore
 * import assert from "node:assert/strict";
 * import { runEvent } from "process-queue/testing";
 * import greetings from "../greetings.ts";
 *
 * Deno.test("greetings greets", async () => {
 *   const { outcome, logs } = await runEvent(greetings, { name: "Ada" });
 *   assert.equal(outcome, "done");
 *   assert.equal(logs[0]?.message, "Hello Ada");
 * });
 * ```
 */
export async function runEvent(
  worker: Worker,
  event: unknown,
  options: RunEventOptions = {},
): Promise<RunResult> {
  refuseOptions("runEvent", options, EVENT_OPTIONS);
  const { messageId, ...shared } = options;
  const result = await runBatch(worker, [event], { ...shared, messageIds: [messageId] });
  const { events: [outcome], ...common } = result;
  if (!outcome) throw new Error("The event has no outcome");
  return { ...outcome, ...common };
}

/**
 * Runs several events by a worker that is set up once: as batches of the size the worker declares,
 * or one after another by a worker that takes them one by one. As for {@linkcode runEvent}.
 *
 * @param events Anything that can be written as JSON.
 */
export async function runBatch(
  worker: Worker,
  events: readonly unknown[],
  options: RunBatchOptions = {},
): Promise<BatchResult> {
  refuseOptions("runBatch", options, BATCH_OPTIONS);
  const jobs = events.map((event, index) => jobOf(event, index, options));
  await using tested = await WorkerUnderTest.open(worker, options);
  const runs = new Runs(tested, jobs.length);
  using executor = new TestExecutor((...run) => oneByOne(tested.runOptions(...run)), runs);
  const stop = () => void executor.stop(0);
  options.stop?.addEventListener("abort", stop);
  try {
    if (options.stop?.aborted) stop();
    executor.run(jobs);
    await runs.ended;
  } finally {
    options.stop?.removeEventListener("abort", stop);
  }
  return { events: runs.of(jobs), published: tested.published, logs: tested.logs };
}

/** Runs events one after another, so that publishes and log lines have one order. */
function oneByOne(options: RunOptions): RunOptions {
  return { ...options, description: { ...options.description, concurrency: 1 } };
}

function jobOf(event: unknown, index: number, options: RunBatchOptions): Job {
  return {
    id: options.messageIds?.[index] ?? crypto.randomUUID(),
    body: toJson(event),
    attempt: options.attempt ?? 1,
    publishedAt: options.publishedAt ?? 0,
    retriedAt: options.retriedAt ?? 0,
    receivedAt: performance.now(),
    alone: false,
  };
}

/** Takes the outcomes of events that are run once. */
class Runs implements ExecutorListener {
  readonly #tested: WorkerUnderTest;
  readonly #count: number;
  readonly #outcomes = new Map<Job, EventOutcome>();
  readonly #ended = Promise.withResolvers<void>();

  constructor(tested: WorkerUnderTest, count: number) {
    this.#tested = tested;
    this.#count = count;
    if (count === 0) this.#ended.resolve();
  }

  /** Resolves when every event has its outcome. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** The outcome of each job. */
  of(jobs: readonly Job[]): EventOutcome[] {
    return jobs.map((job) => this.#outcomes.get(job)).filter((outcome) => outcome !== undefined);
  }

  onStart(): void {}

  onOutcome(job: Job, outcome: Outcome): void {
    this.#outcomes.set(job, this.#tested.outcomeOf(job, outcome));
    if (this.#outcomes.size === this.#count) this.#ended.resolve();
  }
}
