/**
 * Runs events in batches, which are limited by their size and by the time to gather them.
 *
 * @module
 */

import { callFor } from "./current_run.ts";
import { errorData } from "../../errors/error_data.ts";
import { DONE, type Outcome } from "../settle/outcome.ts";
import { BatchError, type BatchWorker } from "../../worker.ts";
import type { Job } from "./executor.ts";
import { Fifo } from "./fifo.ts";
import { isA, type Run, steers } from "./run.ts";
import { type RunOptions, Runs } from "./runs.ts";

/** Gathers jobs and runs one batch after another; a job that must be alone is a batch of one. */
export class Batches<J extends Job = Job> {
  readonly runs: Runs<J>;
  readonly #worker: BatchWorker<unknown>;
  readonly #size: number;
  readonly #seconds: number;
  readonly #waiting = new Fifo<J>();
  /** The batch that is being gathered. */
  #gathered: J[] = [];
  /** The jobs of a batch that failed: they run again one by one. */
  readonly #singles = new Fifo<J>();
  #active = false;
  #stopping = false;
  #wake: (() => void) | undefined;

  /** @param options The worker and how to run it. */
  constructor(options: RunOptions<J>) {
    this.runs = new Runs(options);
    this.#worker = options.worker as BatchWorker<unknown>;
    this.#size = options.description.batch?.size ?? 1;
    this.#seconds = options.description.batch?.seconds ?? 0;
  }

  /** Takes jobs. */
  run(jobs: readonly J[]): void {
    for (const job of jobs) this.#waiting.push(job);
    if (this.#stopping) return this.recall(Infinity);
    this.runs.tick();
    this.#wake?.();
    if (this.#active || this.#waiting.length === 0) return;
    this.#active = true;
    void this.#runAll();
  }

  /**
   * Releases what came before a time and has not been started. What runs again one by one is
   * released only where everything is: else it would fail in its batch for ever, uncounted.
   */
  recall(receivedBefore: number): void {
    const isOld = (job: J) => job.receivedAt < receivedBefore;
    const singles = receivedBefore === Infinity ? this.#singles.remove(isOld) : [];
    const jobs = [...singles, ...this.#gathered.filter(isOld)];
    this.#gathered = this.#gathered.filter((job) => !isOld(job));
    jobs.push(...this.#waiting.remove(isOld));
    this.runs.release(jobs);
  }

  /** Releases what has not started, and drains the rest. @param graceMs Until what runs is aborted. */
  stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    this.recall(Infinity);
    this.#wake?.();
    return this.runs.drain(graceMs, !this.#active);
  }

  async #runAll(): Promise<void> {
    while (this.#singles.length + this.#waiting.length + this.#gathered.length > 0) {
      const batch = await this.#nextBatch();
      if (batch.length > 0) await this.#runBatch(batch);
      if (this.runs.mustYield) await this.runs.yield();
    }
    this.#active = false;
    this.runs.quiet();
  }

  async #nextBatch(): Promise<readonly J[]> {
    const single = this.#singles.shift();
    if (single) return [single];
    await this.#gather();
    const batch = this.#gathered;
    this.#gathered = [];
    return batch;
  }

  /** Fills the batch: to its size, until its time is over, or up to a job that must be alone. */
  async #gather(): Promise<void> {
    while (!this.#fill()) {
      const [first] = this.#gathered;
      if (!first) return;
      const left = first.receivedAt + this.#seconds * 1000 - performance.now();
      if (left <= 0) return;
      await this.#moreWithin(left);
    }
  }

  /** Moves jobs that wait into the batch. @returns Whether it must not wait for more. */
  #fill(): boolean {
    while (this.#gathered.length < this.#size) {
      const next = this.#waiting.peek();
      if (!next) return this.#stopping;
      if (next.alone && this.#gathered.length > 0) return true;
      this.#waiting.shift();
      this.#gathered.push(next);
      if (next.alone) return true;
    }
    return true;
  }

  /** Resolves when jobs come, a stop begins, or the time is over. */
  #moreWithin(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wake?.(), ms);
      this.#wake = () => {
        this.#wake = undefined;
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Announces what is about to run before the bodies are parsed: that may end the thread. */
  async #runBatch(jobs: readonly J[]): Promise<void> {
    this.runs.options.listener.onStart(jobs);
    this.runs.tick();
    const batch = jobs.map((job) => this.runs.parse(job)).filter((ready) => ready !== undefined);
    this.runs.tick();
    if (batch.length === 0) return;
    const run = this.runs.begin(batch);
    try {
      const events = batch.map(({ event }) => event);
      const result = callFor(run, () => this.#worker.consumeBatch(events, run.context));
      if (result !== undefined) await result;
      if (run.isCutShort) this.#endFailed(run, run.abortedBy);
      else this.#end(run, () => DONE);
    } catch (error) {
      this.#endFailed(run, error);
    }
  }

  #end(run: Run<J>, outcomeOf: (index: number) => Outcome): void {
    if (!this.runs.end(run)) return;
    const outcomes = run.items.map((_, index) => outcomeOf(index));
    run.items.forEach(({ job }, index) => this.runs.settle(run, job, outcomes[index] ?? DONE));
    // What waits needs what is away.
    if (outcomes.some(({ kind }) => kind === "paused")) this.recall(Infinity);
  }

  /**
   * Gives each event its own outcome where the error has one; else the events run again one by one,
   * also where they ran too long together.
   */
  #endFailed(run: Run<J>, error: unknown): void {
    const { items } = run;
    if (isA(error, BatchError) && error.outcomes.length === items.length) {
      return this.#end(run, (index) => this.#itemOutcome(run, index, error.outcomes[index]));
    }
    const isForAll = items.length === 1 || run.isGivenUp || (!run.abortedBy && steers(error));
    if (isForAll) {
      return this.#end(run, (index) => run.outcomeOf(error, items[index]?.attempt ?? 1));
    }
    if (!this.runs.end(run)) return;
    for (const { job } of items) this.#singles.push(job);
    if (this.#stopping) this.recall(Infinity);
    else this.#logFallback(run, run.abortedBy ?? error);
  }

  /** Explains why a queue is slow though each event goes well by itself. */
  #logFallback({ items, hide }: Run<J>, error: unknown): void {
    this.runs.options.context.log.warn(
      "A batch of {count} events failed as a whole; its events run again one by one: {error}",
      { count: items.length, error: errorData(error, hide) },
    );
  }

  #itemOutcome(run: Run<J>, index: number, thrown: unknown): Outcome {
    return thrown === undefined ? DONE : run.outcomeOf(thrown, run.items[index]?.attempt ?? 1);
  }
}
