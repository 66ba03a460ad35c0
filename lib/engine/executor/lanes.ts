/**
 * Runs events one by one, in as many lanes as the worker's concurrency.
 *
 * @module
 */

import { callFor } from "./current_run.ts";
import type { Outcome } from "../settle/outcome.ts";
import type { SingleWorker } from "../../worker.ts";
import type { Job } from "./executor.ts";
import { Fifo } from "./fifo.ts";
import { outcomeOfThrown, type Ready, type Run } from "./run.ts";
import { type RunOptions, Runs } from "./runs.ts";

type Key = string | number | bigint;

/** What a lane holds beside the job it runs. */
interface Lane {
  /** The key whose jobs it runs in their order. */
  key: Key | undefined;
}

/** How many jobs are announced at once where they run one after another. */
const ANNOUNCED_AT_ONCE = 100;

/**
 * Takes jobs in their order. A lane runs one job after another; with several lanes, jobs of one
 * key keep their order, and a job that must be alone waits until no other lane runs.
 */
export class Lanes<J extends Job = Job> {
  readonly runs: Runs<J>;
  readonly #worker: SingleWorker<unknown>;
  readonly #concurrency: number;
  readonly #isOrdered: boolean;
  readonly #waiting = new Fifo<J>();
  /** The jobs whose key another lane has taken, by that key. */
  readonly #byKey = new Map<Key, Fifo<Ready<J>>>();
  #lanes = 0;
  #announced = 0;
  #aloneRuns = false;
  #stopping = false;

  /** @param options The worker and how to run it. */
  constructor(options: RunOptions<J>) {
    this.runs = new Runs(options);
    this.#worker = options.worker as SingleWorker<unknown>;
    this.#concurrency = options.description.concurrency;
    this.#isOrdered = this.#concurrency > 1 && this.#worker.orderBy !== undefined;
  }

  /** Takes jobs. */
  run(jobs: readonly J[]): void {
    for (const job of jobs) this.#waiting.push(job);
    if (this.#stopping) return this.recall(Infinity);
    this.runs.tick();
    this.#openLanes();
  }

  /**
   * Releases what has not been started if any of it came before a time: all of it, as later jobs
   * would run before earlier ones otherwise.
   */
  recall(receivedBefore: number): void {
    const waiting = [...this.#byKey.values()];
    const oldest = [this.#waiting.peek(), ...waiting.map((fifo) => fifo.peek()?.job)];
    if (!oldest.some((job) => job && job.receivedAt < receivedBefore)) return;
    const jobs = waiting.flatMap((fifo) => fifo.remove(() => true).map(({ job }) => job));
    jobs.push(...this.#waiting.remove(() => true));
    this.#announced = 0;
    this.runs.release(jobs);
  }

  /** Releases what has not started, and drains the rest. @param graceMs Until what runs is aborted. */
  stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    this.recall(Infinity);
    return this.runs.drain(graceMs, this.#lanes === 0);
  }

  #openLanes(): void {
    while (this.#lanes < this.#concurrency && this.#mayOpen()) {
      // Another handler may have computed for long before it waited.
      if (this.#lanes > 0) this.runs.tick();
      this.#lanes++;
      void this.#lane().then(() => this.#closeLane());
    }
  }

  /** Whether the next job may run beside those of the other lanes. */
  #mayOpen(): boolean {
    const next = this.#waiting.peek();
    return next !== undefined && !this.#aloneRuns && !(next.alone && this.#lanes > 0);
  }

  /** Jobs may have come after the lane looked for its next, and before it was closed. */
  #closeLane(): void {
    this.#lanes--;
    if (this.#waiting.length > 0) return this.#openLanes();
    if (this.#lanes === 0) this.runs.quiet();
  }

  /** Runs one job after another, for as long as there is one that may start. */
  async #lane(): Promise<void> {
    const lane: Lane = { key: undefined };
    for (let ready = this.#next(lane); ready; ready = this.#next(lane)) {
      const run = this.runs.begin([ready]);
      let outcome: Outcome;
      try {
        const result = callFor(run, () => this.#worker.consume(ready.event, run.context));
        if (result !== undefined) await result;
        outcome = run.outcomeOfReturn(ready.attempt);
      } catch (error) {
        outcome = run.outcomeOf(error, ready.attempt);
      }
      this.#end(run, ready, outcome);
      if (this.runs.mustYield) await this.runs.yield();
    }
  }

  /** The next job of the lane's key, else the next of all that may start now. */
  #next(lane: Lane): Ready<J> | undefined {
    const behind = this.#nextOfKey(lane);
    if (behind) return behind;
    for (let job = this.#take(); job; job = this.#take()) {
      const ready = this.runs.parse(job);
      if (ready && this.#mayStart(lane, ready)) return ready;
      if (!job.alone) continue;
      this.#aloneRuns = false;
      this.#openLanes();
    }
    return undefined;
  }

  #nextOfKey(lane: Lane): Ready<J> | undefined {
    if (lane.key === undefined) return undefined;
    const ready = this.#byKey.get(lane.key)?.shift();
    if (ready) {
      this.runs.mark(ready.job);
      this.#announceBeside(ready.job);
      return ready;
    }
    this.#byKey.delete(lane.key);
    lane.key = undefined;
    return undefined;
  }

  #take(): J | undefined {
    const next = this.#waiting.peek();
    if (!next || this.#aloneRuns) return undefined;
    if (next.alone && this.#lanes > 1) return undefined;
    this.#aloneRuns = next.alone;
    if (this.#concurrency === 1) this.#announceAhead(next);
    else this.#announceBeside(next);
    return this.#waiting.shift();
  }

  /** Whether a job may start: else it has its outcome, or waits for the lane that has its key. */
  #mayStart(lane: Lane, ready: Ready<J>): boolean {
    if (!this.#isOrdered) return true;
    let key: Key | undefined;
    try {
      key = this.#worker.orderBy?.(ready.event);
    } catch (error) {
      this.runs.unmark(ready.job);
      this.runs.skip(ready.job, this.#outcomeOfKey(error, ready));
      return false;
    }
    if (key === undefined) return true;
    const others = this.#byKey.get(key);
    if (others) {
      this.runs.unmark(ready.job);
      others.push(ready);
      return false;
    }
    this.#byKey.set(key, new Fifo());
    lane.key = key;
    return true;
  }

  /** The outcome of an event whose `orderBy` threw. */
  #outcomeOfKey(error: unknown, { job, event, attempt }: Ready<J>): Outcome {
    return outcomeOfThrown(error, attempt, this.runs.secrets.hideOf([{ body: job.body, event }]));
  }

  /** Where jobs run in turn, announces some at once, as an announcement costs a write. */
  #announceAhead(next: J): void {
    const { listener } = this.runs.options;
    if (next.alone) {
      this.#announced = 0;
      return listener.onStart([next]);
    }
    if (this.#announced-- > 0) return;
    const ahead: J[] = [];
    for (let i = 0; i < ANNOUNCED_AT_ONCE; i++) {
      const job = this.#waiting.peek(i);
      if (!job || job.alone) break;
      ahead.push(job);
    }
    this.#announced = ahead.length - 1;
    listener.onStart(ahead);
  }

  /** Announces what runs and what is about to, before its body is parsed: that may end the thread. */
  #announceBeside(job: J): void {
    const others = this.runs.running().map(({ job }) => job);
    this.runs.options.listener.onStart([...others, job]);
  }

  #end(run: Run<J>, ready: Ready<J>, outcome: Outcome): void {
    if (ready.job.alone) this.#aloneRuns = false;
    if (this.runs.end(run)) this.runs.settle(run, ready.job, outcome);
    // What waits needs what is away.
    if (outcome.kind === "paused") this.recall(Infinity);
    if (this.#concurrency > 1) this.#openLanes();
  }
}
