/**
 * How long a queue may need to clear its backlog before somebody is alerted.
 *
 * @module
 */

import { queueKey } from "../config/queue_key.ts";
import type { CheckThresholds, QueueOverrides } from "../config/queues.ts";
import { unsharded } from "../engine/host/shards.ts";

const USUAL: CheckThresholds = { warning: 30, critical: 60 };

/** Zulip's own, of `check-rabbitmq-queue`. */
const OF_QUEUE: Readonly<Record<string, CheckThresholds>> = {
  deferred_work: { warning: 600, critical: 900 },
  soft_reactivation: { warning: 600, critical: 900 },
  digest_emails: { warning: 1200, critical: 1800 },
  missedmessage_mobile_notifications: { warning: 120, critical: 180 },
  embed_links: { warning: 60, critical: 90 },
  email_senders: { warning: 90, critical: 300 },
  deferred_email_senders: { warning: 3600, critical: 4500 },
};

/** What is demanded of a queue. */
export interface QueueDemands {
  /** Seconds to clear the backlog. */
  readonly thresholds: CheckThresholds;
  /** How many consumers the queue must have, `PQ_<QUEUE>_CONSUMERS`; `null`: any number. */
  readonly consumers: number | null;
}

/**
 * What is demanded of a queue: by its settings, else by Zulip's table, else 30 and 60 s. Each shard
 * has the demands of its queue.
 */
export function demandsOn(
  queue: string,
  settings: ReadonlyMap<string, QueueOverrides>,
): QueueDemands {
  const whole = unsharded(queue);
  const { check, consumers } = settings.get(queueKey(whole)) ?? {};
  return { thresholds: check ?? OF_QUEUE[whole] ?? USUAL, consumers: consumers ?? null };
}
