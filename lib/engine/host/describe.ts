/**
 * The numbers of a worker, overridden by the settings.
 *
 * @module
 */

import type { QueueOverrides } from "../../config/queues.ts";
import { isSecretPath } from "../../errors/secret_paths.ts";
import type { Worker } from "../../worker.ts";
import type { WorkerDescription } from "../executor/executor.ts";
import { unreachable } from "./reachable.ts";

/** Zulip's limit for one event. */
const DEFAULT_MAX_CONSUME_SECONDS = 30;
const DEFAULT_RETRIES = [5, 60, 300];
/** A prefetch count has 16 bits in AMQP. */
const MOST_PREFETCH = 65_535;
/** The default prefetch: deliveries in flight at once. */
export const DEFAULT_PREFETCH = 100;
/** The default heap of a worker, in MB. */
export const DEFAULT_MAX_HEAP_MB = 256;

/**
 * Describes a worker, defaults filled in. A batch has no more events than may be taken at once.
 *
 * @param overrides Numbers of `PQ_<QUEUE>_…`, which replace the worker's own.
 * @param queue The queue it consumes, where that is a shard. @default {the worker's}
 * @throws {RangeError} When a number is impossible, two contradict each other, or a path of `secrets`
 * reaches nothing in the schema; the message names them.
 */
export function describe(
  worker: Worker,
  overrides: QueueOverrides = {},
  queue: string = worker.queue,
): WorkerDescription {
  const concurrency = overrides.concurrency ?? worker.concurrency ?? 1;
  if ("batch" in worker && concurrency > 1) {
    throw new RangeError(
      `The worker of ${worker.queue} has a batch and a concurrency of ${concurrency}: ` +
        `batches run one after another, so remove one of the two`,
    );
  }
  const size = "batch" in worker ? overrides.batchSize ?? worker.batch.size : undefined;
  const prefetch = overrides.prefetch ?? worker.prefetch ?? defaultPrefetch(concurrency, size);
  const maxConsumeSeconds = overrides.maxConsumeSeconds !== undefined
    ? overrides.maxConsumeSeconds
    : worker.maxConsumeSeconds;
  const description: WorkerDescription = {
    queue,
    isTestQueue: worker.isTestQueue ?? false,
    prefetch,
    concurrency,
    batch: "batch" in worker && size !== undefined
      ? { size: Math.min(size, prefetch), seconds: worker.batch.seconds }
      : undefined,
    maxConsumeSeconds: maxConsumeSeconds === undefined
      ? DEFAULT_MAX_CONSUME_SECONDS
      : maxConsumeSeconds,
    maxHeapMb: overrides.maxHeapMb ?? worker.maxHeapMb ?? DEFAULT_MAX_HEAP_MB,
    retries: overrides.retries ?? worker.retries ?? DEFAULT_RETRIES,
    secrets: worker.secrets ?? [],
    requires: worker.requires ?? [],
    ownDatabaseOnly: typeof worker.ownDatabaseOnly === "function"
      ? true
      : worker.ownDatabaseOnly ?? false,
    patienceSeconds: worker.patienceSeconds ?? null,
  };
  check(worker.queue, description);
  checkSecrets(worker, description);
  return description;
}

/** What must hold for an option: its name and value, whether it holds, and the rule in words. */
type Rule = readonly [name: string, value: unknown, isRight: boolean, rule: string];

const isCount = (value: number) => Number.isSafeInteger(value) && value >= 1;
const isTime = (value: number) => Number.isFinite(value) && value >= 0;

function check(worker: string, description: WorkerDescription): void {
  for (const [name, value, isRight, rule] of [...rulesOf(description), ...timeRules(description)]) {
    if (isRight) continue;
    throw new RangeError(`The worker of ${worker} has ${name} ${value}: it must be ${rule}`);
  }
}

/** In words that redaction leaves alone: a colon behind `secrets` would hide what follows. */
function checkSecrets({ queue, event }: Worker, { secrets }: WorkerDescription): void {
  if (!areTexts(secrets, isSecretPath)) {
    throw new RangeError(
      `The worker of ${queue} has ${
        JSON.stringify(secrets)
      } as its secrets, which must be a list ` +
        "of paths, such as to_emails or a.b",
    );
  }
  if (secrets.length === 0) return;
  const wrong = unreachable(event, secrets);
  if (wrong === undefined) return;
  throw new RangeError(
    `The worker of ${queue} has the path ${wrong.path} in its secrets, which reaches nothing in ` +
      `its schema${
        wrong.meant === undefined
          ? ". Correct the path, or add the field to the schema"
          : `; did you mean ${wrong.meant}?`
      }`,
  );
}

function rulesOf(description: WorkerDescription): Rule[] {
  const { prefetch, concurrency, batch, maxHeapMb, requires, ownDatabaseOnly } = description;
  return [
    [
      "prefetch",
      prefetch,
      isCount(prefetch) && prefetch <= MOST_PREFETCH,
      `a whole number from 1 to ${MOST_PREFETCH}`,
    ],
    ["concurrency", concurrency, isCount(concurrency), "a whole number from 1"],
    ["batch.size", batch?.size, !batch || isCount(batch.size), "a whole number from 1"],
    ["maxHeapMb", maxHeapMb, isCount(maxHeapMb), "a whole number from 1"],
    ["requires", requires, areTexts(requires), "a list of names of settings, such as EMAIL_HOST"],
    [
      "ownDatabaseOnly",
      ownDatabaseOnly,
      typeof ownDatabaseOnly === "boolean",
      "true, false or a function",
    ],
  ];
}

function timeRules(
  { batch, maxConsumeSeconds, retries, patienceSeconds }: WorkerDescription,
): Rule[] {
  return [
    ["batch.seconds", batch?.seconds, !batch || isTime(batch.seconds), "a number from 0"],
    [
      "maxConsumeSeconds",
      maxConsumeSeconds,
      maxConsumeSeconds === null || (isTime(maxConsumeSeconds) && maxConsumeSeconds > 0),
      "a number over 0, or null",
    ],
    ["retries", retries, Array.isArray(retries) && retries.every(isTime), "numbers from 0"],
    [
      "patienceSeconds",
      patienceSeconds,
      patienceSeconds === null || isTime(patienceSeconds),
      "a number from 0, or null",
    ],
  ];
}

function areTexts(value: unknown, isRight = (text: string) => text !== ""): boolean {
  return Array.isArray(value) &&
    value.every((each) => typeof each === "string" && isRight(each));
}

function defaultPrefetch(concurrency: number, batchSize = 0): number {
  const least = concurrency > 1 ? 2 * concurrency + 8 : DEFAULT_PREFETCH;
  return Math.min(Math.max(least, batchSize), MOST_PREFETCH);
}
