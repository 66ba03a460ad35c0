/**
 * A worker's numbers with those set from outside put over them.
 *
 * @module
 */

import type { Worker } from "../worker.ts";
import type { WorkerDescription } from "./executor.ts";

/** Numbers of a worker that `PQ_<QUEUE>_…` sets from outside; units as in the worker. */
export interface WorkerOverrides {
  readonly prefetch?: number | undefined;
  readonly concurrency?: number | undefined;
  readonly retries?: readonly number[] | undefined;
  readonly maxConsumeSeconds?: number | null | undefined;
  readonly batchSize?: number | undefined;
  readonly maxHeapMb?: number | undefined;
}

/** Zulip's limit for one event. */
const DEFAULT_MAX_CONSUME_SECONDS = 30;
const DEFAULT_RETRIES = [5, 60, 300];
const DEFAULT_PREFETCH = 100;
const DEFAULT_MAX_HEAP_MB = 256;

/**
 * Describes a worker, defaults filled in.
 *
 * @throws {RangeError} When its numbers contradict each other; the message names them.
 */
export function describe(worker: Worker, overrides: WorkerOverrides = {}): WorkerDescription {
  const batch = batchOf(worker, overrides);
  const concurrency = overrides.concurrency ?? worker.concurrency ?? 1;
  if (batch && concurrency > 1) {
    throw new RangeError(
      `The worker of ${worker.queue} has a batch and a concurrency of ${concurrency}: ` +
        `batches run one after another, so leave one of the two out`,
    );
  }
  const maxConsumeSeconds = overrides.maxConsumeSeconds !== undefined
    ? overrides.maxConsumeSeconds
    : worker.maxConsumeSeconds;
  return {
    queue: worker.queue,
    isTestQueue: worker.isTestQueue ?? false,
    prefetch: overrides.prefetch ?? worker.prefetch ?? defaultPrefetch(concurrency, batch?.size),
    concurrency,
    batch,
    maxConsumeSeconds: maxConsumeSeconds === undefined
      ? DEFAULT_MAX_CONSUME_SECONDS
      : maxConsumeSeconds,
    maxHeapMb: overrides.maxHeapMb ?? worker.maxHeapMb ?? DEFAULT_MAX_HEAP_MB,
    retries: overrides.retries ?? worker.retries ?? DEFAULT_RETRIES,
  };
}

function batchOf(worker: Worker, overrides: WorkerOverrides): WorkerDescription["batch"] {
  if (!("batch" in worker)) return undefined;
  return { size: overrides.batchSize ?? worker.batch.size, seconds: worker.batch.seconds };
}

function defaultPrefetch(concurrency: number, batchSize = 0): number {
  return Math.max(concurrency > 1 ? 2 * concurrency + 8 : DEFAULT_PREFETCH, batchSize);
}
