/**
 * `process-queue publish --from`: events that were removed from a queue, with their ids and headers.
 *
 * @module
 */

import { createReadStream } from "node:fs";
import type { PublishCommand } from "../../command_line/command.ts";
import type { Config } from "../../config/config.ts";
import type { Broker, EventProperties } from "../../engine/broker/broker.ts";
import { requeueProperties } from "../../engine/broker/headers.ts";
import { failedQueueName } from "../../engine/settle/retry.ts";
import { counted } from "../../errors/counted.ts";
import { UsageError } from "../../errors/usage_error.ts";
import { readSavedLine } from "../../operations/failed/saved_file.ts";
import { embeddedPlace } from "../place.ts";
import type { Services } from "../services.ts";
import { ConfirmWindow } from "../../engine/broker/confirm_window.ts";
import { readLines } from "./lines.ts";
import { PublishError } from "./publish_error.ts";

/** Headers and bodies as base64 make a line longer than the event. */
const LONGEST_FACTOR = 3;
const LONGEST_HEADERS = 256 * 1024;

/**
 * Publishes all events of a file. Those that go to the queue of dead letters that they were in stay as
 * they were; all others run as if they were put back by `failed retry`.
 *
 * @returns The exit code 0.
 * @throws {UsageError} When the file cannot be read.
 * @throws {PublishError} For a line that is no event or not taken; all before it were published.
 */
export async function publishSaved(
  broker: Broker,
  command: PublishCommand,
  { limits, ...config }: Config,
  services: Services,
): Promise<number> {
  const { from = "", queue, window: limit } = command;
  const window = new ConfirmWindow(limit);
  const longest = LONGEST_FACTOR * limits.maxEventBytes + LONGEST_HEADERS;
  let number = 0;
  await broker.declare(queue);
  try {
    for await (const line of readLines(createReadStream(from), longest)) {
      number = line.number;
      const { queue: source, body, properties } = readSavedLine(line.text);
      const isReturn = queue === failedQueueName(source);
      const all = isReturn ? properties : requeued(properties, services);
      await window.add(() => broker.publish(queue, body, all));
    }
    await window.drain();
  } catch (error) {
    await window.end();
    throw explain(error, from, number, window.confirmed, queue);
  }
  services.print(
    `published ${counted(window.confirmed, "event")} to ${queue}${embeddedPlace(config)}`,
  );
  return 0;
}

function requeued(properties: EventProperties, { operator }: Services): EventProperties {
  return requeueProperties({ properties }, Date.now(), operator);
}

function explain(error: unknown, from: string, line: number, count: number, queue: string): Error {
  const message = error instanceof Error ? error.message : String(error);
  if (line === 0 && (error as { code?: unknown }).code !== undefined) {
    return new UsageError(`--from ${from} cannot be read: ${message}`);
  }
  const published = `published ${counted(count, "event")} to ${queue} in all`;
  return new PublishError(`${from}, line ${line}: ${message}\n${published}`, { cause: error });
}
