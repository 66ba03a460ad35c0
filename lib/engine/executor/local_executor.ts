/**
 * Runs a worker in the main thread: least memory, easiest to debug. What blocks there blocks the
 * process, and what must be stopped can only be stopped with it.
 *
 * @module
 */

import { Batches } from "./batches.ts";
import type { Executor, Job, Running, WorkerDescription } from "./executor.ts";
import { Lanes } from "./lanes.ts";
import type { RunOptions } from "./runs.ts";

/** An executor whose worker runs beside the engine, in the same thread. */
export class InlineExecutor implements Executor {
  readonly description: WorkerDescription;
  readonly #runner: Lanes | Batches;

  /** @param options The worker, its context and who hears of outcomes. */
  constructor(options: RunOptions) {
    this.description = options.description;
    this.#runner = options.description.batch ? new Batches(options) : new Lanes(options);
  }

  /** @inheritdoc */
  run(jobs: readonly Job[]): void {
    this.#runner.run(jobs);
  }

  /** @inheritdoc */
  recall(receivedBefore: number): void {
    this.#runner.recall(receivedBefore);
  }

  /** @inheritdoc */
  running(): readonly Running[] {
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
