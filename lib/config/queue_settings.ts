/**
 * The settings of a single queue.
 *
 * @module
 */

import { z } from "zod";
import {
  type Kind,
  type SettingInfo,
  wholeNumber,
  wholeNumberOrNone,
  wholeNumbers,
} from "./setting.ts";

const HOURS_24 = 86_400;
const DAYS_30 = 30 * HOURS_24;

/** From when on the backlog of a queue is too large, in seconds that clearing it takes. */
export interface CheckThresholds {
  readonly warning: number;
  readonly critical: number;
}

/** How many shards a queue can have. */
export const SHARDS = wholeNumber(1, 1024);

/** The numbers of one queue; each name follows `PQ_<QUEUE>_`. */
export const OF_QUEUE = {
  prefetch: {
    name: "PREFETCH",
    description: "How many events may be taken from the broker and not finished",
    ...wholeNumber(1, 65_535),
  },
  concurrency: {
    name: "CONCURRENCY",
    description: "How many events run at once",
    ...wholeNumber(1, 1000),
  },
  retries: {
    name: "RETRIES",
    description: "Seconds before each retry, as in 5,60,300; empty for no retries",
    ...wholeNumbers(0, DAYS_30),
  },
  maxConsumeSeconds: {
    name: "MAX_CONSUME_SECONDS",
    description: "Seconds an event may run, or none for no limit",
    ...wholeNumberOrNone(1, HOURS_24),
  },
  batchSize: {
    name: "BATCH_SIZE",
    description: "The most events in one batch",
    ...wholeNumber(1, 10_000),
  },
  maxHeapMb: {
    name: "MAX_HEAP_MB",
    description: "The heap of the worker's thread, in MB",
    ...wholeNumber(16, 65_536),
  },
  check: {
    name: "CHECK",
    description:
      "Seconds to clear the queue from which on check warns, and is critical, as in 90:300",
    ...thresholds(),
  },
  consumers: {
    name: "CONSUMERS",
    description:
      "How many consumers the queue, or each of its shards, must have; fewer are critical in check",
    ...wholeNumber(1, 10_000),
  },
  shards: {
    name: "SHARDS",
    description: "The same as <QUEUE>_SHARDS",
    ...SHARDS,
  },
} as const;

/** The settings as the documentation lists them. */
export const QUEUE_SETTINGS: readonly SettingInfo[] = [
  {
    name: "<QUEUE>_SHARDS",
    default: undefined,
    description: "If above 1, the queue's events go to <queue>_shard1, <queue>_shard2, …",
  },
  {
    name: "MOBILE_NOTIFICATIONS_SHARDS",
    default: undefined,
    description: "Zulip's name for MISSEDMESSAGE_MOBILE_NOTIFICATIONS_SHARDS",
  },
  ...Object.values(OF_QUEUE).map(({ name, description }) => ({
    name: `PQ_<QUEUE>_${name}`,
    default: undefined,
    description,
  })),
];

/** Two numbers with a colon between them, the second not below the first. */
function thresholds(): Kind<CheckThresholds> {
  const [most, digits] = [DAYS_30, "[0-9]{1,7}"];
  return {
    schema: z.string().regex(new RegExp(`^${digits}:${digits}$`))
      .transform((text) => {
        const [warning = NaN, critical = NaN] = text.split(":").map(Number);
        return { warning, critical };
      })
      .refine(({ warning, critical }) => warning <= critical && critical <= most),
    expected: `two whole numbers of seconds from 0 to ${most} with a colon between them, the ` +
      "second not below the first, as in 90:300",
  };
}
