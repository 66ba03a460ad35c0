/**
 * Private RabbitMQ nodes on 127.0.0.1, each with its own ports, data and epmd, for tests,
 * benchmarks and development.
 *
 * As a command it starts one node, or a cluster of three, and ends it on Ctrl-C:
 *
 *     deno task rabbitmq [--cluster]
 *
 * `RABBITMQ_BIN` is the folder of RabbitMQ's programs, where it is not Debian's.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { signalled } from "./private_server.ts";
import { type RabbitmqCluster, startCluster } from "./rabbitmq/cluster.ts";
import { type PrivateRabbitmq, startRabbitmq } from "./rabbitmq/private.ts";
import { orUsage } from "./usage.ts";

export { AttachedRabbitmq, attachRabbitmq } from "./rabbitmq/attached.ts";
export { RabbitmqCluster, startCluster } from "./rabbitmq/cluster.ts";
export type { RabbitmqOptions, RabbitmqTlsOptions } from "./rabbitmq/configuration.ts";
export { PrivateRabbitmq, startRabbitmq } from "./rabbitmq/private.ts";
export { rabbitmqInstalled, requireRabbitmq } from "./rabbitmq/programs.ts";

async function main(): Promise<void> {
  const { values } = orUsage("usage: deno task rabbitmq [--cluster]", () => {
    return parseArgs({ options: { cluster: { type: "boolean", default: false } } });
  });
  using ending = signalled();
  await using server = await (values.cluster ? startCluster() : startRabbitmq());
  console.log(`AMQP_URL=${server.url}\n`);
  for (const line of "nodes" in server ? clusterLines(server) : nodeLines(server)) {
    console.log(line);
  }
  // A file .env that "seed" has written names the embedded broker.
  const settings = `BROKER=rabbitmq AMQP_URL=${server.url}`;
  console.log(`Use it in another terminal:\n\n  ${settings} deno task start check-config\n`);
  console.log("Ctrl-C ends it and removes its data.");
  await ending.received;
}

function nodeLines({ folder }: PrivateRabbitmq): string[] {
  return [`A private RabbitMQ node is running; its data are in ${folder}.`];
}

function clusterLines({ nodes }: RabbitmqCluster): string[] {
  return [
    `A private cluster of ${nodes.length} RabbitMQ nodes is running:`,
    ...nodes.map(({ name, port, pid, folder }) =>
      `  ${name}, port ${port}, process ${pid}, data in ${folder}`
    ),
  ];
}

if (import.meta.main) await main();
