/**
 * What is done to the processes, their handlers and the broker.
 *
 * @module
 */

import { waitUntil } from "../private_server.ts";
import type { PrivateRabbitmq } from "../rabbitmq.ts";
import { sleep } from "./handler.ts";
import { now } from "./ledger.ts";
import { ALWAYS, QUEUES, type Trouble } from "./orders.ts";
import type { Random } from "./random.ts";
import type { Fault } from "./recovery.ts";
import type { World } from "./world.ts";

/** One kind of fault. All random numbers are drawn before anything is waited for. */
interface Kind {
  readonly kind: string;
  make(world: World, random: Random): Promise<Omit<Fault, "kind">>;
}

/** Kinds that are made one after another; other lanes go on beside. */
interface Lane {
  readonly name: string;
  readonly kinds: readonly Kind[];
  /** The least and the most ms between two faults. */
  readonly pauseMs: readonly [number, number];
}

/** How long an alarm lasts, and how long a killed broker stays down, in ms at the most. */
const AWAY_MS = 1500;

const KILL: Kind = {
  kind: "SIGKILL",
  make: (world, random) => interrupt(world, random, "SIGKILL"),
};

const PROCESSES: Lane = {
  name: "processes",
  pauseMs: [500, 2000],
  kinds: [
    KILL,
    KILL,
    { kind: "SIGTERM", make: (world, random) => interrupt(world, random, "SIGTERM") },
    { kind: "SIGUSR1", make: (world, random) => interrupt(world, random, "SIGUSR1") },
  ],
};

const HANDLERS: Lane = {
  name: "handlers",
  pauseMs: [1000, 3000],
  kinds: [
    { kind: "handler hangs", make: (world, random) => trouble(world, random, "hang") },
    { kind: "handler loops", make: (world, random) => trouble(world, random, "loop") },
    { kind: "heap is full", make: (world, random) => trouble(world, random, "fill") },
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

/**
 * Makes faults of all kinds at random until it is told to stop: each kind once, then all of them
 * again in another order. The seed repeats which are made, though not to the ms when.
 */
export async function makeFaults(
  world: World,
  random: (purpose: string) => Random,
  stop: AbortSignal,
): Promise<Fault[]> {
  const lanes = world.node ? [PROCESSES, HANDLERS, BROKER] : [PROCESSES, HANDLERS];
  const made = lanes.map((lane) => makeInTurn(lane, world, random(lane.name), stop));
  return (await Promise.all(made)).flat().sort((a, b) => a.at - b.at);
}

async function makeInTurn(
  { kinds, pauseMs: [least, most] }: Lane,
  world: World,
  random: Random,
  stop: AbortSignal,
): Promise<Fault[]> {
  const faults: Fault[] = [];
  while (!stop.aborted) {
    for (const { kind, make } of random.shuffled(kinds)) {
      await pause(random.between(least, most), stop);
      if (stop.aborted) break;
      faults.push({ kind, ...await make(world, random) });
    }
  }
  return faults;
}

/** Resolves after so many ms, or when it is told to stop. */
async function pause(ms: number, stop: AbortSignal): Promise<void> {
  const end = performance.now() + ms;
  await waitUntil(() => stop.aborted || performance.now() >= end, 2 * ms + 1000);
}

/** The time is that of the signal: what follows is the end of one process and a new one's start. */
async function interrupt(world: World, random: Random, signal: Deno.Signal) {
  const service = random.pick(world.services);
  const at = now();
  return { at, pid: await service.interrupt(signal) };
}

/** Once, and the event is good then; or always, and it is dead-lettered. */
function trouble({ publisher }: World, random: Random, trouble: Trouble) {
  const queue = random.pick(QUEUES);
  const id = publisher.publish(queue, { trouble, times: random.pick([1, ALWAYS]) });
  return Promise.resolve({ at: now(), id });
}

/** The time is that of the fault's end: the broker is there again. */
function onNode(
  make: (node: PrivateRabbitmq, random: Random) => Promise<unknown>,
): Kind["make"] {
  return async ({ node }, random) => {
    if (node) await make(node, random);
    return { at: now() };
  };
}

async function killBroker(node: PrivateRabbitmq, random: Random): Promise<void> {
  const ms = random.between(0, AWAY_MS);
  await node.kill();
  await sleep(ms);
  await node.start();
}

async function alarm(node: PrivateRabbitmq, random: Random): Promise<void> {
  const ms = random.between(0, AWAY_MS);
  try {
    await node.ctl("set_vm_memory_high_watermark", "0.0000001");
    await sleep(ms);
  } finally {
    await node.ctl("set_vm_memory_high_watermark", "0.4");
  }
}

/** Closes one connection of all there are, unless it is just gone. */
async function closeConnection({ node }: World, random: Random) {
  const closing = node?.ctl("eval", closeOne(random.next())).catch(() => "");
  const pid = /process-queue [^"]*:(\d+) \(/.exec(await closing ?? "")?.[1];
  return { at: now(), ...(pid === undefined ? {} : { pid: Number(pid) }) };
}

/** Closes a connection and answers its name, which names the process. */
function closeOne(chance: number): string {
  return `All = rabbit_networking:connections(),
    One = lists:nth(trunc(${chance} * length(All)) + 1, All),
    [{_, Properties}] = rabbit_reader:info(One, [client_properties]),
    rabbit_networking:close_connection(One, "by the crash suite"),
    lists:keyfind(<<"connection_name">>, 1, Properties).`;
}
