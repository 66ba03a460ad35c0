/**
 * The settings of one queue that the configuration decides on, and where each comes from.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import { queueKey } from "../../config/queue_key.ts";
import { OF_QUEUE } from "../../config/queue_settings.ts";
import type { QueueOverrides } from "../../config/queues.ts";
import { unsharded } from "../../engine/host/shards.ts";
import type { QueueSetting } from "../../operations/dashboard/queue_details.ts";
import { demandsOn } from "../../operations/thresholds.ts";

/** What each setting is called. */
const NAMES = {
  prefetch: "Prefetch",
  concurrency: "Concurrency",
  retries: "Retry after",
  maxConsumeSeconds: "Time limit",
  batchSize: "Batch",
  maxHeapMb: "Heap",
  consumers: "Consumers",
} as const satisfies Partial<Record<keyof QueueOverrides, string>>;

/** The settings that are not the worker's own, and the limits of the check. */
export function queueSettings(
  queue: string,
  { queues, shards }: Pick<Config, "queues" | "shards">,
): QueueSetting[] {
  const key = queueKey(unsharded(queue));
  const overrides = queues.get(key) ?? {};
  const properties = Object.keys(NAMES) as (keyof typeof NAMES)[];
  const set = properties.flatMap((property) => {
    const value = overrides[property];
    if (value === undefined) return [];
    const source = `PQ_${key.toUpperCase()}_${OF_QUEUE[property].name}`;
    return [{ name: NAMES[property], value: textOf(value), source }];
  });
  const { thresholds: { warning, critical } } = demandsOn(queue, queues);
  const source = overrides.check ? `PQ_${key.toUpperCase()}_CHECK` : "default";
  const count = shards.get(key);
  return [
    ...set,
    { name: "Check", value: `warns at ${warning} s, critical at ${critical} s`, source },
    ...(count === undefined ? [] : [{
      name: "Shards",
      value: String(count),
      source: `${key.toUpperCase()}_SHARDS`,
    }]),
  ];
}

function textOf(value: number | readonly number[] | null): string {
  if (value === null) return "none";
  return typeof value === "number" ? String(value) : value.join(", ") || "never";
}
