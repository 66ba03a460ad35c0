/**
 * Calls a worker's handler and watches the calls, for events that are taken one by one as well as
 * for batches.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { HIDE_NOTHING } from "../../errors/hide.ts";
import { GIVEN_UP, type Outcome, RELEASED } from "../settle/outcome.ts";
import { bareError, EventSecrets } from "../settle/event_secrets.ts";
import { InvalidEvent } from "../settle/invalid_event.ts";
import type { Worker, WorkerContext } from "../../worker.ts";
import { type LogFor, RunContext } from "./context.ts";
import {
  type ExecutorListener,
  type Job,
  notRun,
  type OnHung,
  type Running,
  type WorkerDescription,
} from "./executor.ts";
import { parseEvent } from "./parse.ts";
import { outcomeOfThrown, type Ready, Run, StoppingError, WorkerTimeoutError } from "./run.ts";

/** Learns exactly which jobs run: from before their bodies are parsed until they are done. */
export interface RunProbe<J extends Job = Job> {
  /** The job's body is about to be parsed, or its handler called. @param since `performance.now()` */
  on(job: J, since: number): void;
  /** The job's handler has returned, or is not going to be called now. */
  off(job: J): void;
}

/** Which handlers hang, and who hears of them. */
export interface HangLimit<J extends Job = Job> {
  /** Seconds that an aborted handler has to return. */
  readonly graceSeconds: number;
  /** Called once for each call of a handler that hangs. */
  readonly onHung: OnHung<J>;
}

/** What running a worker takes. */
export interface RunOptions<J extends Job = Job> {
  readonly worker: Worker;
  readonly description: WorkerDescription;
  readonly context: WorkerContext;
  /** Makes the log of an event. */
  readonly logFor: LogFor;
  /** How deep a body may be nested. */
  readonly maxEventDepth: number;
  readonly listener: ExecutorListener<J>;
  /** @default {undefined} in a thread, whose handlers the main thread watches */
  readonly hang?: HangLimit<J>;
  /** Learns which jobs run. */
  readonly probe?: RunProbe<J>;
}

/** How long handlers that never wait may keep the event loop from turning, in ms. */
const YIELD_MS = 10;
/** How long an aborted handler has to return when the worker stops, in ms. */
const STOP_ABORT_MS = 1000;

/** The handlers that run. */
export class Runs<J extends Job = Job> {
  readonly options: RunOptions<J>;
  /** The secrets of the worker's events. */
  readonly secrets: EventSecrets;
  readonly #running = new Set<Run<J>>();
  #clock = performance.now();
  /** Runs while handlers do: as many times slower as there are, so that each gets its part, in ms. */
  #sharedClock = 0;
  #yieldedAt = this.#clock;
  readonly #onQuiet = new Set<() => void>();

  /** @param options The worker and how to run it. */
  constructor(options: RunOptions<J>) {
    this.options = options;
    this.secrets = new EventSecrets(options.description.secrets);
  }

  /** How many handlers run. */
  get size(): number {
    return this.#running.size;
  }

  /** Reads the clock once for what starts in this turn. */
  tick(): void {
    const now = performance.now();
    if (this.#running.size > 0) this.#sharedClock += (now - this.#clock) / this.#running.size;
    this.#clock = now;
  }

  /** The job with its event; `undefined` when it does not fit, and then it has its outcome. */
  parse(job: J): Ready<J> | undefined {
    const { worker, maxEventDepth } = this.options;
    this.mark(job);
    try {
      const { event, attempt } = parseEvent(job.body, worker.event, maxEventDepth);
      return { job, event, attempt: Math.max(attempt, job.attempt) };
    } catch (error) {
      this.unmark(job);
      this.skip(job, this.#outcomeOfInvalid(job, error));
      return undefined;
    }
  }

  #outcomeOfInvalid(job: J, error: unknown): Outcome {
    const shown = error instanceof InvalidEvent && !this.secrets.areNone
      ? bareError(error, job.body)
      : error;
    return outcomeOfThrown(shown, job.attempt, this.secrets.hideOf([job]));
  }

  /** Tells the probe that the job runs from now on. */
  mark(job: J): void {
    this.options.probe?.on(job, this.#clock);
  }

  /** Tells the probe that the job does not run after all. */
  unmark(job: J): void {
    this.options.probe?.off(job);
  }

  /** Notes that a handler is about to be called. */
  begin(items: readonly Ready<J>[]): Run<J> {
    const { context, logFor } = this.options;
    const hide = this.secrets.areNone
      ? HIDE_NOTHING
      : this.secrets.hideOf(items.map(({ job, event }) => ({ body: job.body, event })));
    const runContext = new RunContext(context, logFor, items, hide);
    const run = new Run(items, runContext, this.#clock, this.#sharedClock, hide);
    this.#running.add(run);
    return run;
  }

  /** Notes that a handler has returned. @returns Whether its jobs have no outcome yet. */
  end(run: Run<J>): boolean {
    this.tick();
    this.#running.delete(run);
    const { probe } = this.options;
    if (probe) { for (const { job } of run.items) probe.off(job); }
    return !run.abandoned;
  }

  /** Gives one job of a run that has ended its outcome, and its share of the run's time. */
  settle(run: Run<J>, job: J, outcome: Outcome): void {
    const { since: startedAt, sharedSince, items: { length } } = run;
    const runMs = (this.#clock - startedAt) / length;
    const shareMs = (this.#sharedClock - sharedSince) / length;
    this.options.listener.onOutcome(job, outcome, { startedAt, runMs, shareMs });
  }

  /** Releases jobs that were not run. */
  release(jobs: readonly J[]): void {
    for (const job of jobs) this.skip(job, RELEASED);
  }

  /** Gives a job its outcome without its handler having been called. */
  skip(job: J, outcome: Outcome): void {
    this.options.listener.onOutcome(job, outcome, notRun(this.#clock));
  }

  /** The jobs whose handler runs now, also those that were released at a stop. */
  running(): Running<J>[] {
    return [...this.#running]
      .flatMap((run) => run.items.map(({ job }) => ({ job, since: run.since + run.stoppedMs })));
  }

  /**
   * Aborts handlers past their limit, and reports those that hang.
   *
   * @param lateMs For how many ms the process was stopped before.
   */
  sweep(now: number, lateMs = 0): void {
    const { description: { maxConsumeSeconds: seconds, queue }, hang } = this.options;
    if (seconds === null) return;
    for (const run of this.#running) {
      run.stoppedMs += Math.min(lateMs, now - run.since - run.stoppedMs);
      const ran = (now - run.since - run.stoppedMs) / 1000;
      if (ran < seconds || run.abandoned || run.hung) continue;
      run.abort(new WorkerTimeoutError(queue, seconds, run.items.length));
      if (!hang || ran < seconds + hang.graceSeconds) continue;
      run.hung = true;
      hang.onHung(run.items.map(({ job }) => job), seconds);
    }
  }

  /** Whether the event loop must turn before more is run. */
  get mustYield(): boolean {
    return this.#clock - this.#yieldedAt > YIELD_MS;
  }

  /** Lets the event loop turn. */
  async yield(): Promise<void> {
    await new Promise<void>((resolve) => void setImmediate(resolve));
    this.tick();
    this.#yieldedAt = this.#clock;
  }

  /** To be called when nothing is left to do. */
  quiet(): void {
    this.options.listener.onStart([]);
    this.#endWaits();
  }

  /**
   * Waits for what runs, aborts it after the grace and at last ends it as released.
   *
   * @param isQuiet Whether nothing is left to do already.
   */
  async drain(graceMs: number, isQuiet: boolean): Promise<void> {
    if (isQuiet || await this.#quietWithin(graceMs)) return;
    for (const run of this.#running) run.abort(new StoppingError());
    await this.#quietWithin(STOP_ABORT_MS);
    for (const run of this.#running) this.#abandon(run);
    this.#endWaits();
  }

  #abandon(run: Run<J>): void {
    if (run.abandoned) return;
    run.abandoned = true;
    this.tick();
    for (const { job } of run.items) this.settle(run, job, GIVEN_UP);
  }

  /** Resolves to whether nothing was left to do within `ms`. */
  #quietWithin(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (isQuiet: boolean) => {
        clearTimeout(timer);
        this.#onQuiet.delete(onQuiet);
        resolve(isQuiet);
      };
      const onQuiet = () => end(true);
      const timer = setTimeout(() => end(false), ms);
      this.#onQuiet.add(onQuiet);
    });
  }

  #endWaits(): void {
    for (const onQuiet of this.#onQuiet) onQuiet();
  }
}
