/**
 * Runs a worker under test as a thread would: a handler that does not return is abandoned, and
 * all other jobs go on.
 *
 * @module
 */

import type {
  Executor,
  ExecutorListener,
  Job,
  OnHung,
  Running,
  WorkerDescription,
} from "../engine/executor/executor.ts";
import { LocalExecutor } from "../engine/executor/local_executor.ts";
import { WorkerTimeoutError } from "../engine/executor/run.ts";
import type { RunOptions } from "../engine/executor/runs.ts";
import { errorData } from "../errors/error_data.ts";

/** How often limits of time are checked, in ms. */
const SWEEP_MS = 5;

/** Makes the options that run a worker for a listener. */
export type RunOptionsFor<J extends Job> = (
  listener: ExecutorListener<J>,
  onHung: OnHung<J>,
) => RunOptions<J>;

/** An executor in the main thread that goes on when a handler hangs, and checks limits itself. */
export class TestExecutor<J extends Job = Job> implements Executor<J>, Disposable {
  readonly description: WorkerDescription;
  readonly #optionsFor: RunOptionsFor<J>;
  readonly #listener: ExecutorListener<J>;
  /** The jobs without an outcome, in order. */
  readonly #unfinished = new Set<J>();
  readonly #sweeper: ReturnType<typeof setInterval> | undefined;
  #inner: LocalExecutor<J>;

  /** @param listener A job that hangs has its outcome at once. */
  constructor(optionsFor: RunOptionsFor<J>, listener: ExecutorListener<J>) {
    this.#optionsFor = optionsFor;
    this.#listener = listener;
    this.#inner = this.#begin();
    this.description = this.#inner.description;
    if (this.description.maxConsumeSeconds !== null) {
      this.#sweeper = setInterval(() => this.#inner.sweep(performance.now()), SWEEP_MS);
    }
  }

  /** @inheritdoc */
  run(jobs: readonly J[]): void {
    for (const job of jobs) this.#unfinished.add(job);
    this.#inner.run(jobs);
  }

  /** Recalls everything or nothing: the clock of a test is not that of its jobs. */
  recall(receivedBefore: number): void {
    if (receivedBefore === Infinity) this.#inner.recall(Infinity);
  }

  /** @inheritdoc */
  running(): readonly Running<J>[] {
    return this.#inner.running();
  }

  /** Does nothing: limits are checked anyway, in real time. */
  sweep(): void {}

  /** @inheritdoc */
  stop(graceMs: number): Promise<void> {
    return this.#inner.stop(graceMs);
  }

  /** Stops checking limits. */
  [Symbol.dispose](): void {
    clearInterval(this.#sweeper);
  }

  #begin(): LocalExecutor<J> {
    const inner: LocalExecutor<J> = new LocalExecutor(this.#optionsFor({
      onStart: (jobs) => {
        if (this.#inner === inner) this.#listener.onStart(jobs);
      },
      onOutcome: (job, ...ending) => {
        if (this.#inner !== inner) return;
        this.#unfinished.delete(job);
        this.#listener.onOutcome(job, ...ending);
      },
    }, (jobs) => this.#replace(inner, jobs)));
    return inner;
  }

  /** One job that hangs has used up an attempt; several run again, each alone. */
  #replace(hung: LocalExecutor<J>, jobs: readonly J[]): void {
    if (this.#inner !== hung) return;
    this.#inner = this.#begin();
    hung.recall(Infinity);
    for (const job of jobs) job.alone = true;
    const [job] = jobs;
    if (job && jobs.length === 1) this.#giveUp(job);
    this.#inner.run([...this.#unfinished]);
  }

  #giveUp(job: J): void {
    this.#unfinished.delete(job);
    const { queue, maxConsumeSeconds } = this.description;
    const seconds = maxConsumeSeconds ?? 0;
    const error = errorData(new WorkerTimeoutError(queue, seconds, 1));
    const { attempt } = job;
    const outcome = { kind: "crashed", reason: "timeout", attempt, error } as const;
    const runMs = seconds * 1000;
    this.#listener.onOutcome(job, outcome, { startedAt: performance.now(), runMs, shareMs: runMs });
  }
}
