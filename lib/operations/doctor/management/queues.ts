/**
 * What is found about the state of queues, by RabbitMQ's management.
 *
 * @module
 */

import { grouped } from "../../../command_line/terminal/humanize.ts";
import { LADDER } from "../../../engine/settle/retry.ts";
import { counted, nounFor } from "../../../errors/counted.ts";
import { fine, type Found, warning, wrong } from "../finding.ts";
import type { ManagedQueue, OwnQueue } from "./facts.ts";

/** States in which a queue can be used, or soon can. */
const USABLE: ReadonlySet<string> = new Set(["running", "idle", "flow", "live", "syncing"]);

/** Judges whether queues can be used, and the members of quorum queues. */
export function membersFound(queues: readonly OwnQueue[], vhost: string): Found[] {
  return queues.flatMap(({ of, queue }) => {
    const problem = unusable(queue);
    const { name, members, online } = queue;
    const fix = queue.type === "quorum"
      ? `start the nodes that have it: rabbitmq-queues quorum_status --vhost ${vhost} ${name}`
      : "start the node that has it: rabbitmqctl cluster_status";
    if (problem !== undefined) return [wrong(`${name} ${problem}`, { queue: of, fix })];
    if (online.length >= members.length) return [];
    const message = `only ${online.length} of the ${members.length} members of ${name} are online`;
    return [warning(message, { queue: of, fix })];
  });
}

/** Why a queue cannot be used, with what stands before it as the subject. */
function unusable({ type, state, leader, members, online }: ManagedQueue): string | undefined {
  if (type === "quorum" && members.length > 0) {
    if (online.length * 2 <= members.length) {
      const isOrAre = online.length === 1 ? "is" : "are";
      return `cannot be used, as only ${online.length} of its ${members.length} members ${isOrAre} ` +
        "online";
    }
    if (leader === "") return "cannot be used, as none of its members leads";
  }
  if (state === null || USABLE.has(state)) return undefined;
  return `cannot be used, as its state is ${state}`;
}

/**
 * Judges events that were taken and are not acknowledged. A quorum queue counts as a consumer whoever
 * has taken an event.
 */
export function unackedFound(queues: readonly OwnQueue[]): Found[] {
  const held = queues.filter(({ queue }) => (queue.unacked ?? 0) > 0);
  const taken = held.filter(({ queue }) => queue.consumers === 0).map(({ of, queue }) =>
    warning(
      `${grouped(queue.unacked)} of ${queue.name} are not acknowledged, and nobody consumes it`,
      {
        queue: of,
        fix: "unless a process of it is paused or stops, find who took them: rabbitmqctl " +
          "list_channels connection messages_unacknowledged",
      },
    )
  );
  const running = held.filter(({ queue }) => queue.consumers !== 0);
  const sum = running.reduce((all, { queue }) => all + (queue.unacked ?? 0), 0);
  if (sum === 0) return taken;
  const where = counted(running.length, "queue");
  return [
    ...taken,
    fine(`consumers have ${grouped(sum)} ${nounFor(sum, "event")} of ${where} unacknowledged`),
  ];
}

const RETRIES = /^(.+)\.retry\.(\d+)s$/;

/**
 * Judges queues of retries from which nothing can come back, or that nobody uses any more.
 *
 * @param all All queues of a virtual host. @param vhost The virtual host.
 */
export function orphansFound(all: readonly ManagedQueue[], vhost: string): Found[] {
  const names = new Set(all.map(({ name }) => name));
  const remove = `rabbitmqctl delete_queue -p ${vhost}`;
  const retries = all.flatMap((queue) => {
    const [, of = "", seconds] = RETRIES.exec(queue.name) ?? [];
    // Others may name queues so.
    const isOurs = of !== "" && queue.args["x-dead-letter-routing-key"] === of;
    const isOld = !LADDER.includes(Number(seconds));
    return isOurs ? [{ queue, of, isGone: !names.has(of), isOld }] : [];
  });
  const stuck = retries.filter(({ queue, isGone }) => isGone && (queue.ready ?? 0) > 0);
  const unused = retries.filter(({ queue, isGone, isOld }) => {
    return queue.ready === 0 && queue.unacked === 0 && (isGone || isOld);
  }).map(({ queue }) => queue.name);
  return [
    ...stuck.map(({ queue: { name, ready }, of }) =>
      wrong(
        `${counted(ready ?? 0, "event")} of ${name} cannot come back, as there is no queue ${of}`,
        {
          fix: `start a worker of ${of}, which makes it; to drop them: ${remove} ${name}`,
        },
      )
    ),
    ...(unused.length === 0 ? [] : [
      warning(`queues of retries that nobody needs: ${unused.join(", ")}`, {
        fix: unused.map((name) => `${remove} ${name}`).join("; "),
      }),
    ]),
  ];
}
