/**
 * The checks of `doctor` that look at processes, and at the queues of the broker.
 *
 * @module
 */

import { splitAddresses } from "../../config/broker_addresses.ts";
import type { Config } from "../../config/config.ts";
import { queueKey } from "../../config/queue_key.ts";
import type { Broker } from "../../engine/broker/broker.ts";
import { shardName } from "../../engine/host/shards.ts";
import { failedQueueName } from "../../engine/settle/retry.ts";
import { LOOKS_AT_ONCE } from "../../operations/broker_look.ts";
import { certificateOfBroker, certificatesFound } from "../../operations/doctor/certificates.ts";
import { DOCTOR_FIX, fine, type Found, wrong } from "../../operations/doctor/finding.ts";
import { processesFound } from "../../operations/doctor/processes.ts";
import {
  connectionFound,
  deadLettersFound,
  judgedFound,
  type ShardFacts,
  shardsFound,
} from "../../operations/doctor/queues.ts";
import { mapInSlots } from "../../system/slots.ts";
import { VERSION } from "../../system/version.ts";
import { openOnce } from "../check_broker.ts";
import { consumedNames, type QueueCheck } from "../check_queues.ts";
import { hasAnswered, Processes } from "../control/processes.ts";
import { gather } from "../queues/gather.ts";
import type { Check, CheckScene } from "./checks.ts";
import { checkBrokerClock } from "./clock_checks.ts";
import { checkTimeouts } from "./timeout_checks.ts";

/** How many shards beyond those of the setting are looked for. */
const MORE_SHARDS = 16;

/** The processes of this host. */
export async function checkProcesses(scene: CheckScene): Promise<Found[]> {
  const { config, queues, timeoutSeconds } = scene;
  const asked = await new Processes(config, timeoutSeconds).snapshots();
  return processesFound({
    version: VERSION,
    answered: asked.filter(hasAnswered).map(({ answer }) => answer),
    silent: asked.flatMap((one) =>
      hasAnswered(one) ? [] : [{ pid: one.socket.pid, problem: one.problem }]
    ),
    active: queues.filter(({ isActive }) => isActive).flatMap(consumedNames),
  });
}

/** What `check` says. */
export async function checkJudged(scene: CheckScene): Promise<Found[]> {
  const { config, services, timeoutSeconds } = scene;
  const options = { queues: [], failedLimit: null, timeoutSeconds };
  return judgedFound((await gather(options, config, services)).reports);
}

/** The queues at RabbitMQ that the program makes or has made beside those of the events. */
export const RABBITMQ_CHECKS: readonly Check[] = [
  { area: "broker", asksBroker: true, run: onRabbitmq(connection) },
  { area: "broker", asksBroker: true, run: onRabbitmq(certificates) },
  { area: "broker", asksBroker: true, run: onRabbitmq(checkTimeouts) },
  { area: "clock", asksBroker: true, run: onRabbitmq(checkBrokerClock) },
  { area: "retries", asksBroker: true, run: onRabbitmq(retries) },
  { area: "broker", asksBroker: true, run: onRabbitmq(deadLetters) },
  { area: "shards", asksBroker: true, run: onRabbitmq(shards) },
];

/** Looks at RabbitMQ. Where it cannot be reached, the check of the broker says so. */
function onRabbitmq(
  look: (broker: Broker, scene: CheckScene) => Promise<Found[]>,
): Check["run"] {
  return async (scene) => {
    const { config, services } = scene;
    if (!config.usingRabbitmq || config.broker.url === undefined) return [];
    await using broker = await openOnce(config, services).catch(() => undefined);
    return broker ? await look(broker, scene) : [];
  };
}

function connection({ status }: Broker, { config }: CheckScene): Promise<Found[]> {
  const urls = splitAddresses(config.broker.url ?? "").map((address) => new URL(address));
  return Promise.resolve(connectionFound({ urls, version: status?.version ?? null }));
}

async function certificates(broker: Broker): Promise<Found[]> {
  const shown = await broker.serverCertificates?.() ?? [];
  const facts = shown.map((one) => certificateOfBroker(one.place, one));
  return certificatesFound(facts, Date.now());
}

async function retries(broker: Broker, { queues }: CheckScene): Promise<Found[]> {
  const found = await mapInSlots(LOOKS_AT_ONCE, queues.flatMap(consumedNames), async (queue) => {
    const doubts = await broker.doubtsAboutRetries?.(queue) ?? [];
    return doubts.map(({ message }) => wrong(message, { queue }));
  });
  return found.flat();
}

async function deadLetters(broker: Broker, scene: CheckScene): Promise<Found[]> {
  const names = scene.queues.flatMap(consumedNames);
  const looks = await mapInSlots(LOOKS_AT_ONCE, names, async (queue) => {
    const [main, failed] = await Promise.all([
      broker.depth(queue),
      broker.depth(failedQueueName(queue)),
    ]);
    return { queue, failed: failed?.ready ?? null, isMissing: main !== undefined && !failed };
  });
  const missing = looks.filter(({ isMissing }) => isMissing).map(({ queue }) => queue);
  return [
    ...deadLettersFound(looks, broker.status?.version ?? null),
    ...(broker.declareFailed ? missingFound(missing, scene) : []),
  ];
}

/** A queue of dead letters is made when it is first needed, if the user may do that then. */
function missingFound(queues: readonly string[], { config, services }: CheckScene): Found[] {
  if (queues.length === 0) return [];
  const names = queues.map(failedQueueName).join(", ");
  const mend = async () => {
    await using broker = await openOnce(config, services);
    for (const queue of queues) await broker.declareFailed?.(queue);
    return `made the queues ${names}`;
  };
  const message = `queues of dead letters that are not there yet, made when needed: ${names}`;
  return [fine(message, { fix: DOCTOR_FIX, mend })];
}

async function shards(broker: Broker, { queues, config }: CheckScene): Promise<Found[]> {
  const facts = await mapInSlots(LOOKS_AT_ONCE, queues.flatMap(otherNames), async (one) => {
    return { ...one, setting: settingOfShards(one.of, config), ...await broker.depth(one.queue) };
  });
  return shardsFound(facts.filter((one): one is ShardFacts => one.ready !== undefined));
}

/** The variable that sets the number of a queue's shards, or would. */
function settingOfShards(queue: string, { queueVariables }: Config): string {
  const key = queueKey(queue);
  const set = queueVariables.find((one) => one.queue === key && one.name.endsWith("_SHARDS"));
  return set?.name ?? `PQ_${key.toUpperCase()}_SHARDS`;
}

/** The names that the queue, or a shard of it, has with another number of shards. */
function otherNames(
  { name, shards }: QueueCheck,
): { readonly queue: string; readonly of: string; readonly shards: number }[] {
  const consumed = new Set(consumedNames({ name, shards }));
  const numbered = Array.from(
    { length: shards + MORE_SHARDS },
    (_, index) => shardName(name, index + 1),
  );
  return [name, ...numbered].filter((queue) => !consumed.has(queue))
    .map((queue) => ({ queue, of: name, shards }));
}
