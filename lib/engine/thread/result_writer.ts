/**
 * What a thread says about its jobs: which of them run, and what became of them.
 *
 * @module
 */

import type { Outcome } from "../settle/outcome.ts";
import type { ExecutorListener, RunTime } from "../executor/executor.ts";
import type { RunProbe } from "../executor/runs.ts";
import { NO_CELL, type ThreadJob } from "./jobs_message.ts";
import type { JobsAnswer } from "./messages.ts";
import type { SharedRuns } from "./shared_runs.ts";

/** How long a finished job waits to be announced while others still run, in ms. */
const ANSWER_MS = 5;
/** Writes to the memory that the thread shares with the main thread, and announces it. */
export class ResultWriter implements ExecutorListener<ThreadJob>, RunProbe<ThreadJob> {
  readonly #shared: SharedRuns;
  readonly #say: (message: JobsAnswer) => void;
  readonly #free: number[];
  #isUnsaid = false;
  #saidAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #offset: number;

  /**
   * @param say Sends a message to the main thread.
   * @param offset What turns this thread's clock into the main thread's, in ms.
   */
  constructor(shared: SharedRuns, say: (message: JobsAnswer) => void, offset: number) {
    this.#shared = shared;
    this.#say = say;
    this.#offset = offset;
    this.#free = Array.from({ length: shared.memory.running }, (_, cell) => cell);
  }

  /** What turns this thread's clock into the main thread's, in ms. */
  get offset(): number {
    return this.#offset;
  }

  /**
   * A message came, which tells the main thread's clock.
   *
   * @param sentAt When it was sent, by that clock. @param now `performance.now()`
   */
  adjustClock(sentAt: number, now: number): void {
    // A message takes time to arrive, so the greatest difference is the most exact.
    this.#offset = Math.max(this.#offset, sentAt - now);
  }

  /** @inheritdoc */
  on(job: ThreadJob, since: number): void {
    if (job.cell >= 0) return;
    job.cell = this.#free.pop() ?? NO_CELL;
    if (job.cell >= 0) this.#shared.start(job.cell, job.seq, since + this.#offset);
  }

  /** @inheritdoc */
  off(job: ThreadJob): void {
    if (job.cell < 0) return;
    this.#shared.end(job.cell);
    this.#free.push(job.cell);
    job.cell = NO_CELL;
  }

  /** @inheritdoc */
  onStart(jobs: readonly ThreadJob[]): void {
    if (jobs.length === 0) this.flush(performance.now());
  }

  /** @inheritdoc */
  onOutcome({ seq }: ThreadJob, outcome: Outcome, time: RunTime): void {
    const { startedAt, runMs, shareMs } = time;
    const mainTime = { startedAt: startedAt + this.#offset, runMs, shareMs };
    if (outcome.kind === "done") this.#shared.finish(seq, mainTime);
    else this.#say(["outcome", seq, outcome, mainTime]);
    this.#isUnsaid = true;
    const now = startedAt + runMs;
    if (now - this.#saidAt > ANSWER_MS) this.flush(now);
    else this.#timer ??= setTimeout(() => this.#flushLater(), ANSWER_MS);
  }

  /** The main thread sends nothing more to a thread that has not answered. */
  #flushLater(): void {
    this.#timer = undefined;
    this.flush(performance.now());
  }

  /** Announces jobs that went well, if there are any. @param now `performance.now()` */
  flush(now: number): void {
    this.#saidAt = now;
    if (!this.#isUnsaid) return;
    this.#isUnsaid = false;
    this.#say(0);
  }
}
