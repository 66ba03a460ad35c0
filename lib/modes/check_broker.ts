/**
 * The check of the broker by `check-config`.
 *
 * @module
 */

import { splitAddresses } from "../config/broker_addresses.ts";
import type { Config } from "../config/config.ts";
import { type Broker, BrokerError } from "../engine/broker/broker.ts";
import { alternatives } from "../errors/alternatives.ts";
import { consumedNames, type QueueCheck } from "./check_queues.ts";
import type { Services } from "./services.ts";

/**
 * Connects once, without waiting for the broker, to each of its addresses. Looks at the queues, and
 * publishes one event to a queue of its own. Nothing that it makes stays.
 *
 * @returns What it found, on the first line that all is well.
 * @throws {Error} Why the broker, or one of its queues, cannot be used.
 */
export async function checkBroker(
  config: Config,
  queues: readonly QueueCheck[],
  services: Pick<Services, "checkEmbedded" | "openBroker">,
): Promise<string> {
  if (!config.usingRabbitmq) return "not used (USING_RABBITMQ is false)";
  const once = { ...config, broker: { ...config.broker, waitSeconds: 0 } };
  const { url } = config.broker;
  if (url === undefined) {
    const unfinished = await services.checkEmbedded(config);
    return `ok (embedded, in ${[config.stateDir, unfinished].filter(Boolean).join("; ")})`;
  }
  await using broker = await services.openBroker(once, "process-queue check-config");
  const lines = [
    ...await silent(broker),
    ...await doubts(broker, queues.flatMap(consumedNames)),
    ...await missing(broker, queues.filter(({ isActive }) => isActive).flatMap(consumedNames)),
    ...await untried(broker),
  ];
  return [`ok (${addressOf(url)})`, ...lines].join("\n");
}

/** The addresses that do not answer, while another one does. */
async function silent(broker: Broker): Promise<string[]> {
  const failures = await broker.tryAddresses?.() ?? [];
  return failures.map(({ message }) => `warning: ${message}; the other addresses are used instead`);
}

/** What may lose events of the queues that exist. @throws {Error} When one cannot be consumed. */
async function doubts(broker: Broker, queues: readonly string[]): Promise<string[]> {
  const found = await Promise.all(queues.map((queue) => broker.doubtsAbout?.(queue) ?? []));
  const messages = found.flat().map(({ message }) => message);
  if (found.flat().some(({ isRefused }) => isRefused)) throw new Error(messages.join("\n"));
  return messages;
}

/** The queues that do not exist. Asking for them makes none. */
async function missing(broker: Broker, queues: readonly string[]): Promise<string[]> {
  const depths = await Promise.all(queues.map((queue) => broker.depth(queue)));
  const names = queues.filter((_, index) => depths[index] === undefined);
  if (names.length === 0) return [];
  return [`queues that are not there yet, made at the first run: ${names.join(", ")}`];
}

/** Whether publishing could not be tried. @throws {BrokerError} When it was, and failed. */
async function untried(broker: Broker): Promise<string[]> {
  try {
    await broker.tryPublishing?.();
    return [];
  } catch (error) {
    if (!(error instanceof BrokerError) || error.kind !== "permission") throw error;
    return ["publishing could not be tried, as this user may make no queue of another name"];
  }
}

/** Hosts and ports, and the virtual host. */
function addressOf(text: string): string {
  const urls = splitAddresses(text).map((address) => new URL(address));
  const vhost = decodeURIComponent(urls[0]?.pathname.slice(1) ?? "") || "/";
  return `RabbitMQ at ${alternatives(urls.map(hostAndPort))}, virtual host ${vhost}`;
}

function hostAndPort({ hostname, port, protocol }: URL): string {
  return `${hostname}:${port || (protocol === "amqps:" ? "5671" : "5672")}`;
}
