/**
 * The check of the broker by `check-config` and `doctor`.
 *
 * @module
 */

import { splitAddresses } from "../config/broker_addresses.ts";
import type { Config } from "../config/config.ts";
import { type Broker, BrokerError } from "../engine/broker/broker.ts";
import { alternatives } from "../errors/alternatives.ts";
import { LOOKS_AT_ONCE } from "../operations/broker_look.ts";
import { DOCTOR_FIX, fine, type Found, warning, wrong } from "../operations/doctor/finding.ts";
import { mapInSlots } from "../system/slots.ts";
import { consumedNames, type QueueCheck } from "./check_queues.ts";
import { notUsed } from "./doctor/check_text.ts";
import type { Services } from "./services.ts";

/**
 * Connects once, without waiting for the broker, to each of its addresses. Looks at the queues, and
 * publishes one event to a queue of its own. Nothing that it makes stays.
 *
 * @throws {Error} Why the broker cannot be used.
 */
export async function checkBroker(
  config: Config,
  queues: readonly QueueCheck[],
  services: Pick<Services, "checkEmbedded" | "openBroker">,
): Promise<Found[]> {
  if (!config.usingRabbitmq) return [notUsed("USING_RABBITMQ is false")];
  const { url } = config.broker;
  if (url === undefined) {
    const unfinished = await services.checkEmbedded(config);
    return [fine(`embedded, in ${[config.stateDir, unfinished].filter(Boolean).join("; ")}`)];
  }
  const open = () => openOnce(config, services);
  await using broker = await open();
  return [
    fine(addressOf(url)),
    ...await silent(broker),
    ...await doubts(broker, queues.flatMap(consumedNames)),
    ...await missing(
      broker,
      queues.filter(({ isActive }) => isActive).flatMap(consumedNames),
      open,
    ),
    ...await untried(broker),
  ];
}

/** Opens the broker without waiting for it. @throws {Error} Why it cannot be used. */
export async function openOnce(
  config: Config,
  services: Pick<Services, "openBroker">,
): Promise<Broker> {
  const once = { ...config, broker: { ...config.broker, waitSeconds: 0 } };
  return await services.openBroker(once, "process-queue check-config");
}

/** The addresses that do not answer, while another one does. */
async function silent(broker: Broker): Promise<Found[]> {
  const failures = await broker.tryAddresses?.() ?? [];
  return failures.map(({ message }) => warning(`${message}; the other addresses are used instead`));
}

/** What may lose events of the queues that exist, and which of them cannot be consumed. */
async function doubts(broker: Broker, queues: readonly string[]): Promise<Found[]> {
  const found = await mapInSlots(LOOKS_AT_ONCE, queues, async (queue) => {
    const all = await broker.doubtsAbout?.(queue) ?? [];
    return all.map(({ message, isRefused }) => (isRefused ? wrong : warning)(message, { queue }));
  });
  return found.flat();
}

/** The queues that do not exist. Asking for them makes none. */
async function missing(
  broker: Broker,
  queues: readonly string[],
  open: () => Promise<Broker>,
): Promise<Found[]> {
  const depths = await mapInSlots(LOOKS_AT_ONCE, queues, (queue) => broker.depth(queue));
  const names = queues.filter((_, index) => depths[index] === undefined);
  if (names.length === 0) return [];
  const mend = async () => {
    await using broker = await open();
    for (const name of names) {
      await broker.declare(name);
      await broker.declareFailed?.(name);
    }
    return `made the queues ${names.join(", ")}`;
  };
  const message = `queues that are not there yet, made at the first run: ${names.join(", ")}`;
  return [fine(message, { fix: DOCTOR_FIX, mend })];
}

/** Whether publishing could not be tried. @throws {BrokerError} When it was, and failed. */
async function untried(broker: Broker): Promise<Found[]> {
  try {
    await broker.tryPublishing?.();
    return [];
  } catch (error) {
    if (!(error instanceof BrokerError) || error.kind !== "permission") throw error;
    const message = "publishing could not be tried, as this user may make no queue of another name";
    return [warning(message)];
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
