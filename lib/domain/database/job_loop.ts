/**
 * The loop that does jobs, one at a time, each in a thread of its own.
 *
 * @module
 */

import type { Transaction } from "kysely";
import { type ErrorData, errorData } from "../../errors/error_data.ts";
import { isDatabaseLost } from "./database_error.ts";
import { JobKeeper } from "./job_keeper.ts";
import { endJob, type Job, postponeJob, pruneJobs, releaseJob, takeJob } from "./jobs.ts";
import { type OutboxContext, type PublishWithTransaction, withOutbox } from "./outbox.ts";
import { Pruning } from "./pruning.ts";
import type { Database, Tables } from "./tables.ts";

/** How a type of job is done. */
export interface JobType {
  /**
   * The module that does it: its default function gets `{ args, progress }`, reports how far it is by
   * `progress`, and stops at its next step when its signal is aborted, by throwing.
   */
  readonly module: URL;
  /** Heap of its thread in MB. @default {that of ctx.thread} */
  readonly maxHeapMb?: number;
  /** Seconds that one run may take. @default {3600} */
  readonly maxSeconds?: number;
  /** Stores the result, in the transaction that ends the job. */
  finish?(
    trx: Transaction<Tables>,
    job: Job,
    result: unknown,
    publish: PublishWithTransaction,
  ): Promise<void> | void;
  /** Stores that the job has failed, in the transaction that ends it. */
  fail?(
    trx: Transaction<Tables>,
    job: Job,
    reason: string,
    publish: PublishWithTransaction,
  ): Promise<void> | void;
}

/** A thread that runs a module's default function, as `ctx.thread` makes it. */
export interface JobThread extends AsyncDisposable {
  run(
    input: unknown,
    options: { readonly signal: AbortSignal; onProgress(value: unknown): void },
  ): Promise<unknown>;
}

/** What the loop needs of a worker's `ctx`. */
export interface JobContext extends Omit<OutboxContext, "log"> {
  readonly owner: string;
  readonly log: Record<
    "info" | "warn" | "error",
    (message: string, properties?: Record<string, unknown>) => void
  >;
  database(): Promise<Database>;
  thread(
    module: URL,
    options: { readonly name?: string; readonly maxHeapMb?: number },
  ): Promise<JobThread>;
}

/** The options of {@linkcode jobLoop}. */
export interface JobLoopOptions {
  /** ms since 1970. @default {Date.now} */
  readonly now?: () => number;
}

/** A loop, as `ctx.loop` takes it. */
export interface JobLoop {
  readonly name: string;
  readonly everySeconds: number;
  readonly maxSeconds: number;
  /** Does one job. @returns True where there was one. @throws {DatabaseError} When it is lost. */
  run(signal: AbortSignal): Promise<boolean>;
}

/** How often a job is taken before it fails: its process may have ended because of it. */
const MOST_TAKEN = 3;
const EVERY_SECONDS = 10;
/** The default of {@linkcode JobType.maxSeconds}. */
const MAX_SECONDS = 3600;
/** Seconds of a pass beside those of its job. */
const MORE_SECONDS = 60;

const pruning = new Pruning();

/**
 * The loop that does the jobs of these types, for `ctx.loop` in `setup`. Several processes may run
 * it: a job is taken by one, and by another when it has shown no sign of life for 60 s. So a job's
 * steps must be safe to repeat; its progress tells which it has done. A run that fails is repeated a
 * minute later, three runs in all; an error named `Fail` fails the job at once. Its message is logged
 * and stored as it is, so it must quote no secret.
 */
export function jobLoop(
  ctx: JobContext,
  types: Readonly<Record<string, JobType>>,
  { now = Date.now }: JobLoopOptions = {},
): JobLoop {
  const limits = Object.values(types).map(({ maxSeconds = MAX_SECONDS }) => maxSeconds);
  return {
    name: "jobs",
    everySeconds: EVERY_SECONDS,
    maxSeconds: Math.max(0, ...limits) + MORE_SECONDS,
    async run(signal) {
      const db = await ctx.database();
      await pruning.nowAndThen(db, now(), (limit) => pruneJobs(db, now(), limit));
      const doer = { owner: ctx.owner, now: now() };
      const job = signal.aborted ? undefined : await takeJob(db, Object.keys(types), doer);
      const type = types[job?.type ?? ""];
      if (!job || !type) return false;
      await new JobRun({ ctx, db, job, type, now }).run(signal);
      return true;
    },
  };
}

/** What a {@linkcode JobRun} is made of. */
interface JobRunOptions {
  readonly ctx: JobContext;
  readonly db: Database;
  readonly job: Job;
  readonly type: JobType;
  readonly now: () => number;
}

/** One run of a job. */
class JobRun {
  readonly #options: JobRunOptions;

  constructor(options: JobRunOptions) {
    this.#options = options;
  }

  /** Does the job. @param stop Aborted when the worker stops. */
  async run(stop: AbortSignal): Promise<void> {
    const { ctx: { log }, job } = this.#options;
    if (job.taken > MOST_TAKEN) return await this.#fail(job.error ?? ENDED);
    log.info("The job {key} of type {type} begins", this.#names);
    const lost = new AbortController();
    const end = await this.#do(stop, lost);
    if (lost.signal.aborted) return log.warn(LOST, this.#names);
    if (end.error === undefined) return await this.#finish(end.result);
    if (stop.aborted) return await this.#release();
    await this.#failed(errorData(end.error));
  }

  async #do(stop: AbortSignal, lost: AbortController): Promise<End> {
    const { ctx, db, job, type, now } = this.#options;
    const { maxHeapMb, maxSeconds = MAX_SECONDS } = type;
    const onLost = () => lost.abort(new Error("The job belongs to another process by now"));
    await using keeper = new JobKeeper(db, { key: job.key, owner: ctx.owner, now, onLost });
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(tooLong(maxSeconds)), maxSeconds * 1000);
    try {
      await using thread = await ctx.thread(type.module, {
        name: `job ${job.type}`,
        ...(maxHeapMb !== undefined && { maxHeapMb }),
      });
      const signal = AbortSignal.any([stop, lost.signal, limit.signal]);
      const onProgress = (value: unknown) => {
        try {
          keeper.progress(value);
        } catch (error) {
          limit.abort(error);
        }
      };
      const input = { args: job.args, progress: job.progress };
      return { result: await thread.run(input, { signal, onProgress }) };
    } catch (error) {
      return { error: error ?? new Error("The job failed") };
    } finally {
      clearTimeout(timer);
    }
  }

  async #finish(result: unknown): Promise<void> {
    const { ctx: { log }, job, type } = this.#options;
    try {
      const isOurs = await this.#end((trx, publish) => type.finish?.(trx, job, result, publish));
      if (isOurs) log.info("The job {key} of type {type} is done", this.#names);
    } catch (error) {
      if (isDatabaseLost(error)) throw error;
      await this.#failed(errorData(error));
    }
  }

  async #failed(error: ErrorData): Promise<void> {
    const { ctx: { log }, db, job } = this.#options;
    const reason = `${error.name}: ${error.message}`;
    if (error.name === "Fail" || job.taken >= MOST_TAKEN) return await this.#fail(reason);
    await postponeJob(db, job.key, this.#doer, reason);
    log.warn("The job {key} of type {type} failed and is tried again in 60 s: {reason}", {
      ...this.#names,
      reason,
    });
  }

  async #fail(reason: string): Promise<void> {
    const { ctx: { log }, job, type } = this.#options;
    const isOurs = await this.#end(
      (trx, publish) => type.fail?.(trx, job, reason, publish),
      reason,
    );
    const properties = { ...this.#names, reason };
    if (isOurs) log.error("The job {key} of type {type} has failed for good: {reason}", properties);
  }

  async #release(): Promise<void> {
    const { ctx: { log }, db, job } = this.#options;
    await releaseJob(db, job.key, this.#doer);
    log.info("The job {key} of type {type} goes on in another process", this.#names);
  }

  /** Ends the job, with what else belongs to its end. @returns Whether it was ours still. */
  async #end(
    more: (trx: Transaction<Tables>, publish: PublishWithTransaction) => Promise<void> | void,
    error?: string,
  ): Promise<boolean> {
    const { ctx, db, job } = this.#options;
    const isOurs = await withOutbox(db, ctx, async (trx, publish) => {
      if (!await endJob(trx, job.key, this.#doer, error)) return false;
      await more(trx, publish);
      return true;
    });
    if (!isOurs) ctx.log.warn(LOST, this.#names);
    return isOurs;
  }

  get #doer(): { owner: string; now: number } {
    return { owner: this.#options.ctx.owner, now: this.#options.now() };
  }

  get #names(): Record<string, unknown> {
    const { key, type } = this.#options.job;
    return { key, type };
  }
}

/** The end of a run: a result, or an error. */
type End =
  | { readonly result: unknown; readonly error?: undefined }
  | { readonly error: NonNullable<unknown> };

const ENDED = `the process that did it ended ${MOST_TAKEN} times`;
const LOST = "The job {key} of type {type} was taken over by another process: it stops here";

function tooLong(seconds: number): Error {
  return new Error(`The job took more than ${seconds} s`);
}
