/**
 * `process-queue failed`: lists the dead letters of a queue, or moves them back into it.
 *
 * @module
 */

import type { Broker } from "../../engine/broker/broker.ts";
import { requeueProperties } from "../../engine/broker/headers.ts";
import type { FailedCommand } from "../../command_line/command.ts";
import type { Config } from "../../config/config.ts";
import { counted } from "../../errors/counted.ts";
import { unknownQueue } from "../../errors/usage_error.ts";
import { failedQueueName } from "../../engine/settle/retry.ts";
import { jsonLine, table } from "./event.ts";
import { requireWorkersFlag } from "../folders.ts";
import { type View, viewOf } from "./view.ts";
import { embeddedPlace } from "../place.ts";
import { findQueue, type Services } from "../services.ts";

/**
 * Lists the dead letters of a queue, or moves them back into the queue, where they count as new
 * events. The queue needs no worker here if the broker has it, or dead letters of it.
 *
 * @returns The exit code 0, also when there are none.
 * @throws {ConfigError} For an option `--workers-dir` that names no folder.
 * @throws {UsageError} For a queue that has no worker here and is not on the broker.
 * @throws {BrokerError} When the broker cannot be used.
 */
export async function runFailed(
  command: FailedCommand,
  config: Config,
  services: Services,
): Promise<number> {
  requireWorkersFlag(config);
  const known = await services.listQueues(config.workersDir);
  await using broker = await services.openBroker(config, `process-queue failed ${command.queue}`);
  const worker = findQueue(command.queue, known);
  if (!worker && !await isOnBroker(broker, command.queue)) {
    throw unknownQueue(command.queue, known.map(({ name }) => name));
  }
  const lines = command.action === "list"
    ? await list(broker, command, () => viewOf(worker, config, services))
    : [await retry(broker, command)];
  const place = command.json ? "" : embeddedPlace(config);
  lines.forEach((line, index) => {
    services.print(index === lines.length - 1 ? `${line}${place}` : line);
  });
  return 0;
}

async function isOnBroker(broker: Broker, queue: string): Promise<boolean> {
  return await broker.depth(failedQueueName(queue)) !== undefined ||
    await broker.depth(queue) !== undefined;
}

async function list(
  broker: Broker,
  { queue, json, limit }: FailedCommand,
  view: () => Promise<View>,
): Promise<string[]> {
  const failed = failedQueueName(queue);
  const depth = await broker.depth(failed);
  const stored = depth ? await broker.peek(failed, limit) : [];
  const events = stored.length > 0 ? stored.map(await view()) : [];
  if (json) return events.map(jsonLine);
  const all = Math.max(depth?.ready ?? 0, events.length);
  const shown = all > events.length ? `the first ${events.length} of ` : "";
  return [...table(events), `${shown}${counted(all, "event")} in ${failed}`];
}

async function retry(broker: Broker, { queue, json }: FailedCommand): Promise<string> {
  const failed = failedQueueName(queue);
  const moved = await moveBack(broker, failed, queue);
  if (json) return JSON.stringify({ moved, from: failed, to: queue });
  return `moved ${counted(moved, "event")} from ${failed} to ${queue}`;
}

async function moveBack(broker: Broker, failed: string, queue: string): Promise<number> {
  if (!await broker.depth(failed)) return 0;
  await broker.declare(queue);
  return await broker.move(failed, queue, (event) => requeueProperties(event, Date.now()));
}
