/**
 * The status of the queues, for systemd and for the log, and the summary of a drain.
 *
 * @module
 */

import type { Broker } from "../../engine/broker/broker.ts";
import { counted, nounFor } from "../../errors/counted.ts";
import { logLine } from "../../log/log.ts";
import { TOO_LATE, within } from "../../system/deadline.ts";
import type { Queues } from "./queues.ts";

/** How long the last line waits for a broker that may be gone, in ms. */
const SUMMARY_MS = 2000;

/** A line for systemd, which names the queues that are not consumed. */
export function statusLine({ all }: Pick<Queues, "all">, isBrokerThere: boolean): string {
  const count = counted(all.length, "queue");
  if (!isBrokerThere) return `${count}, not consumed: the broker is unavailable`;
  const unwell = all.filter(({ state }) => state !== "consuming");
  const names = unwell.map(({ queue, state }) => `${queue} ${state}`);
  return [count, ...names].join(", ");
}

/** Logs how every queue and the process are. */
export function logStatus(queues: Queues, isRestartWanted: boolean): void {
  for (const queue of queues.all) queue.logStatus();
  const { rss, heapUsed } = Deno.memoryUsage();
  const queue = nounFor(queues.all.length, "queue");
  const message = `Status of the process: {queues} ${queue}, {parked} parked, {rss_mb} MB`;
  logLine("info", message, {
    queues: queues.all.length,
    parked: queues.parkedCount,
    rss_mb: Math.round(rss / 1e6),
    heap_mb: Math.round(heapUsed / 1e6),
    uptime: Math.round(performance.now() / 1000),
    restart_wanted: isRestartWanted,
  }, {});
}

/** The last line of a drain, with how many events were done and how many wait for a retry. */
export async function summary(queues: Queues, broker: Broker): Promise<string> {
  const waiting = async () => {
    const counts = queues.all.map(({ queue }) => broker.waiting(queue));
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  };
  const count = await within(SUMMARY_MS, waiting()).catch(() => TOO_LATE);
  const known = count === TOO_LATE ? "unknown" : String(count);
  return `done ${queues.total("processed")}, retried ${queues.total("retried")}, ` +
    `failed ${queues.total("failed")}, waiting for retry ${known}`;
}
