/**
 * A private cluster of three nodes on this machine.
 *
 * @module
 */

import { freePort } from "../private_server.ts";
import type { RabbitmqOptions } from "./configuration.ts";
import { prepareRabbitmq, type PrivateRabbitmq } from "./private.ts";

/** How a private cluster is started. */
export type ClusterOptions = Pick<RabbitmqOptions, "programs" | "config">;

const NODES = 3;
/**
 * How long a retry queue waits for the confirmation of an event that it dead-letters, in ms. It is
 * 3 minutes by default, which events wait whose retry was due while their queue had no leader.
 */
const CONFIRM_MS = 10_000;

/** Three nodes; one of them can be away. Disposing it ends them and removes their folders. */
export class RabbitmqCluster implements AsyncDisposable {
  /** The nodes, each with its own port. */
  readonly nodes: readonly PrivateRabbitmq[];
  readonly #undo: AsyncDisposableStack;

  /** Use {@linkcode startCluster}. */
  constructor(nodes: readonly PrivateRabbitmq[], undo: AsyncDisposableStack) {
    this.nodes = nodes;
    this.#undo = undo;
  }

  /** The AMQP addresses of all nodes, separated by commas. */
  get url(): string {
    return this.nodes.map(({ url }) => url).join(",");
  }

  /**
   * The node with the leader of a quorum queue.
   *
   * @throws {Error} When there is no such queue, or no leader now.
   */
  async leaderOf(queue: string): Promise<PrivateRabbitmq> {
    const printed = await this.ctl("list_queues", "--quiet", "name", "leader");
    const lines = printed.split("\n").map((line) => line.split("\t"));
    return this.named(lines.find(([name]) => name === queue)?.[1] ?? "");
  }

  /** A node by its name for Erlang. @throws {Error} When there is no such node. */
  named(name: string): PrivateRabbitmq {
    const node = this.nodes.find((node) => node.name === name);
    if (node) return node;
    throw new Error(`the cluster of ${this.url} has no node ${name}`);
  }

  /** Runs rabbitmqctl on a node that is up. @throws {Error} With its message when it fails. */
  async ctl(...args: string[]): Promise<string> {
    const node = this.nodes.find(({ pid }) => pid !== undefined);
    if (node) return await node.ctl(...args);
    throw new Error(`no node of the cluster of ${this.url} is running`);
  }

  /** Kills the nodes and removes their folders. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#undo.disposeAsync();
  }
}

/**
 * Starts a private cluster, which takes about 20 s. A node that is cut off from both others stops
 * serving (`pause_minority`).
 *
 * @throws {Error} When RabbitMQ is not installed or a node does not start; then with its log.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<RabbitmqCluster> {
  await using undo = new AsyncDisposableStack();
  const nodes: PrivateRabbitmq[] = [];
  for (const prepared of await Promise.all(plans(options))) nodes.push(undo.use(prepared));
  const [seed, ...others] = nodes;
  // The others join the one that runs.
  await seed?.start();
  await Promise.all(others.map((node) => node.start()));
  return new RabbitmqCluster(nodes, undo.move());
}

function plans({ config = "", ...options }: ClusterOptions): Promise<PrivateRabbitmq>[] {
  const [id, cookie, epmdPort] = [crypto.randomUUID(), crypto.randomUUID(), freePort()];
  const names = Array.from({ length: NODES }, (_, n) => `pq-${id.slice(0, 8)}-${n}@localhost`);
  return names.map((name) => {
    const lines = [config, ...formation([...new Set([names[0] ?? "", name])])];
    const files = { config: lines.join("\n"), advanced: ADVANCED };
    return prepareRabbitmq({ ...options, ...files }, { name, epmdPort, cookie });
  });
}

const ADVANCED = `[{rabbit, [{dead_letter_worker_publisher_confirm_timeout, ${CONFIRM_MS}}]}].\n`;

/** The lines of rabbitmq.conf about the cluster. @param peers The node itself and whom it joins. */
function formation(peers: readonly string[]): string[] {
  return [
    "cluster_formation.peer_discovery_backend = classic_config",
    ...peers.map((name, n) => `cluster_formation.classic_config.nodes.${n + 1} = ${name}`),
    "cluster_partition_handling = pause_minority",
  ];
}
