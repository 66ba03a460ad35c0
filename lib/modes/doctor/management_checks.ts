/**
 * The checks of `doctor` that ask RabbitMQ's management, where `--management` names it.
 *
 * @module
 */

import { X509Certificate } from "node:crypto";
import { splitAddresses } from "../../config/broker_addresses.ts";
import type { Config } from "../../config/config.ts";
import { readTextFile } from "../../config/text_file.ts";
import { failedQueueName, LADDER, retryQueueName } from "../../engine/settle/retry.ts";
import { type Found, wrong } from "../../operations/doctor/finding.ts";
import type { OwnQueue, QueueRole } from "../../operations/doctor/management/facts.ts";
import { nodesFound } from "../../operations/doctor/management/nodes.ts";
import { policiesFound } from "../../operations/doctor/management/policies.ts";
import {
  membersFound,
  orphansFound,
  unackedFound,
} from "../../operations/doctor/management/queues.ts";
import { decoded } from "../../system/decoded.ts";
import { consumedNames, type QueueCheck } from "../check_queues.ts";
import { notUsed } from "./check_text.ts";
import type { CheckScene } from "./checks.ts";
import { ManagementApi, ManagementError } from "./management_api.ts";

/** The management at an address; `null` where RabbitMQ is not used. */
export function openManagement(
  address: string,
  { usingRabbitmq, broker }: Config,
  timeoutSeconds: number,
): ManagementApi | null {
  const amqp = URL.parse(splitAddresses(broker.url ?? "")[0] ?? "");
  if (!usingRabbitmq || !amqp) return null;
  const url = new URL(address);
  // Who has no login for it has that of AMQP.
  const login = url.username === "" ? amqp : url;
  return new ManagementApi({
    url,
    user: plain(login.username) || "guest",
    password: plain(login.password) || (login.username === "" ? "guest" : ""),
    vhost: plain(amqp.pathname.slice(1)) || "/",
    ca: authorityIn(broker.caFile),
    timeoutSeconds,
  });
}

function plain(text: string): string {
  return decoded(text) ?? text;
}

/** The certificate in a file; another check says what is wrong with a file that has none. */
function authorityIn(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    const text = readTextFile(file);
    new X509Certificate(text);
    return text;
  } catch {
    return undefined;
  }
}

/** Nodes, and what management says of this program's queues. */
export async function checkManagement(scene: CheckScene): Promise<Found[]> {
  const { management } = scene;
  if (management === undefined) return [];
  if (management === null) return [notUsed("the broker is not RabbitMQ")];
  const [nodes, queues] = await Promise.all([
    foundBy(async () => nodesFound(await management.nodes())),
    foundBy(() => queuesFound(management, scene)),
  ]);
  // Both may fail for one reason.
  return nodes[0]?.message === queues[0]?.message ? nodes : [...nodes, ...queues];
}

async function queuesFound(
  management: ManagementApi,
  { queues }: CheckScene,
): Promise<Found[]> {
  const { vhost } = management;
  const all = await management.queues();
  const byName = new Map(all.map((queue) => [queue.name, queue]));
  const own = queues.flatMap(namesOf).flatMap(({ name, ...more }): OwnQueue[] => {
    const queue = byName.get(name);
    return queue ? [{ ...more, queue }] : [];
  });
  return [
    ...membersFound(own, vhost),
    ...policiesFound(own, vhost),
    ...unackedFound(own),
    ...orphansFound(all, vhost),
  ];
}

/** What was found, or why nothing was. */
async function foundBy(look: () => Promise<Found[]>): Promise<Found[]> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof ManagementError)) throw error;
    return [wrong(error.message, { fix: error.fix })];
  }
}

/** All queues that a worker has at the broker, and what is in each. */
function namesOf(
  check: QueueCheck,
): { readonly name: string; readonly of: string; readonly role: QueueRole }[] {
  return consumedNames(check).flatMap((of) => [
    { name: of, of, role: { kind: "events" } as const },
    { name: failedQueueName(of), of, role: { kind: "dead letters" } as const },
    ...LADDER.map((step) => {
      return { name: retryQueueName(of, step), of, role: { kind: "retries", step } as const };
    }),
  ]);
}
