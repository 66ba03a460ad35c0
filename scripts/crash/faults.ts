/**
 * The faults that the suite makes in the processes, their handlers and the broker.
 *
 * @module
 */

import { waitUntil } from "../private_server.ts";
import type { PrivateRabbitmq } from "../rabbitmq.ts";
import type { Deployment } from "./deployment.ts";
import { ALWAYS, QUEUES, type Trouble } from "./events.ts";
import { sleep } from "./handler.ts";
import { now } from "./ledger.ts";
import type { Random } from "./random.ts";
import type { Fault } from "./recovery.ts";

/** One kind of fault. `make` draws its random numbers before it waits for anything. */
interface Kind {
  readonly kind: string;
  make(deployment: Deployment, random: Random): Promise<Omit<Fault, "kind">>;
}

/** Kinds of faults that are made one after another. Lanes run concurrently. */
interface Lane {
  readonly name: string;
  readonly kinds: readonly Kind[];
  /** The shortest and the longest time between two faults, in ms. */
  readonly pauseMs: readonly [number, number];
}

/** The longest time that an alarm lasts or a killed broker stays down, in ms. */
const MAX_OUTAGE_MS = 1500;

const KILL: Kind = {
  kind: "SIGKILL",
  make: (deployment, random) => interrupt(deployment, random, "SIGKILL"),
};

const PROCESSES: Lane = {
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

const BROKER: Lane = {
  name: "broker",
  pauseMs: [1000, 2500],
  kinds: [
    { kind: "broker killed", make: onNode(killBroker) },
    { kind: "broker restarted", make: onNode((node) => node.restart()) },
    { kind: "connection closed", make: closeConnection },
    { kind: "memory alarm", make: onNode(alarm) },
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
  const lanes = deployment.node ? [PROCESSES, HANDLERS, BROKER] : [PROCESSES, HANDLERS];
  const made = lanes.map((lane) => makeInTurn(lane, deployment, random(lane.name), end));
  return (await Promise.all(made)).flat().sort((a, b) => a.at - b.at);
}

async function makeInTurn(
  { kinds, pauseMs: [least, most] }: Lane,
  deployment: Deployment,
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
async function interrupt(deployment: Deployment, random: Random, signal: Deno.Signal) {
  const service = random.pick(deployment.services);
  const at = now();
  return { at, pid: await service.interrupt(signal) };
}

/** Publishes an event that makes trouble once and then succeeds, or always and is dead-lettered. */
function trouble({ publisher }: Deployment, random: Random, trouble: Trouble) {
  const queue = random.pick(QUEUES);
  const id = publisher.publish(queue, { trouble, times: random.pick([1, ALWAYS]) });
  return Promise.resolve({ at: now(), id });
}

/** Makes a fault of the broker. Recovery starts when the broker is available again. */
function onNode(
  make: (node: PrivateRabbitmq, random: Random) => Promise<unknown>,
): Kind["make"] {
  return async ({ node }, random) => {
    if (node) await make(node, random);
    return { at: now() };
  };
}

async function killBroker(node: PrivateRabbitmq, random: Random): Promise<void> {
  const ms = random.between(0, MAX_OUTAGE_MS);
  await node.kill();
  await sleep(ms);
  await node.start();
}

async function alarm(node: PrivateRabbitmq, random: Random): Promise<void> {
  const ms = random.between(0, MAX_OUTAGE_MS);
  try {
    await node.ctl("set_vm_memory_high_watermark", "0.0000001");
    await sleep(ms);
  } finally {
    await node.ctl("set_vm_memory_high_watermark", "0.4");
  }
}

/** Closes one of all connections, unless it has just ended. */
async function closeConnection({ node }: Deployment, random: Random) {
  const closing = node?.ctl("eval", closeOne(random.next())).catch(() => "");
  const pid = /process-queue [^"]*:(\d+) \(/.exec(await closing ?? "")?.[1];
  return { at: now(), ...(pid === undefined ? {} : { pid: Number(pid) }) };
}

/** Erlang that closes a connection and returns its name, which holds the process id. */
function closeOne(chance: number): string {
  return `All = rabbit_networking:connections(),
    One = lists:nth(trunc(${chance} * length(All)) + 1, All),
    [{_, Properties}] = rabbit_reader:info(One, [client_properties]),
    rabbit_networking:close_connection(One, "by the crash suite"),
    lists:keyfind(<<"connection_name">>, 1, Properties).`;
}
