/**
 * What handlers say of their events by `ctx.report`. The engine keeps it for failures only; a test
 * may want it of any run.
 *
 * @module
 */

import type { RunContext } from "../engine/executor/context.ts";
import type { Job } from "../engine/executor/executor.ts";
import type { RunProbe } from "../engine/executor/runs.ts";
import type { BatchWorker, Context, SingleWorker, Worker } from "../worker.ts";
import type { Reported } from "./results.ts";

const NOTHING: Reported = { tags: {}, breadcrumbs: [] };

/** Knows which context belongs to which job. */
export class Reports implements RunProbe {
  /** The jobs that the next call of the handler is for: between their marks and it nothing waits. */
  #next = new Set<Job>();
  readonly #contexts = new WeakMap<Job, Context>();

  /** @inheritdoc */
  on(job: Job): void {
    this.#next.add(job);
  }

  /** @inheritdoc */
  off(job: Job): void {
    this.#next.delete(job);
  }

  /** What was reported in the last run of a job. */
  of(job: Job): Reported {
    return (this.#contexts.get(job) as RunContext | undefined)?.reported ?? NOTHING;
  }

  /** The worker, but that the contexts of its calls are known. */
  watched(worker: Worker): Worker {
    return Object.create(worker, "batch" in worker ? this.#batch(worker) : this.#single(worker));
  }

  #single(worker: SingleWorker<unknown>): PropertyDescriptorMap {
    const value: typeof worker.consume = (event, ctx) => {
      this.#begin(ctx);
      return worker.consume(event, ctx);
    };
    return { consume: { value } };
  }

  #batch(worker: BatchWorker<unknown>): PropertyDescriptorMap {
    const value: typeof worker.consumeBatch = (events, ctx) => {
      this.#begin(ctx);
      return worker.consumeBatch(events, ctx);
    };
    return { consumeBatch: { value } };
  }

  #begin(ctx: Context): void {
    for (const job of this.#next) this.#contexts.set(job, ctx);
    this.#next = new Set();
  }
}
