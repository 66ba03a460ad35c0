/**
 * Which queues the program cannot consume without losing events, and which lose events themselves.
 *
 * @module
 */

import type { ChannelModel } from "amqplib";
import { notice, type Reporter } from "../../report.ts";
import { failedQueueName, LADDER, retryQueueName } from "../../settle/retry.ts";
import { BrokerError, type QueueDoubt } from "../broker.ts";
import { argumentsOf, isQuorumQueue, type QueueArguments } from "./queue_arguments.ts";
import type { Topology } from "./topology.ts";

/**
 * Checks a queue that exists, and reports how it loses events.
 *
 * @returns Its arguments, as far as they can be found out.
 * @throws {BrokerError} `topology` when it cannot be used.
 */
export async function checkFitness(
  model: ChannelModel,
  queue: string,
  report: Reporter,
): Promise<QueueArguments["args"]> {
  const found = await argumentsOf(model, queue);
  if (!found) return {};
  const problem = whyUnusable(queue, found);
  if (problem !== undefined) throw new BrokerError("topology", problem);
  const losses = lossesOf(found).join("; ");
  if (losses !== "") report(notice("warning", queue, LOSSES, { properties: { losses } }));
  return found.args;
}

/** What an operator should know about a queue and its failed queue, where they exist. */
export async function doubtsAbout(
  model: ChannelModel,
  topology: Topology,
  queue: string,
): Promise<QueueDoubt[]> {
  const found = await topology.depth(model, queue) && await argumentsOf(model, queue);
  if (!found) return [];
  const problem = whyUnusable(queue, found);
  if (problem !== undefined) return [{ isRefused: true, message: problem }];
  const losses = lossesOf(found).join("; ");
  const messages = losses === ""
    ? []
    : [LOSSES.replace("{queue}", queue).replace("{losses}", losses)];
  const failed = failedQueueName(queue);
  const isExposed = found.args["x-queue-type"] === "quorum" &&
    await isQuorumQueue(model, failed) === false;
  if (isExposed) messages.push(exposedMessage(queue, failed));
  return messages.map((message) => ({ isRefused: false, message }));
}

/** What keeps events from coming back from the queues in which they wait, where these exist. */
export async function doubtsAboutRetries(
  model: ChannelModel,
  topology: Topology,
  queue: string,
): Promise<QueueDoubt[]> {
  const found = await Promise.all(LADDER.map(async (step) => {
    const name = retryQueueName(queue, step);
    const args = await topology.depth(model, name) && await argumentsOf(model, name);
    const message = args && wrongRetryQueue({ name, queue, step }, args.args);
    return message === undefined ? [] : [{ isRefused: true, message }];
  }));
  return found.flat();
}

/** A queue in which events of `queue` wait for `step` seconds. */
interface RetryQueue {
  readonly name: string;
  readonly queue: string;
  readonly step: number;
}

/** Why events do not come back from a retry queue as they should; `undefined` if they do. */
export function wrongRetryQueue(
  { name, queue, step }: RetryQueue,
  args: QueueArguments["args"],
): string | undefined {
  const wanted = {
    "x-queue-type": "quorum",
    "x-message-ttl": step * 1000,
    "x-dead-letter-exchange": "",
    "x-dead-letter-routing-key": queue,
  };
  const differ = Object.entries(wanted).filter(([key, value]) => args[key] !== value);
  if (differ.length === 0) return undefined;
  const has = differ.map(([key]) => `${key} ${args[key] ?? "none"}`).join(", ");
  return `Queue ${name} has ${has}, so events of ${queue} that wait there may not come back as they ` +
    `should: empty it, delete it with rabbitmqctl delete_queue ${name}, and the program makes it anew`;
}

function exposedMessage(queue: string, failed: string): string {
  return `Queue ${failed} is a classic queue, which is on one node only, and ${queue} is a quorum ` +
    `queue: with that node its dead letters are lost. To replace it by a quorum queue, empty ` +
    `it (failed retry) and delete it with rabbitmqctl delete_queue ${failed}`;
}

const LOSSES =
  "Queue {queue} loses events that have not run, {losses}: declare it without that, or " +
  "accept the loss";

/** The end of a message about a queue of a type that cannot be used. */
const USE_ANOTHER = "Have its events published to a classic or quorum queue";

/**
 * Why a queue cannot be used; `undefined` if it can.
 *
 * @param queue Its name.
 */
export function whyUnusable(
  queue: string,
  { autoDelete, args }: QueueArguments,
): string | undefined {
  const type = args["x-queue-type"] ?? "classic";
  if (type === "stream") {
    return `Queue ${queue} is a stream: acknowledged events stay in it, so they would run again. ` +
      USE_ANOTHER;
  }
  if (type !== "classic" && type !== "quorum") {
    return `Queue ${queue} is of type ${type}, with which events can be lost. ${USE_ANOTHER}`;
  }
  if (!autoDelete) return undefined;
  return `Queue ${queue} is deleted with its events when nothing consumes it, as at every stop ` +
    `(auto-delete): declare it without auto-delete`;
}

/** How a queue that can be used loses events, as phrases; empty for most queues. */
export function lossesOf({ durable, args }: QueueArguments): string[] {
  const losses: string[] = [];
  const { "x-message-ttl": ttl, "x-expires": expires } = args;
  if (!durable) losses.push("all of them when RabbitMQ restarts (it is not durable)");
  if (ttl !== undefined) losses.push(`those that wait for ${ttl} ms (x-message-ttl)`);
  if (expires !== undefined) {
    losses.push(`all of them when nothing consumes it for ${expires} ms (x-expires)`);
  }
  if (dropsHead(args)) losses.push("the oldest when it is full (x-max-length, drop-head)");
  return losses;
}

/** Whether the queue throws out its oldest event for a new one when it is full. */
export function dropsHead(args: QueueArguments["args"]): boolean {
  const isBounded = "x-max-length" in args || "x-max-length-bytes" in args;
  return isBounded && (args["x-overflow"] ?? "drop-head") === "drop-head";
}
