/**
 * The faults of a cluster's nodes, one node at a time. As the others serve on, recovery is the
 * longest time in which nothing was processed.
 *
 * @module
 */

import { waitUntil } from "../private_server.ts";
import { type PrivateRabbitmq, RabbitmqCluster } from "../rabbitmq.ts";
import type { Deployment } from "./deployment.ts";
import { QUEUES } from "./events.ts";
import { sleep } from "./handler.ts";
import type { Kind, Lane } from "./lane.ts";
import { now } from "./ledger.ts";
import type { Service } from "./service.ts";

/** The longest time that a node is down or paused, in ms. */
const MAX_OUTAGE_MS = 5000;
/** How long a process may take to be connected, in ms. */
const CONNECT_MS = 30_000;

/** What happens to the nodes. */
export const CLUSTER: Lane = {
  name: "cluster",
  pauseMs: [1000, 2500],
  kinds: [
    { kind: "leader killed", make: onQueue(true, kill) },
    { kind: "follower killed", make: onQueue(false, kill) },
    { kind: "client's node killed", make: onClientsNode(kill) },
    { kind: "client's node restarted", make: onClientsNode((node) => node.restart()) },
    { kind: "client's node paused", make: onClientsNode(pause) },
  ],
};

type Make = (node: PrivateRabbitmq, ms: number) => Promise<void>;

/** A fault of the node with the leader of a queue, or of another one. */
function onQueue(isLeader: boolean, make: Make): Kind["make"] {
  return async (deployment, random) => {
    const cluster = clusterOf(deployment);
    const [queue, other] = [random.pick(QUEUES), random.next()];
    const ms = random.between(0, MAX_OUTAGE_MS);
    const leader = await cluster.leaderOf(queue);
    const followers = cluster.nodes.filter((node) => node !== leader);
    const node = followers[Math.floor(other * followers.length)] ?? leader;
    return { queue, ...await timed(() => make(isLeader ? leader : node, ms)) };
  };
}

/** A fault of the node that one of the processes is connected to; of any node when none is. */
function onClientsNode(make: Make): Kind["make"] {
  return async (deployment, random) => {
    const cluster = clusterOf(deployment);
    const services = random.shuffled(deployment.processes.services);
    const any = random.pick(cluster.nodes);
    const ms = random.between(0, MAX_OUTAGE_MS);
    const { node = any, ...client } = await clientOf(cluster, services) ?? {};
    return { ...client, ...await timed(() => make(node, ms)) };
  };
}

/** Makes a fault. @returns From when to when it lasted. */
async function timed(make: () => Promise<void>): Promise<{ at: number; until: number }> {
  const at = now();
  await make();
  return { at, until: now() };
}

async function kill(node: PrivateRabbitmq, ms: number): Promise<void> {
  await node.kill();
  await sleep(ms);
  await node.start();
}

async function pause(node: PrivateRabbitmq, ms: number): Promise<void> {
  node.pause();
  await sleep(ms);
  node.resume();
}

/** A process and the node that it consumes from. */
interface Client {
  readonly pid: number;
  readonly node: PrivateRabbitmq;
}

/** The first of the services that is connected; waits for one. */
async function clientOf(
  cluster: RabbitmqCluster,
  services: readonly Service[],
): Promise<Client | undefined> {
  let client: Client | undefined;
  await waitUntil(async () => {
    const consumers = await consumersOf(cluster);
    [client] = services.flatMap((service) => consumers.filter(({ pid }) => pid === service.pid));
    return client !== undefined;
  }, CONNECT_MS).catch(() => {});
  return client;
}

/** Erlang that lists the nodes and the names of all connections, except those that end meanwhile. */
const CONNECTIONS = `[{node(P), N} || P <- rabbit_networking:connections(),
  {client_properties, Ps} <- try rabbit_reader:info(P, [client_properties]) catch _:_ -> [] end,
  {<<"connection_name">>, _, N} <- Ps].`;

/** The processes that consume, each with its node. */
async function consumersOf(cluster: RabbitmqCluster): Promise<Client[]> {
  const printed = await cluster.ctl("eval", CONNECTIONS).catch(() => "");
  const found = printed.matchAll(/\{'([^']+)',\s*<<"process-queue [^"]*:(\d+) \(consume\)">>/g);
  return [...found].map(([, name = "", pid]) => ({ pid: Number(pid), node: cluster.named(name) }));
}

function clusterOf({ server }: Deployment): RabbitmqCluster {
  if (server instanceof RabbitmqCluster) return server;
  throw new TypeError("These faults need a cluster");
}
