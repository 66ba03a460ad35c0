/**
 * Runs a worker in the same thread as its caller: in every thread of a queue, and with `--inline` in
 * the main thread. A handler that blocks there blocks its caller.
 *
 * @module
 */

import { Batches } from "./batches.ts";
import type { Executor, Job, Running, WorkerDescription } from "./executor.ts";
import { Lanes } from "./lanes.ts";
import type { RunOptions } from "./runs.ts";

/** An executor whose worker runs in the same thread. */
export class LocalExecutor<J extends Job = Job> implements Executor<J> {
  readonly description: WorkerDescription;
  readonly #runner: Lanes<J> | Batches<J>;

  /** @param options The worker, its context and who hears of outcomes. */
  constructor(options: RunOptions<J>) {
    this.description = options.description;
    this.#runner = options.description.batch ? new Batches(options) : new Lanes(options);
  }

  /** @inheritdoc */
  run(jobs: readonly J[]): void {
    this.#runner.run(jobs);
  }

  /** @inheritdoc */
  recall(receivedBefore: number): void {
    this.#runner.recall(receivedBefore);
  }

  /** @inheritdoc */
  running(): readonly Running<J>[] {
    return this.#runner.runs.running();
  }

  /** @inheritdoc */
  sweep(now: number, lateMs?: number): void {
    this.#runner.runs.sweep(now, lateMs);
  }

  /** @inheritdoc */
  stop(graceMs: number): Promise<void> {
    return this.#runner.stop(graceMs);
  }
}
