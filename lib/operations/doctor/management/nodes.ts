/**
 * What is found about the nodes of RabbitMQ.
 *
 * @module
 */

import { counted } from "../../../errors/counted.ts";
import { fine, type Found, wrong } from "../finding.ts";
import type { ManagedNode } from "./facts.ts";

/** Judges nodes. */
export function nodesFound(nodes: readonly ManagedNode[]): Found[] {
  const found = nodes.flatMap(problems);
  if (found.length > 0 || nodes.length === 0) return found;
  return [fine(`${counted(nodes.length, "node")} of RabbitMQ, without an alarm`)];
}

function problems({ name, ...node }: ManagedNode): Found[] {
  if (!node.isRunning) {
    const fix = "start it on its host: systemctl start rabbitmq-server";
    return [wrong(`node ${name} does not run`, { fix })];
  }
  const found: Found[] = [];
  if (node.hasMemoryAlarm) {
    const fix = `free memory there: rabbitmq-diagnostics -n ${name} memory_breakdown`;
    found.push(wrong(`node ${name} is short of memory, so RabbitMQ takes no events`, { fix }));
  }
  if (node.hasDiskAlarm) {
    const fix = `free space on its disk: rabbitmq-diagnostics -n ${name} status`;
    found.push(wrong(`node ${name} is short of disk space, so RabbitMQ takes no events`, { fix }));
  }
  if (node.partitions.length > 0) {
    const fix = "mend the network, and restart the nodes of one side: rabbitmqctl cluster_status";
    found.push(wrong(`node ${name} is cut off from ${node.partitions.join(", ")}`, { fix }));
  }
  return found;
}
