/**
 * The reports of handlers by `ctx.report`. The engine keeps those of failures only; tests see those
 * of all runs.
 *
 * @module
 */

import type { RunContext } from "../engine/executor/context.ts";
import type { Job } from "../engine/executor/executor.ts";
import type { RunProbe } from "../engine/executor/runs.ts";
import type { BatchWorker, Context, SingleWorker, Worker } from "../worker.ts";
import type { Reported } from "./results.ts";

const NOTHING: Reported = { tags: {}, breadcrumbs: [] };

/** Maps jobs to their contexts. */
export class Reports implements RunProbe {
  /** The jobs of the next call of the handler, which follows their probes without a wait. */
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

  /** The reports of the last run of a job. */
  of(job: Job): Reported {
    return (this.#contexts.get(job) as RunContext | undefined)?.reported ?? NOTHING;
  }

  /** The worker, with the contexts of its calls recorded. */
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
