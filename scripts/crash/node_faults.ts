/**
 * The faults of a single RabbitMQ node. Recovery starts when the node is available again.
 *
 * @module
 */

import { PrivateRabbitmq } from "../rabbitmq.ts";
import type { Deployment } from "./deployment.ts";
import { sleep } from "./handler.ts";
import type { Kind, Lane } from "./lane.ts";
import { now } from "./ledger.ts";
import type { Random } from "./random.ts";

/** The longest time that an alarm lasts or a killed node stays down, in ms. */
const MAX_OUTAGE_MS = 1500;

/** What has a broker. */
type WithServer = Pick<Deployment, "server">;

/** What happens to the node. */
export const NODE: Lane<WithServer> = {
  name: "broker",
  pauseMs: [1000, 2500],
  kinds: [
    { kind: "broker killed", make: onNode(killNode) },
    { kind: "broker restarted", make: onNode((node) => node.restart()) },
    { kind: "connection closed", make: closeConnection },
    { kind: "memory alarm", make: onNode(alarm) },
  ],
};

function onNode(
  make: (node: PrivateRabbitmq, random: Random) => Promise<unknown>,
): Kind<WithServer>["make"] {
  return async ({ server }, random) => {
    if (server instanceof PrivateRabbitmq) await make(server, random);
    return { at: now() };
  };
}

async function killNode(node: PrivateRabbitmq, random: Random): Promise<void> {
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
async function closeConnection({ server }: WithServer, random: Random) {
  const chance = random.next();
  const node = server instanceof PrivateRabbitmq ? server : undefined;
  const closing = node?.ctl("eval", closeOne(chance)).catch(() => "");
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
