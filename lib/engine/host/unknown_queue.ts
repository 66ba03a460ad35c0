/**
 * Why a queue may have no worker here.
 *
 * @module
 */

import { queueKey } from "../../config/queue_key.ts";
import { didYouMean } from "../../errors/spelling.ts";
import { unsharded } from "./shards.ts";

/** The queue of the event server, whose worker is in no folder. */
const NOTICES = "notify_tornado";

/** The queues that have a worker here. */
export interface KnownQueues {
  readonly names: readonly string[];
  /** How many shards each has, by {@linkcode queueKey}. */
  readonly shards: ReadonlyMap<string, number>;
}

/** What to add to the message that there is no such queue, with its `;`, or `""`. */
export function unknownHint(queue: string, { names, shards }: KnownQueues): string {
  const worker = unsharded(queue);
  if (worker !== queue && names.includes(worker)) {
    return `; ${shardHint(worker, shards.get(queueKey(worker)) ?? 1)}`;
  }
  if (queue.startsWith(NOTICES)) return "; `process-queue events` consumes it";
  return didYouMean(queue, names);
}

function shardHint(worker: string, shards: number): string {
  const option = `--queue_name ${worker} --worker_num`;
  if (shards > 1) return `${worker} has ${shards} shards: run one by ${option} 1 to ${shards}`;
  return `${worker} has no shards here: set ${queueKey(worker).toUpperCase()}_SHARDS to their ` +
    `number, and run one by ${option} 1`;
}
