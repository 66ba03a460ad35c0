/**
 * The check of `doctor` whether RabbitMQ waits for as long as events may be here.
 *
 * @module
 */

import { queueKey } from "../../config/queue_key.ts";
import type { Broker } from "../../engine/broker/broker.ts";
import type { Found } from "../../operations/doctor/finding.ts";
import { type HoldFacts, timeoutsFound } from "../../operations/doctor/timeouts.ts";
import type { ManagedQueue } from "../../operations/doctor/management/facts.ts";
import { consumedNames, type QueueCheck } from "../check_queues.ts";
import type { CheckScene } from "./checks.ts";
import { ManagementError } from "./management_api.ts";

/** How long events may be here, by the queues that `--all` runs. */
export async function checkTimeouts(broker: Broker, scene: CheckScene): Promise<Found[]> {
  const { settleWithinSeconds: seconds } = broker;
  if (seconds === undefined) return [];
  const managed = await managedQueues(scene);
  const { queues, config: { limits: { windowSeconds } } } = scene;
  return timeoutsFound(queues.flatMap((check) => {
    return check.isActive ? holdOf(check, windowSeconds, { seconds, managed }) : [];
  }));
}

function holdOf(
  check: QueueCheck,
  windowSeconds: number,
  { seconds, managed }: { seconds: number; managed: ReadonlyMap<string, ManagedQueue> },
): HoldFacts[] {
  const { name, limits } = check;
  if (!limits) return [];
  const own = consumedNames(check).flatMap((queue) => timeoutOf(managed.get(queue)) ?? []);
  return [{
    queue: name,
    waitSeconds: windowSeconds + (limits.batch?.seconds ?? 0),
    runSeconds: limits.maxConsumeSeconds,
    setting: `PQ_${queueKey(name).toUpperCase()}_MAX_CONSUME_SECONDS`,
    timeoutSeconds: own.length > 0 ? Math.min(...own) : seconds,
    isOfQueue: own.length > 0,
  }];
}

/** The time that a queue has by an argument or a policy, in seconds: the lower one holds. */
function timeoutOf(queue: ManagedQueue | undefined): number | undefined {
  const times = [queue?.args["x-consumer-timeout"], queue?.policy["consumer-timeout"]]
    .filter((ms) => typeof ms === "number");
  return times.length > 0 ? Math.min(...times) / 1000 : undefined;
}

/** The queues that the management knows; none where it is not asked, or does not answer. */
async function managedQueues(
  { management }: CheckScene,
): Promise<ReadonlyMap<string, ManagedQueue>> {
  try {
    const all = await management?.queues() ?? [];
    return new Map(all.map((queue) => [queue.name, queue]));
  } catch (error) {
    if (error instanceof ManagementError) return new Map();
    throw error;
  }
}
