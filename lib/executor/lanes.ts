/**
 * Runs events one by one, in as many lanes as the worker's concurrency.
 *
 * @module
 */

import type { SingleWorker } from "../worker.ts";
import type { Job } from "./executor.ts";
import { Fifo } from "./fifo.ts";
import { outcomeOfThrown, type Ready, type Run } from "./run.ts";
import { DONE, type RunOptions, Runs } from "./runs.ts";

type Key = string | number;

/** How many jobs are announced at once where they run one after another. */
const ANNOUNCED_AT_ONCE = 32;

/**
 * Takes jobs in their order. A lane runs one job after another; with several lanes, jobs of one
 * key keep their order, and a job that must be alone waits until no other lane runs.
 */
export class Lanes {
  readonly runs: Runs;
  readonly #worker: SingleWorker<unknown>;
  readonly #concurrency: number;
  readonly #waiting = new Fifo<Job>();
  /** The jobs whose key another lane has taken, by that key. */
  readonly #byKey = new Map<Key, Fifo<Ready>>();
  #lanes = 0;
  #announced = 0;
  #aloneRuns = false;
  #stopping = false;

  /** @param options The worker and how to run it. */
  constructor(options: RunOptions) {
    this.runs = new Runs(options);
    this.#worker = options.worker as SingleWorker<unknown>;
    this.#concurrency = options.description.concurrency;
  }

  /** Takes jobs. */
  run(jobs: readonly Job[]): void {
    for (const job of jobs) this.#waiting.push(job);
    if (this.#stopping) return this.recall(Infinity);
    this.runs.tick();
    this.#openLanes();
  }

  /** Gives back what came before a time and has not been started. */
  recall(receivedBefore: number): void {
    const isOld = (job: Job) => job.receivedAt < receivedBefore;
    const jobs = this.#waiting.remove(isOld);
    for (const fifo of this.#byKey.values()) {
      jobs.push(...fifo.remove(({ job }) => isOld(job)).map(({ job }) => job));
    }
    this.#announced = 0;
    this.runs.release(jobs);
  }

  /** Gives back what has not started; waits for the rest, then gives it up. */
  stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    this.recall(Infinity);
    return this.runs.drain(graceMs, this.#lanes === 0);
  }

  #openLanes(): void {
    while (this.#lanes < this.#concurrency && this.#waiting.length > 0 && !this.#aloneRuns) {
      this.#lanes++;
      void this.#lane().then(() => this.#closeLane());
    }
  }

  #closeLane(): void {
    this.#lanes--;
    if (this.#lanes > 0) return;
    if (this.#waiting.length > 0) return this.#openLanes();
    this.runs.quiet();
  }

  async #lane(): Promise<void> {
    for (let job = this.#take(); job; job = this.#take()) {
      const ready = this.runs.parse(job);
      const running = ready && this.#runInOrder(ready);
      if (running) await running;
      if (job.alone) this.#aloneRuns = false;
      if (this.runs.mustYield) await this.runs.yield();
      if (this.#concurrency > 1) this.#openLanes();
    }
  }

  /** The next job that may start now. */
  #take(): Job | undefined {
    const next = this.#waiting.peek();
    if (!next || this.#aloneRuns) return undefined;
    if (next.alone && this.#lanes > 1) return undefined;
    this.#aloneRuns = next.alone;
    this.#announce(next);
    return this.#waiting.shift();
  }

  /** Says what is about to run: some jobs ahead where they run in turn, else all that run. */
  #announce(next: Job): void {
    const { listener } = this.runs.options;
    if (next.alone) {
      this.#announced = 0;
      return listener.onStart([next]);
    }
    if (this.#concurrency > 1) {
      return listener.onStart([...this.runs.running().map(({ job }) => job), next]);
    }
    if (this.#announced-- > 0) return;
    const ahead = this.#ahead();
    this.#announced = ahead.length - 1;
    listener.onStart(ahead);
  }

  #ahead(): Job[] {
    const ahead: Job[] = [];
    for (let i = 0; i < ANNOUNCED_AT_ONCE; i++) {
      const job = this.#waiting.peek(i);
      if (!job || job.alone) break;
      ahead.push(job);
    }
    return ahead;
  }

  /** Runs a job now, or leaves it to the lane that has its key. */
  #runInOrder(ready: Ready): Promise<void> | void {
    if (this.#concurrency === 1 || !this.#worker.orderBy) return this.#run(ready);
    let key: Key;
    try {
      key = this.#worker.orderBy(ready.event);
    } catch (error) {
      return this.runs.skip(ready.job, outcomeOfThrown(error, ready.attempt));
    }
    const taken = this.#byKey.get(key);
    if (taken) return taken.push(ready);
    return this.#runKey(key, ready);
  }

  /** Runs a job and then those of its key that came meanwhile. */
  async #runKey(key: Key, first: Ready): Promise<void> {
    const fifo = new Fifo<Ready>();
    this.#byKey.set(key, fifo);
    for (let ready: Ready | undefined = first; ready; ready = fifo.shift()) {
      await this.#run(ready);
    }
    this.#byKey.delete(key);
  }

  /** Calls the handler; a promise only if the handler returned one. */
  #run(ready: Ready): Promise<void> | void {
    const run = this.runs.begin([ready]);
    try {
      const result = this.#worker.consume(ready.event, run.context);
      if (result !== undefined) return this.#finish(run, ready, result);
    } catch (error) {
      return this.#threw(run, ready, error);
    }
    this.#returned(run, ready);
  }

  async #finish(run: Run, ready: Ready, result: Promise<void>): Promise<void> {
    try {
      await result;
    } catch (error) {
      return this.#threw(run, ready, error);
    }
    this.#returned(run, ready);
  }

  #returned(run: Run, { job }: Ready): void {
    if (this.runs.end(run)) this.runs.settle(run, job, DONE);
  }

  #threw(run: Run, { job, attempt }: Ready, error: unknown): void {
    if (this.runs.end(run)) this.runs.settle(run, job, run.outcomeOf(error, attempt));
  }
}
