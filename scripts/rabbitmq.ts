/**
 * Private RabbitMQ nodes on 127.0.0.1, each with its own ports, data and epmd, for tests,
 * benchmarks and development.
 *
 * As a command it starts one node and ends it on Ctrl-C:
 *
 *     deno task rabbitmq
 *
 * `RABBITMQ_BIN` is the folder of RabbitMQ's programs, where it is not Debian's.
 *
 * @module
 */

import { signalled } from "./private_server.ts";
import { startRabbitmq } from "./rabbitmq/private.ts";

export { AttachedRabbitmq, attachRabbitmq } from "./rabbitmq/attached.ts";
export type { RabbitmqOptions, RabbitmqTlsOptions } from "./rabbitmq/configuration.ts";
export { PrivateRabbitmq, startRabbitmq } from "./rabbitmq/private.ts";
export { rabbitmqInstalled } from "./rabbitmq/programs.ts";

async function main(): Promise<void> {
  using ending = signalled();
  await using node = await startRabbitmq();
  console.log(`AMQP_URL=${node.url}`);
  console.log(`\nA private RabbitMQ node is running; its data are in ${node.folder}.`);
  console.log(
    `Use it in another terminal:\n\n  AMQP_URL=${node.url} deno task start check-config\n`,
  );
  console.log("Ctrl-C ends it and removes its data.");
  await ending.received;
}

if (import.meta.main) await main();
