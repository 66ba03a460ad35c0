/**
 * The faults that the suite makes in the processes, their handlers and the broker.
 *
 * @module
 */

import { waitUntil } from "../private_server.ts";
import { RabbitmqCluster } from "../rabbitmq.ts";
import { CLUSTER } from "./cluster_faults.ts";
import type { Deployment } from "./deployment.ts";
import { ALWAYS, QUEUES, type Trouble } from "./events.ts";
import type { Kind, Lane } from "./lane.ts";
import { now } from "./ledger.ts";
import { NODE } from "./node_faults.ts";
import type { Random } from "./random.ts";
import type { Fault } from "./recovery.ts";

/** What has processes. */
type WithProcesses = Pick<Deployment, "processes">;

const KILL: Kind<WithProcesses> = {
  kind: "SIGKILL",
  make: (deployment, random) => interrupt(deployment, random, "SIGKILL"),
};

/** What happens to the processes. */
export const PROCESSES: Lane<WithProcesses> = {
  name: "processes",
  pauseMs: [500, 2000],
  kinds: [
    KILL,
    KILL,
    { kind: "SIGTERM", make: (deployment, random) => interrupt(deployment, random, "SIGTERM") },
    { kind: "SIGUSR1", make: (deployment, random) => interrupt(deployment, random, "SIGUSR1") },
  ],
};

const HANDLERS: Lane = {
  name: "handlers",
  pauseMs: [1000, 3000],
  kinds: [
    { kind: "handler hangs", make: (deployment, random) => trouble(deployment, random, "hang") },
    { kind: "handler loops", make: (deployment, random) => trouble(deployment, random, "loop") },
    { kind: "heap is full", make: (deployment, random) => trouble(deployment, random, "fill") },
  ],
};

/** When the suite stops making faults. */
export interface End {
  /** Aborted when there were enough faults. Each kind is still made once, however long it takes. */
  readonly enough: AbortSignal;
  /** Aborted to make no more faults at all. @default {never} */
  readonly stop: AbortSignal | undefined;
}

/**
 * Makes faults of all kinds: each kind once, then all of them again in another order, until the
 * end. A seed repeats the kinds and their order, but not the exact times.
 */
export async function makeFaults(
  deployment: Deployment,
  random: (purpose: string) => Random,
  end: End,
): Promise<Fault[]> {
  const lanes = [PROCESSES, HANDLERS, ...brokerLanes(deployment)];
  const made = lanes.map((lane) => makeInTurn(lane, deployment, random(lane.name), end));
  return (await Promise.all(made)).flat().sort((a, b) => a.at - b.at);
}

function brokerLanes({ server }: Deployment): Lane[] {
  if (!server) return [];
  return server instanceof RabbitmqCluster ? [CLUSTER] : [NODE];
}

/** Makes the faults of a lane, one after another. */
export async function makeInTurn<Target>(
  { kinds, pauseMs: [least, most] }: Lane<Target>,
  deployment: Target,
  random: Random,
  { enough, stop }: End,
): Promise<Fault[]> {
  const faults: Fault[] = [];
  const isOver = () => stop?.aborted === true || (enough.aborted && faults.length >= kinds.length);
  while (!isOver()) {
    for (const { kind, make } of random.shuffled(kinds)) {
      await pause(random.between(least, most), isOver);
      if (isOver()) break;
      faults.push({ kind, ...await make(deployment, random) });
    }
  }
  return faults;
}

/** Resolves after `ms` ms, or when `isOver` returns true. */
async function pause(ms: number, isOver: () => boolean): Promise<void> {
  const end = performance.now() + ms;
  await waitUntil(() => isOver() || performance.now() >= end, Infinity);
}

/** Ends a process by a signal. Recovery starts with the signal. */
async function interrupt(deployment: WithProcesses, random: Random, signal: Deno.Signal) {
  const service = random.pick(deployment.processes.services);
  const at = now();
  return { at, pid: await service.interrupt(signal) };
}

/** Publishes an event that makes trouble once and then succeeds, or always and is dead-lettered. */
function trouble({ publisher }: Deployment, random: Random, trouble: Trouble) {
  const queue = random.pick(QUEUES);
  const id = publisher.publish(queue, { trouble, times: random.pick([1, ALWAYS]) });
  return Promise.resolve({ at: now(), id });
}
