/**
 * Runs a worker in a thread: what blocks, crashes or fills its heap there is ended with it, and the
 * next thread goes on. The executor outlives its threads and keeps what they have not finished.
 *
 * @module
 */

import type { ErrorData } from "../../errors/error_data.ts";
import { DONE, GIVEN_UP, type Outcome, RELEASED } from "../settle/outcome.ts";
import type {
  Executor,
  ExecutorListener,
  Job,
  Running,
  WorkerDescription,
} from "../executor/executor.ts";
import { Fifo } from "../executor/fifo.ts";
import { GivenJobs } from "./outstanding.ts";
import type { FromThread, ToThread } from "./messages.ts";
import { type SharedRun, SharedRuns } from "./shared_runs.ts";

/** What the executor needs of a thread. */
export interface JobThread {
  post(message: ToThread): void;
}

/** What a thread's end means. */
export interface ThreadEnd<J extends Job = Job> {
  readonly reason: "crashed" | "out of memory" | "timeout";
  readonly error: ErrorData;
  /** The jobs that surely are to blame. */
  readonly guilty: readonly J[];
  /** Whether any that ran may be to blame. */
  readonly isSuspicious: boolean;
  /** Others that may be to blame: they were given up before. */
  readonly givenUp?: readonly J[];
}

/** A handler that did not return when it was aborted. */
export interface Hang<J extends Job = Job> {
  /** The jobs that ran for longer than their limit and its grace. */
  readonly jobs: readonly J[];
  /** All jobs that run, in this order. */
  readonly running: readonly J[];
}

/** What a {@linkcode ThreadExecutor} is made of. */
export interface ThreadExecutorOptions<J extends Job = Job> {
  readonly description: WorkerDescription;
  readonly listener: ExecutorListener<J>;
  /** Seconds that an aborted handler has to return before it hangs. */
  readonly abortGraceSeconds: number;
  /** A handler hangs: its thread must be ended. */
  readonly onHang: (hang: Hang<J>) => void;
  /**
   * At a stop, a handler goes on: ends its thread, so that its event may run elsewhere.
   *
   * @returns Whether it is gone.
   */
  readonly endThread: () => Promise<boolean>;
  /** How long a thread that was told to stop may take beyond its grace, in ms. @default {1500} */
  readonly stopMs?: number | undefined;
}

/** Jobs a thread may hold where they run one after another. */
const OUTSTANDING = 200;
/** How many times what runs at once a thread may hold elsewhere: all of it is suspect in a crash. */
const AHEAD = 4;
/** What {@linkcode ThreadExecutorOptions.stopMs} is by default. */
const STOP_MS = 1500;
/** How often a thread is asked to give back what waits in it, in ms. */
const RECALL_EVERY_MS = 1000;
/** The least grace where several jobs run at once, in ms: a thread that is blocked is late by then. */
const LEAST_GRACE_MS = 1000;
const MAX_SEQ = 2 ** 31 - 1;

/** An executor whose worker runs in a thread. */
export class ThreadExecutor<J extends Job = Job> implements Executor<J> {
  readonly description: WorkerDescription;
  readonly #options: ThreadExecutorOptions<J>;
  readonly #limit: number;
  readonly #waiting = new Fifo<J>();
  /** What the thread has and has not answered, in the order it was given. */
  readonly #given = new GivenJobs<J>();
  #thread: JobThread | undefined;
  #shared: SharedRuns;
  #seq = 0;
  /** When it last was not deaf, and for how long it has been so. */
  #heardAt = performance.now();
  #deafMs = 0;
  #recalledAt = -Infinity;
  /** What runs in a thread that could not be ended at the stop. */
  readonly #left = new Set<J>();
  /** Whether no job has come to its end in this thread, and so none has left anything behind. */
  #isFresh = true;
  #isStopping = false;
  #isRetiring = false;
  #quiet = Promise.withResolvers<void>();

  /** @param options The worker's numbers, and who hears of outcomes. */
  constructor(options: ThreadExecutorOptions<J>) {
    this.description = options.description;
    this.#options = options;
    const { concurrency, batch } = options.description;
    const size = batch?.size ?? 1;
    this.#limit = concurrency > 1 ? AHEAD * concurrency : Math.max(OUTSTANDING, 2 * size);
    this.#shared = this.newShared();
  }

  /** The memory that a new thread shares with this executor. */
  newShared(): SharedRuns {
    const { concurrency, batch } = this.description;
    const running = Math.max(concurrency, batch?.size ?? 1) + 1;
    return SharedRuns.ofSize({ running, outstanding: this.#limit });
  }

  /** A thread is ready to run jobs; there must be no other. */
  attach(thread: JobThread, shared: SharedRuns): void {
    this.#thread = thread;
    this.#shared = shared;
    this.#isFresh = true;
    this.#isRetiring = false;
    this.#heard(performance.now());
    this.#feed();
  }

  /**
   * Gives the thread nothing more and waits for what runs in it; what it has not started is kept.
   *
   * @param graceMs How long what runs may go on before it is aborted.
   * @returns What ran, and did not come to its end.
   */
  async retire(graceMs: number): Promise<readonly J[]> {
    this.#isRetiring = true;
    const ran = this.#shared.running();
    await this.#drain(graceMs);
    return this.#jobsOf(ran);
  }

  /**
   * The thread is no more: what it had finished is settled, the guilty have used up an attempt, and
   * the rest waits for the next thread; suspects then run alone. One that was alone is guilty,
   * unless another that had run before it in the thread may have left something behind.
   *
   * @returns Whether a job was to blame, or may have been.
   */
  detach({ reason, error, guilty, isSuspicious, givenUp = [] }: ThreadEnd<J>): boolean {
    this.#thread = undefined;
    this.#takeFinished();
    const running = this.#shared.running();
    // What has come to its end meanwhile has its outcome.
    const given = new Set(this.#given.values());
    const blamed = new Set(guilty.filter((job) => given.has(job)));
    const suspected = new Set([...isSuspicious ? this.#jobsOf(running) : [], ...givenUp]);
    const suspects = [...suspected].filter((job) => given.has(job));
    const [only] = suspects;
    if (only?.alone && suspects.length === 1 && this.#isFresh) blamed.add(only);
    for (const job of suspects) job.alone = true;
    const since = new Map(running.map((run) => [this.#given.get(run.seq), run.since]));
    const unfinished = this.#given.remove(() => true).filter((job) => !blamed.has(job));
    this.#options.listener.onStart([]);
    this.#requeue(unfinished);
    for (const job of blamed) this.#crashed(job, since.get(job), reason, error);
    if (this.#isStopping) this.#releaseAll();
    this.#quiet.resolve();
    return blamed.size + suspects.length > 0;
  }

  /** @inheritdoc */
  run(jobs: readonly J[]): void {
    for (const job of jobs) this.#waiting.push(job);
    if (this.#isStopping) return this.#releaseWaiting();
    this.#feed();
  }

  /** @inheritdoc */
  recall(receivedBefore: number): void {
    const oldest = this.#waiting.peek();
    if (this.#holdsOlder(receivedBefore)) this.#recallGiven(receivedBefore);
    if (oldest && oldest.receivedAt < receivedBefore) this.#releaseWaiting();
  }

  /** @inheritdoc */
  running(): readonly Running<J>[] {
    return this.#shared.running().flatMap(({ seq, since }) => {
      const job = this.#given.get(seq);
      return job ? [{ job, since }] : [];
    });
  }

  /** For how long the thread has had jobs, run none of them, and said nothing, in ms. */
  get deafMs(): number {
    return this.#deafMs;
  }

  #heard(now: number): void {
    this.#heardAt = now;
    this.#deafMs = 0;
  }

  /** Nothing more is waited for where nothing runs and nobody answers. */
  #listen(now: number, lateMs: number): void {
    const isBusy = this.#given.size === 0 || this.running().length > 0;
    if (isBusy || lateMs > 0) return this.#heard(now);
    this.#deafMs = now - this.#heardAt;
    if (this.#deafMs > STOP_MS && (this.#isStopping || this.#isRetiring)) this.#quiet.resolve();
  }

  /** @inheritdoc */
  sweep(now: number, lateMs = 0): void {
    this.#takeFinished();
    if (lateMs > 0) this.#shared.postpone(lateMs, now);
    this.#listen(now, lateMs);
    const { maxConsumeSeconds } = this.description;
    if (maxConsumeSeconds === null || !this.#thread) return;
    const most = maxConsumeSeconds * 1000 + this.#graceMs();
    const running = this.running();
    const stuck = running.filter(({ since }) => now - since >= most);
    if (stuck.length === 0) return;
    this.#options.onHang({
      jobs: stuck.map(({ job }) => job),
      running: running.map(({ job }) => job),
    });
  }

  /** Long enough to see that one of several blocks the others, which then are not to blame. */
  #graceMs(): number {
    const ms = this.#options.abortGraceSeconds * 1000;
    return this.description.concurrency > 1 ? Math.max(ms, LEAST_GRACE_MS) : ms;
  }

  /** @inheritdoc */
  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true;
    this.#releaseWaiting();
    await this.#drain(graceMs);
    const isGone = this.#given.size === 0 || await this.#options.endThread();
    if (!isGone) this.#leaveRunning();
    this.#releaseAll();
  }

  /** Has the thread finish what runs; resolves when it has, or takes too long. */
  async #drain(graceMs: number): Promise<void> {
    // Whoever waits already is done when this is.
    const { resolve } = this.#quiet;
    const quiet = this.#quiet = Promise.withResolvers();
    this.#heard(performance.now());
    this.#thread?.post(["stop", graceMs]);
    if (!this.#thread || this.#given.size === 0) quiet.resolve();
    const timer = setTimeout(quiet.resolve, graceMs + (this.#options.stopMs ?? STOP_MS));
    await quiet.promise;
    resolve();
    clearTimeout(timer);
  }

  /** What the thread says of jobs. */
  onMessage(message: FromThread): void {
    this.#heard(performance.now());
    if (message === 0) this.#takeFinished();
    else if (message[0] === "outcome") {
      this.#outcome(message[1], message[2], message[3], message[4]);
    } else if (message[0] === "stopped") {
      this.#takeFinished();
      this.#quiet.resolve();
    }
    this.#feed();
  }

  #takeFinished(): void {
    this.#shared.takeFinished((seq, startedAt, runMs) => {
      this.#outcome(seq, DONE, startedAt, runMs);
    });
  }

  #outcome(seq: number, outcome: Outcome, startedAt: number, runMs: number): void {
    const job = this.#given.get(seq);
    const isReleased = outcome.kind === "released";
    if (!job || (isReleased && this.#keeps(seq))) return;
    this.#given.delete(seq);
    this.#options.listener.onOutcome(job, isReleased ? RELEASED : outcome, startedAt, runMs);
    // What waits here must not run before what the thread has given back.
    if (isReleased) this.#releaseWaiting();
    else this.#isFresh = false;
    if (this.#given.size === 0 && this.#isStopping) this.#quiet.resolve();
  }

  /**
   * Whether what the thread gives back stays here: what it has not started is for the next thread
   * where it retires, and what still runs in it must not run elsewhere.
   */
  #keeps(seq: number): boolean {
    return this.#isRetiring || this.#shared.isRunning(seq);
  }

  /** Gives the thread what it has room for, in few messages; what must run alone, by itself. */
  #feed(): void {
    if (!this.#thread || this.#isStopping || this.#isRetiring) return;
    const next = this.#waiting.peek();
    if (!next) {
      if (this.#given.size === 0) this.#options.listener.onStart([]);
      return;
    }
    if (this.#given.size > this.#limit / 2 || this.#hasAlone()) return;
    if (next.alone) {
      if (this.#given.size === 0) this.#give(this.#thread, 1);
    } else this.#give(this.#thread, this.#limit - this.#given.size);
  }

  #hasAlone(): boolean {
    return this.#given.size === 1 && this.#given.first?.alone === true;
  }

  #give(thread: JobThread, most: number): void {
    const jobs = this.#takeWaiting(most);
    const seqs = jobs.map((job) => this.#number(job));
    this.#options.listener.onStart(this.#given.values());
    const isExact = jobs.every(({ publishedAt }) => Number.isSafeInteger(publishedAt));
    const published = isExact ? jobs[0]?.publishedAt ?? 0 : 0;
    thread.post([
      "jobs",
      performance.now(),
      seqs,
      jobs.map(({ body }) => body),
      jobs.map(({ id }) => id),
      jobs.every(({ attempt }) => attempt === 1) ? [] : jobs.map(({ attempt }) => attempt),
      published,
      jobs.map(({ publishedAt }) => publishedAt - published),
      this.description.batch ? jobs.map(({ receivedAt }) => receivedAt) : [],
      jobs[0]?.alone ?? false,
    ]);
  }

  /** Takes jobs up to one that must be alone. */
  #takeWaiting(most: number): J[] {
    const jobs: J[] = [];
    while (jobs.length < most) {
      const next = this.#waiting.peek();
      if (!next || (next.alone && jobs.length > 0)) break;
      jobs.push(next);
      this.#waiting.shift();
    }
    return jobs;
  }

  #number(job: J): number {
    this.#seq = this.#seq === MAX_SEQ ? 1 : this.#seq + 1;
    this.#given.add(this.#seq, job);
    return this.#seq;
  }

  #jobsOf(runs: readonly SharedRun[]): J[] {
    return runs.map(({ seq }) => this.#given.get(seq)).filter((job) => job !== undefined);
  }

  #crashed(
    job: J,
    since: number | undefined,
    reason: ThreadEnd["reason"],
    error: ErrorData,
  ): void {
    const now = performance.now();
    const outcome: Outcome = { kind: "crashed", reason, attempt: job.attempt, error };
    this.#options.listener.onOutcome(job, outcome, since ?? now, now - (since ?? now));
  }

  /** Back to the front, in their order. */
  #requeue(jobs: readonly J[]): void {
    const behind = this.#waiting.remove(() => true);
    for (const job of [...jobs, ...behind]) this.#waiting.push(job);
  }

  #releaseWaiting(): void {
    const jobs = this.#waiting.remove(() => true);
    for (const job of jobs) this.#release(job);
  }

  /** What runs in a thread that cannot be ended stays among what runs, until the process ends. */
  #leaveRunning(): void {
    const jobs = this.running().map(({ job }) => job).filter((job) => !this.#left.has(job));
    for (const job of jobs) this.#left.add(job);
    for (const job of jobs) this.#end(job, GIVEN_UP);
  }

  /** Gives everything back, whatever the thread does. */
  #releaseAll(): void {
    this.#takeFinished();
    for (const job of this.#given.remove((job) => !this.#left.has(job))) this.#release(job);
    this.#releaseWaiting();
  }

  #release(job: J): void {
    this.#end(job, RELEASED);
  }

  #end(job: J, outcome: Outcome): void {
    this.#options.listener.onOutcome(job, outcome, performance.now(), 0);
  }

  /** Whether the thread holds a job that came before a time and has not been started. */
  #holdsOlder(receivedBefore: number): boolean {
    const oldest = this.#given.first;
    if (!oldest || oldest.receivedAt >= receivedBefore) return false;
    const running = new Set(this.running().map(({ job }) => job));
    return this.#given.values().some((job) => {
      return job.receivedAt < receivedBefore && !running.has(job);
    });
  }

  #recallGiven(receivedBefore: number): void {
    const now = performance.now();
    if (receivedBefore !== Infinity && now - this.#recalledAt < RECALL_EVERY_MS) return;
    this.#recalledAt = now;
    // Of what runs one by one all is given back, and only of batches it is known when it came.
    this.#thread?.post(["recall", this.description.batch ? receivedBefore : Infinity]);
  }
}
