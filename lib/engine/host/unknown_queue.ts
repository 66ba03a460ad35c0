/**
 * Why a queue may have no worker here.
 *
 * @module
 */

import { queueKey } from "../../config/queue_key.ts";
import { didYouMean } from "../../errors/spelling.ts";
import { unsharded } from "./shards.ts";

/** The queues of a Zulip server that have no worker here. */
const ZULIPS: ReadonlySet<string> = new Set([
  "email_mirror",
  "notify_tornado",
  "thumbnail",
]);

/** The queues that have a worker here. */
export interface KnownQueues {
  readonly names: readonly string[];
  /** How many shards each has, by {@linkcode queueKey}. */
  readonly shards: ReadonlyMap<string, number>;
}

/** Whether it is a queue, or a shard, of a Zulip server that has no worker here. */
export function isZulips(queue: string): boolean {
  return ZULIPS.has(unsharded(queue).replace(/_port_[0-9]+$/, ""));
}

/** What to add to the message that there is no such queue, with its `;`, or `""`. */
export function unknownHint(queue: string, { names, shards }: KnownQueues): string {
  const worker = unsharded(queue);
  if (worker !== queue && names.includes(worker)) {
    return `; ${shardHint(worker, shards.get(queueKey(worker)) ?? 1)}`;
  }
  if (isZulips(queue)) return "; it is a queue of Zulip's: leave it to manage.py";
  return didYouMean(queue, names);
}

function shardHint(worker: string, shards: number): string {
  const option = `--queue_name ${worker} --worker_num`;
  if (shards > 1) return `${worker} has ${shards} shards: run one by ${option} 1 to ${shards}`;
  return `${worker} has no shards here: set ${queueKey(worker).toUpperCase()}_SHARDS to their ` +
    `number, and run one by ${option} 1`;
}
