/**
 * Events that RabbitMQ keeps and hands to no client. They are not lost: a node that starts again
 * hands them out. But no client can do anything for them, so the report tells of them apart.
 *
 * @module
 */

import { RabbitmqCluster } from "../rabbitmq.ts";
import { isOfSome, type Server } from "./deployment.ts";
import { QUEUES } from "./events.ts";

/** The columns of a line of {@linkcode heldQueues}. */
const COLUMNS = ["name", "messages_ready", "messages_unacknowledged", "consumers", "leader"];

/** A line for each queue of the suite that holds events while nothing consumes. */
export async function heldQueues(server: Server): Promise<string[]> {
  const printed = await server.ctl("list_queues", "--quiet", ...COLUMNS);
  const lines = printed.split("\n").map((line) => line.split("\t"));
  const held = lines.filter(([name = "", ready, unacknowledged]) =>
    isOfSome(name, QUEUES) && Number(ready) + Number(unacknowledged) > 0
  );
  return await Promise.all(held.map(async (line) => {
    const values = line.map((value, index) => `${COLUMNS[index]} ${value}`);
    return `${values.join(", ")}; ${await overviewOf(server, line[0] ?? "")}`;
  }));
}

/** Restarts the nodes, one after the other. */
export async function restartNodes(server: Server): Promise<void> {
  for (const node of server instanceof RabbitmqCluster ? server.nodes : [server]) {
    await node.restart();
  }
}

/** What a quorum queue knows of its events and consumers. */
async function overviewOf(server: Server, queue: string): Promise<string> {
  const erlang = `ra:local_query({'%2F_${queue}', node()}, fun rabbit_fifo:overview/1).`;
  const printed = await server.ctl("eval", erlang).catch((error: unknown) => String(error));
  return printed.replace(/\s+/g, " ").trim();
}
