/**
 * Runs a worker in a thread: what blocks, crashes or fills its heap there is ended with it, and the
 * next thread goes on. The executor outlives its threads and keeps what they have not finished.
 *
 * @module
 */

import { DONE, GIVEN_UP, type Outcome, RELEASED } from "../settle/outcome.ts";
import {
  type Executor,
  type ExecutorListener,
  type Job,
  notRun,
  type Running,
  type RunTime,
  type WorkerDescription,
} from "../executor/executor.ts";
import { type Blame, judge } from "./blame.ts";
import { Drain } from "./drain.ts";
import { jobsMessage } from "./jobs_message.ts";
import type { JobsAnswer } from "./messages.ts";
import { BLOCKED_MS, type JobState } from "./responsiveness.ts";
import { type HungEnd, reasonToEnd, type UnresponsiveEnd } from "./thread_end.ts";
import { ThreadJobs } from "./thread_jobs.ts";
import { WaitingJobs } from "./waiting_jobs.ts";
import type { WorkerThread } from "./worker_thread.ts";

/** What the executor needs of a thread. */
export type JobThread = Pick<
  WorkerThread,
  "setUp" | "ready" | "post" | "isLate" | "unresponsiveMs" | "stop"
>;

/** What a {@linkcode ThreadExecutor} is made of. */
export interface ThreadExecutorOptions<J extends Job = Job> {
  readonly description: WorkerDescription;
  readonly listener: ExecutorListener<J>;
  /** Seconds between the abort of a handler and the point at which it hangs. */
  readonly abortGraceSeconds: number;
}

/** How long a thread may take to stop beyond its grace, in ms. */
const STOP_MS = BLOCKED_MS;
/** How often a thread is asked to release what waits in it, in ms. */
const RECALL_EVERY_MS = 1000;
/** An executor whose worker runs in a thread. */
export class ThreadExecutor<J extends Job = Job> implements Executor<J> {
  readonly description: WorkerDescription;
  readonly #options: ThreadExecutorOptions<J>;
  readonly #waiting = new WaitingJobs<J>();
  #jobs: ThreadJobs<J>;
  readonly #drain = new Drain();
  #thread: JobThread | undefined;
  #phase: "open" | "retiring" | "stopping" = "open";
  #recalledAt = -Infinity;
  /** What runs in a thread that could not be ended at the stop. */
  readonly #left = new Set<J>();

  /** @param options The worker's numbers, and who hears of outcomes. */
  constructor(options: ThreadExecutorOptions<J>) {
    this.description = options.description;
    this.#options = options;
    this.#jobs = new ThreadJobs(options.description);
  }

  /** What the thread does with its jobs. */
  get state(): JobState {
    return this.#jobs.state;
  }

  /** Whether a thread runs its jobs. */
  get hasThread(): boolean {
    return this.#thread !== undefined;
  }

  /** Whether its thread, or the next one, gets jobs: it neither retires a thread nor is stopped. */
  get isOpen(): boolean {
    return this.#phase === "open";
  }

  /** @inheritdoc */
  running(): readonly Running<J>[] {
    return this.#jobs.running();
  }

  // A thread comes and goes.

  /**
   * Has a thread set its worker up, and then run jobs; there must be no other.
   *
   * @returns Whether it does: otherwise it has ended.
   */
  async attach(thread: JobThread): Promise<boolean> {
    const jobs = new ThreadJobs<J>(this.description);
    thread.setUp(jobs.shared.memory, this.description, (answer) => this.#onAnswer(answer));
    if (!await thread.ready) return false;
    this.#thread = thread;
    this.#jobs = jobs;
    if (this.#phase === "retiring") this.#phase = "open";
    this.#feed();
    thread.post(["loops"]);
    return true;
  }

  /**
   * Sends the thread nothing more and waits for what runs in it. What it has not started is kept
   * for the next thread.
   *
   * @param graceMs How long what runs may go on before it is aborted.
   * @returns What ran, and did not end in time.
   */
  async retire(graceMs: number): Promise<readonly J[]> {
    if (this.#phase === "open") this.#phase = "retiring";
    const ran = this.running();
    await this.#drainThread(graceMs);
    const outstanding = new Set(this.#jobs.outstanding.values());
    return ran.map(({ job }) => job).filter((job) => outstanding.has(job));
  }

  /**
   * The thread is gone. What it had finished is settled, what is to blame has used up an attempt,
   * and the rest waits for the next thread, where suspects run alone.
   *
   * @returns Whether a job was to blame, or may have been.
   */
  detach(blame: Blame): boolean {
    this.#thread = undefined;
    this.#takeFinished();
    const { outstanding, isFresh } = this.#jobs;
    const running = this.#jobs.running();
    const { blamed, suspects } = judge(blame, {
      outstanding: outstanding.values(),
      running: running.map(({ job }) => job),
      isFresh,
    });
    for (const job of suspects) job.alone = true;
    const unfinished = outstanding.remove(() => true).filter((job) => !blamed.has(job));
    this.#options.listener.onStart([]);
    this.#waiting.putBack(unfinished);
    const since = new Map(running.map((run) => [run.job, run.since]));
    for (const job of blamed) this.#crashed(job, since.get(job), blame);
    if (this.#phase === "stopping") this.#releaseAll();
    this.#drain.end();
    return blamed.size + suspects.length > 0;
  }

  #crashed(job: J, since: number | undefined, { reason, error }: Blame): void {
    const now = performance.now();
    const startedAt = since ?? now;
    const outcome: Outcome = { kind: "crashed", reason, attempt: job.attempt, error };
    const runMs = now - startedAt;
    this.#options.listener.onOutcome(job, outcome, { startedAt, runMs, shareMs: runMs });
  }

  // Jobs on their way to the thread.

  /** @inheritdoc */
  run(jobs: readonly J[]): void {
    this.#waiting.push(jobs);
    if (this.#phase === "stopping") return this.#releaseWaiting();
    this.#feed();
  }

  /** Sends the thread what it has room for, in few messages; what must run alone, by itself. */
  #feed(): void {
    if (!this.#thread || this.#phase !== "open") return;
    const { next } = this.#waiting;
    if (next) {
      const room = this.#jobs.roomFor(next);
      if (room > 0) this.#send(this.#thread, room);
    } else if (this.#jobs.outstanding.size === 0) this.#options.listener.onStart([]);
  }

  #send(thread: JobThread, most: number): void {
    const { outstanding } = this.#jobs;
    const jobs = this.#waiting.take(most);
    const seqs = jobs.map((job) => outstanding.add(job));
    this.#options.listener.onStart(outstanding.values());
    thread.post(jobsMessage(jobs, seqs, this.description.batch !== undefined));
  }

  // What the thread says.

  #onAnswer(answer: JobsAnswer): void {
    if (answer === 0) this.#takeFinished();
    else if (answer[0] === "outcome") {
      this.#onOutcome(answer[1], answer[2], answer[3]);
    } else {
      this.#takeFinished();
      this.#drain.end();
    }
    this.#feed();
  }

  #takeFinished(): void {
    this.#jobs.shared.takeFinished((seq, time) => this.#onOutcome(seq, DONE, time));
  }

  #onOutcome(seq: number, outcome: Outcome, time: RunTime): void {
    const { outstanding } = this.#jobs;
    const job = outstanding.get(seq);
    const isReleased = outcome.kind === "released";
    if (!job || (isReleased && this.#keeps(seq))) return;
    outstanding.delete(seq);
    this.#options.listener.onOutcome(job, isReleased ? RELEASED : outcome, time);
    // What waits here must not run before what the thread has released.
    if (isReleased) this.#releaseWaiting();
    else this.#jobs.isFresh = false;
    if (outstanding.size === 0 && this.#phase === "stopping") this.#drain.end();
  }

  /**
   * Whether what the thread releases stays here: what it has not started is for the next thread
   * where it retires, and what still runs in it must not run elsewhere.
   */
  #keeps(seq: number): boolean {
    return this.#phase === "retiring" || this.#jobs.shared.isRunning(seq);
  }

  // Limits of time.

  /** @inheritdoc */
  sweep(now: number, lateMs = 0): void {
    this.#takeFinished();
    if (lateMs > 0) this.#jobs.shared.postpone(lateMs, now);
    if (this.#phase === "open" || !this.#thread) return;
    // Nothing runs, and nobody answers.
    const silentMs = Math.min(this.#thread.unresponsiveMs, this.#drain.ageMs(now));
    if (silentMs > STOP_MS) this.#drain.end();
  }

  /** Why its thread has to be ended, if it has to be. @param now `performance.now()` */
  reasonToEnd(now: number): HungEnd | UnresponsiveEnd | undefined {
    if (!this.#thread) return undefined;
    const { isLate, unresponsiveMs } = this.#thread;
    const isStopping = this.#phase === "stopping";
    const signs = { ...this.#options, running: this.running(), isLate, unresponsiveMs, isStopping };
    return reasonToEnd(signs, now);
  }

  /** @inheritdoc */
  recall(receivedBefore: number): void {
    const { next } = this.#waiting;
    if (this.#jobs.holdsOlder(receivedBefore)) this.#recallFromThread(receivedBefore);
    if (next && next.receivedAt < receivedBefore) this.#releaseWaiting();
  }

  #recallFromThread(receivedBefore: number): void {
    const now = performance.now();
    if (receivedBefore !== Infinity && now - this.#recalledAt < RECALL_EVERY_MS) return;
    this.#recalledAt = now;
    // Only of batches the thread knows when an event came: of others it releases all.
    this.#thread?.post(["recall", this.description.batch ? receivedBefore : Infinity]);
  }

  // The stop.

  /** @inheritdoc */
  async stop(graceMs: number): Promise<void> {
    this.#phase = "stopping";
    this.#releaseWaiting();
    await this.#drainThread(graceMs);
    const isGone = this.#jobs.outstanding.size === 0 || await this.#thread?.stop();
    if (isGone === false) this.#leaveRunning();
    this.#releaseAll();
  }

  /** Has the thread finish what runs; resolves when it has, or takes too long. */
  async #drainThread(graceMs: number): Promise<void> {
    const drained = this.#drain.wait(graceMs + STOP_MS);
    this.#thread?.post(["stop", graceMs]);
    if (!this.#thread || this.#jobs.outstanding.size === 0) this.#drain.end();
    await drained;
  }

  /** What runs in a thread that cannot be ended stays among what runs, until the process ends. */
  #leaveRunning(): void {
    const jobs = this.#jobs.running().map(({ job }) => job).filter((job) => !this.#left.has(job));
    for (const job of jobs) this.#left.add(job);
    for (const job of jobs) this.#end(job, GIVEN_UP);
  }

  #releaseWaiting(): void {
    for (const job of this.#waiting.takeAll()) this.#end(job, RELEASED);
  }

  /** Releases everything, whatever the thread does. */
  #releaseAll(): void {
    this.#takeFinished();
    const jobs = this.#jobs.outstanding.remove((job) => !this.#left.has(job));
    for (const job of jobs) this.#end(job, RELEASED);
    this.#releaseWaiting();
  }

  #end(job: J, outcome: Outcome): void {
    this.#options.listener.onOutcome(job, outcome, notRun(performance.now()));
  }
}
